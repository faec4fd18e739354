// What keys and mouse do.
import { DATA } from './data.js';
import { byId, make, time } from './text.js';
import { BAD, CHAIN, GOOD, STUCK, VERDICT, otherOf, twinOf } from './run.js';
import { AXES, TABS, view } from './pick.js';
import { decisionAt } from './marks.js';
import { screen, shown } from './draw.js';
import { stripAt } from './strip.js';

const KEYS = [
    ['1 … 9', 'a sentence of how it came to it'], ['j k', 'the next, the one before'], ['↑ ↓', 'its cause; what it led to (c, e)'],
    ['← →', 'before and after it in the same task ([, ])'], ['n p', 'next, previous event of all'], ['D', 'next decision of the outside'],
    ['t', 'the same event in the other run'], ['w s a d', 'zoom in, out, go left, right; 0 shows all'],
    ['x', 'axis: events apart, virtual time, order'], ['g', 'the good run on and off'], ['f', 'fold what is equal'],
    ['l', 'all lanes at full height'], ['/', 'search, Enter goes to the next'], ['Esc', 'back to the failure']
];

export function showHelp() {
    const dialog = byId('help'), table = make('dl', ''), close = make('button', '', 'Close');
    for (const [keys, words] of KEYS)
        table.append(make('dt', '', ...keys.split(' ').map(key => make('kbd', '', key))), make('dd', '', words));
    close.onclick = () => dialog.close();
    dialog.replaceChildren(make('h2', '', 'Keys'), table, close);
    dialog.showModal();
}

// --- going from event to event ---

function sameTask(step) {
    const { run, seq } = view, lane = run.lane(seq);
    for (let at = seq + step; run.has(at); at += step)
        if (run.lane(at) === lane && (lane >= 0 || run.host(at) === run.host(seq)))
            return at;
    return 0;
}

function causeOf() {
    const { run, seq } = view, causes = run.causes(seq).map(it => it.cause).filter(it => run.has(it));
    if (!causes.length && run === BAD && seq === VERDICT && STUCK.length)
        return STUCK[0].seq;
    return causes[0] || 0;
}

function effectOf() {
    const { run, seq } = view, effects = run.cameOfIt(seq).filter(it => run.has(it)),
                     decision = run === BAD ? DATA.decisions[decisionAt(seq)] : null;
    return effects.find(it => run === BAD && CHAIN.has(it)) || effects[0] || (decision ? decision.bears : 0);
}

function nextOf(seqs, step) {
    const sorted = [...seqs].sort((a, b) => a - b);
    if (view.run !== BAD)
        return sorted[0] || 0;
    return (step > 0 ? sorted.find(it => it > view.seq) : sorted.reverse().find(it => it < view.seq)) || 0;
}

// The event that a key leads to: [run, seq], or null.
export function leadsTo(key) {
    const { run, seq } = view, own = at => run.has(at) ? [run, at] : null, bad = at => BAD.has(at) ? [BAD, at] : null;
    switch (key) {
    case 'c': case 'ArrowUp': return own(causeOf());
    case 'e': case 'ArrowDown': return own(effectOf());
    case '[': case 'ArrowLeft': return own(sameTask(-1));
    case ']': case 'ArrowRight': return own(sameTask(1));
    case 'n': return own(seq + 1);
    case 'p': return own(seq - 1);
    case 'j': return bad(nextOf(DATA.story.map(it => it.seq), 1));
    case 'k': return bad(nextOf(DATA.story.map(it => it.seq), -1));
    case 'D': return bad(nextOf(DATA.decisions.map(it => it.seq), 1) || (DATA.decisions[0] || {}).seq);
    case 't': return twinOf(run, seq) ? [otherOf(run), twinOf(run, seq)] : null;
    case 'Escape': return bad(VERDICT);
    default: return /^[1-9]$/.test(key) && DATA.story[key - 1] ? bad(DATA.story[key - 1].seq) : null;
    }
}

// What a key changes of the view, or null.
export function changes(key) {
    switch (key) {
    case 'g': return { good: !view.good && !!GOOD };
    case 'f': return { fold: !view.fold, from: 0, to: 1000 };
    case 'l': return { tall: !view.tall };
    case 'x': return { axis: AXES[(AXES.findIndex(it => it[0] === view.axis) + 1) % AXES.length][0], from: 0, to: 1000 };
    case '0': return { from: 0, to: 1000 };
    case 'w': case '+': return zoomed(.6);
    case 's': case '-': return zoomed(1.67);
    case 'a': return moved(-.2);
    case 'd': return moved(.2);
    default: return null;
    }
}

