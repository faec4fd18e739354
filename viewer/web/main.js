// The page begins here: what changes is drawn anew, and no more than that.
import { byId, make } from './text.js';
import { BAD, GOOD } from './run.js';
import { AXES, readAddress, search, view, writeAddress } from './pick.js';
import { FOLD_AT, makeAxis, xOf } from './axis.js';
import { makeLanes, rowAt } from './lanes.js';
import { AXIS_HEIGHT, drawPicture, layPicture, shown } from './draw.js';
import { drawStrip } from './strip.js';
import { drawLegend } from './legend.js';
import { readColours } from './paint.js';
import { showHead, showStory } from './story.js';
import { showEvent } from './panel.js';
import { showDrawer } from './drawer.js';
import { changes, inSight, leadsTo, showHelp, tabAfter, wireMouse, zoomed } from './keys.js';

const root = document.documentElement, stage = byId('stage');

function setTheme(theme) {
    view.theme = theme;
    root.dataset.theme = theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    byId('theme').textContent = root.dataset.theme === 'dark' ? 'Light' : 'Dark';
    readColours();
}

function layOut() {
    makeAxis();
    makeLanes();
    layPicture();
}

function drawAll() {
    drawPicture();
    drawStrip();
}

function showButtons() {
    for (const button of byId('axis').children)
        button.setAttribute('aria-checked', String(button.dataset.key === view.axis));
    for (const [id, on, can] of [
             ['good', view.good, !!GOOD], ['fold', view.fold && FOLD_AT > 0, FOLD_AT > 0], ['tall', view.tall, true]]) {
        byId(id).setAttribute('aria-pressed', String(on));
        byId(id).disabled = !can;
    }
    byId('found').textContent = view.found ? view.found.length ? String(view.found.length) : 'none' : '';
}

function showAll() {
    layOut();
    drawAll();
    drawLegend();
    showStory(choose);
    showEvent(choose, press);
    showDrawer(choose);
    showButtons();
}

// Brings an event into sight: out of the fold, along the axis, down the lanes.
function reveal(run, seq) {
    if (view.fold && FOLD_AT && run.time(seq) < FOLD_AT)
        Object.assign(view, { fold: false, from: 0, to: 1000 });
    if (run === GOOD)
        view.good = true;
    layOut();
    const x = xOf(run, seq), width = view.to - view.from, row = rowAt(run, seq);
    if (!inSight(x)) {
        view.from = Math.max(0, Math.min(1000 - width, x - width / 2));
        view.to = view.from + width;
    }
    if (row && (row.y < stage.scrollTop + AXIS_HEIGHT || row.y + row.height > stage.scrollTop + stage.clientHeight))
        stage.scrollTop = row.y - stage.clientHeight / 2;
}

// All that is done comes here: an event that is looked at (run NULL: the one that was), and what else is changed. light: only where the
// picture is.
function choose(run, seq, bring = false, change = null, light = false) {
    Object.assign(view, change || {});
    if (run && run.has(seq)) {
        view.run = run;
        view.seq = seq;
        if (bring)
            reveal(run, seq);
    }
    if (light)
        drawAll();
    else
        showAll();
    writeAddress();
}

function press(key) {
    const to = leadsTo(key), change = to ? null : changes(key);
    if (to)
        choose(to[0], to[1], true);
    else if (change)
        choose(null, 0, false, change, 'from' in change && Object.keys(change).length === 2);
    return !!(to || change) || key.length === 1 && 'cejknptD[]'.includes(key) || key.startsWith('Arrow');
}

function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === 'INPUT' || byId('help').open)
        return;
    const radio = event.target.getAttribute && event.target.getAttribute('role');
    if (radio === 'tab' && event.key.startsWith('Arrow')) {
        choose(null, 0, false, { tab: tabAfter(event.key === 'ArrowLeft' ? -1 : 1) });
        byId(`tab-${view.tab}`).focus();
    } else if (event.key === '/') {
        byId('find').focus();
    } else if (event.key === '?') {
        showHelp();
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && ['pane', 'event'].includes(event.target.id)) {
        return; // they scroll
    } else if (!press(event.key)) {
        return;
    }
    event.preventDefault();
}

function wireButtons() {
    for (const [key, name, words] of AXES) {
        const button = make('button', '', name);
        Object.assign(button, { type: 'button', title: `${words} (x)` });
        button.dataset.key = key;
        button.setAttribute('role', 'radio');
        button.onclick = () => choose(null, 0, false, { axis: key, from: 0, to: 1000 });
        byId('axis').append(button);
    }
    for (const [id, key] of [['good', 'g'], ['fold', 'f'], ['tall', 'l'], ['fit', '0']])
        byId(id).onclick = () => press(key);
    byId('in').onclick = () => choose(null, 0, false, zoomed(.6), true);
    byId('out').onclick = () => choose(null, 0, false, zoomed(1.67), true);
    byId('theme').onclick = () => {
        setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark');
        choose(null, 0);
    };
    byId('help-open').onclick = showHelp;
}

function wireSearch() {
    const find = byId('find');
    find.value = view.find;
    find.oninput = () => {
        view.find = find.value.slice(0, 200);
        search();
        choose(null, 0, false, view.found ? { tab: 'events' } : {});
    };
    find.onkeydown = event => {
        if (event.key === 'Enter' && view.found && view.found.length)
            choose(BAD, view.found.find(seq => seq > view.seq) || view.found[0], true);
        if (event.key === 'Escape') {
            find.value = view.find = '';
            search();
            choose(null, 0);
            byId('picture').focus();
        }
    };
}

function wirePrint() {
    let theme = '';
    addEventListener('beforeprint', () => {
        theme = root.dataset.theme;
        root.dataset.theme = 'light';
        shown.sharp = 3;
        readColours();
        layOut();
        drawAll();
    });
    addEventListener('afterprint', () => {
        root.dataset.theme = theme;
        shown.sharp = 0;
        readColours();
        showAll();
    });
}

function begin() {
    readAddress();
    setTheme(view.theme);
    search();
    showHead(choose);
    wireButtons();
    wireSearch();
    wireMouse(choose);
    wirePrint();
    addEventListener('keydown', onKey);
    addEventListener('hashchange', () => {
        readAddress();
        setTheme(view.theme);
        search();
        byId('find').value = view.find;
        showAll();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        setTheme(view.theme);
        showAll();
    });
    stage.onscroll = drawPicture;
    let frame = 0;
    new ResizeObserver(() => {
        cancelAnimationFrame(frame);
        frame = requestAnimationFrame(() => {
            layPicture();
            drawAll();
        });
    }).observe(stage.parentElement);
    showAll();
}

begin();