export function zoomed(by, at = .5) {
    const width = view.to - view.from, wanted = Math.max(4, Math.min(1000, width * by)), middle = view.from + width * at;
    const from = Math.max(0, Math.min(1000 - wanted, middle - wanted * at));
    return { from, to: from + wanted };
}

export function moved(by) {
    const width = view.to - view.from, from = Math.max(0, Math.min(1000 - width, view.from + by * width));
    return { from, to: from + width };
}

// --- the mouse ---

// What is at a point of the picture: the highest rank, and of those the narrowest; else a message's line that is near.
function hitAt(x, y) {
    let best = null;
    for (const hit of shown.hits)
        if (x >= hit.x - 3 && x <= hit.x1 + 3 && Math.abs(y - hit.y) <= hit.height / 2 + 2
            && (!best || hit.rank > best.rank || (hit.rank === best.rank && hit.x1 - hit.x < best.x1 - best.x)))
            best = hit;
    if (best && best.rank >= 2)
        return best;
    for (const { run, message, ...way } of shown.arrows) {
        const dx = way.x1 - way.x, dy = way.y1 - way.y,
              part = Math.max(0, Math.min(1, ((x - way.x) * dx + (y - way.y) * dy) / (dx * dx + dy * dy || 1)));
        if (Math.hypot(x - way.x - part * dx, y - way.y - part * dy) < 4)
            return {
                run,
                seq: message.send,
                rank: 3,
                tip: run.words(message.send),
                more: `${time(run.time(message.send))}, arrives ${time(run.time(message.recv))}`
            };
    }
    return best;
}

function showTip(hit, event) {
    const tip = byId('tip');
    tip.hidden = !hit;
    byId('picture').style.cursor = hit ? 'pointer' : 'default';
    if (!hit)
        return;
    tip.replaceChildren(hit.tip || hit.run.words(hit.seq),
        make('small', '', hit.more || `${time(hit.run.time(hit.seq))}, #${hit.seq}${hit.run === GOOD ? ', good run' : ''}`));
    tip.style.left = `${Math.max(4, Math.min(innerWidth - tip.offsetWidth - 8, event.clientX + 12))}px`;
    tip.style.top = `${Math.max(4, Math.min(innerHeight - tip.offsetHeight - 8, event.clientY + 14))}px`;
}

export function wireMouse(choose) {
    const picture = byId('picture'), stage = byId('stage');
    let held = null, dragged = false;
    const pointOf = event => {
        const bounds = picture.getBoundingClientRect();
        return [event.clientX - bounds.left, event.clientY - bounds.top];
    };
    picture.onpointerdown = event => [held, dragged] = [event.clientX, false];
    addEventListener('pointerup', () => held = null);
    picture.onpointermove = event => {
        if (held === null)
            return showTip(hitAt(...pointOf(event)), event);
        const by = (held - event.clientX) / (shown.width - shown.left);
        dragged = dragged || Math.abs(held - event.clientX) > 3;
        if (dragged) {
            held = event.clientX;
            choose(null, 0, false, moved(by), true);
        }
        return undefined;
    };
    picture.onpointerleave = () => showTip(null);
    picture.onclick = event => {
        const hit = dragged ? null : hitAt(...pointOf(event));
        if (hit && hit.fold)
            choose(null, 0, false, { fold: false, from: 0, to: 1000 });
        else if (hit && hit.seq)
            choose(hit.run, hit.seq);
    };
    picture.addEventListener('wheel', event => {
        const scrolls = stage.scrollHeight > stage.clientHeight + 2,
              sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
        if (!event.ctrlKey && !event.metaKey && scrolls && !sideways)
            return;
        event.preventDefault();
        const at = (pointOf(event)[0] - shown.left) / (shown.width - shown.left);
        choose(null, 0, false,
            sideways ? moved((event.deltaX || event.deltaY) / 900) : zoomed(Math.exp(event.deltaY * .0015), Math.max(0, Math.min(1, at))),
            true);
    }, { passive: false });
    byId('strip').onclick = event => {
        const width = view.to - view.from, middle = stripAt(event.clientX - byId('strip').getBoundingClientRect().left),
              from = Math.max(0, Math.min(1000 - width, middle - width / 2));
        choose(null, 0, false, { from, to: from + width }, true);
    };
}

export const inSight = x => screen(x) >= shown.left + 4 && screen(x) <= shown.width - 4;
export const tabAfter = step => TABS[(TABS.findIndex(it => it[0] === view.tab) + step + TABS.length) % TABS.length][0];
