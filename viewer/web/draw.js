// The picture: lanes, time to the right. From below: instants, windows of faults, waits and steps, messages, the failure's chain, words.
import { DATA } from './data.js';
import { time, several, count } from './text.js';
import { BAD, CHAIN, GOOD, HOT, PART, PART_GOOD, PASSED, STUCK, VERDICT, isStuck } from './run.js';
import { view } from './pick.js';
import { axis, xOf, xOfTime } from './axis.js';
import { hostRow, layRows, rowAt, rowOf, rows } from './lanes.js';
import { LATE, WINDOWS, decisionAt, flaggedAt } from './marks.js';
import { arrow, box, cross, dot, fitted, flag, font, hatch, isFree, line, paint, put, ring, take } from './paint.js';

export const AXIS_HEIGHT = 42;
const picture = document.getElementById('picture'), scroller = document.getElementById('stage');
export const shown = { width: 0, height: 0, left: 150, hits: [], arrows: [], sharp: 0, room: 0 };

export const screen = x => shown.left + (x - view.from) / (view.to - view.from) * (shown.width - shown.left - 16);
const screenOf = (run, seq) => screen(xOf(run, seq));
const yOf = (run, row) => run === GOOD ? row.beneath : row.middle;
const inFold = (run, seq) => axis.cut > 0 && run.time(seq) < axis.cut;
const runsShown = () => view.good && GOOD ? [GOOD, BAD] : [BAD];
const hitBox = (x, x1, y, height, run, seq, rank, more = {}) => shown.hits.push({ x, x1, y, height, run, seq, rank, ...more });

// --- lit: what the selected event came of, and what came of it ---

let lit = null;
function light() {
    const decision = view.run === BAD ? decisionAt(view.seq) : -1, own = view.run === BAD && (CHAIN.has(view.seq) || decision >= 0);
    const past = view.run.past(view.seq);
    lit = { own, past, decision, future: view.seq === VERDICT && view.run === BAD ? new Set() : view.run.future(view.seq) };
    // of the failure: its chain up to the selected event stands out
    lit.strong = own && view.seq !== VERDICT && decision < 0 ? new Set([...HOT].filter(seq => past.has(seq))) : HOT;
}

// --- from below ---

function drawNames() {
    const { g, colours } = paint;
    for (const row of rows) {
        if (row.kind === 'host') {
            box(0, row.y, shown.width, 1, colours.line);
            font(12.5, '600');
            g.fillStyle = colours.ink;
            g.fillText(fitted(row.label, shown.left - 20), 12, row.middle);
        } else {
            const indent = 20 + row.depth * 11, [head, ...tail] = row.label.split(/(?= for )/);
            font(row.big ? 12.5 : 11);
            g.fillStyle = row.hot ? colours.ink : colours.soft;
            const end = tail.join(''), room = shown.left - indent - 6, whole = g.measureText(row.label).width <= room;
            const short = fitted(head, room - g.measureText(end).width);
            g.fillText(whole ? row.label : short && end ? short + end : fitted(row.label, room), indent, row.middle);
        }
    }
}

function drawInstants() {
    paint.g.globalAlpha = .5;
    for (const instant of view.axis === 'time' ? [] : axis.instants) {
        const x0 = screen(instant.x0), x1 = screen(instant.x1);
        if (x1 > shown.left && x0 < shown.width)
            box(x0, AXIS_HEIGHT - 6, x1 - x0, shown.height, paint.colours.faint);
    }
    paint.g.globalAlpha = 1;
}

function drawWindows() {
    for (const span of WINDOWS) {
        const row = hostRow(span.host), end = rows.filter(other => other.host === span.host).pop();
        if (!row || span.to < axis.cut)
            continue;
        const from = Math.max(BAD.time(span.seq) === span.from ? screenOf(BAD, span.seq) : screen(xOfTime(span.from)), shown.left);
        const to = Math.min(screen(xOfTime(span.to)), shown.width);
        if (to <= from)
            continue;
        box(from, row.y + 1, to - from, end.y + end.height - row.y - 1, paint.colours.tint);
        box(from, row.y + 1, to - from, 1.5, paint.colours.accent);
        hitBox(from, to, row.middle, row.height, BAD, span.seq, 0);
    }
}

function drawWait(run, step, row, height) {
    const { colours } = paint, y = yOf(run, row), stuck = isStuck(run, step), over = step.next ? step.next.ready : 0;
    const gone = !over && step.task.outcome === 4 ? step.task.done : 0; // with its host
    const from = Math.max(inFold(run, step.end) ? screen(axis.band) : screenOf(run, step.end), shown.left);
    const to = Math.min(over || gone ? screenOf(run, over || gone)
            : run.end <= BAD.end     ? screenOf(run, run.last)
                                     : screen(1000),
        shown.width);
    if (to <= from || ((over || gone) && inFold(run, over || gone)))
        return;
    if (run === GOOD) {
        box(from, y - .5, to - from, 1, colours['good-soft']);
    } else {
        box(from, y - height / 2, to - from, height, hatch(stuck ? colours.accent : colours.hatch));
        if (stuck)
            line([[from, y - height / 2], [to, y - height / 2], [to, y + height / 2], [from, y + height / 2], [from, y - height / 2]],
                colours.accent, 1);
        if (row.height > 38)
            labelWait(step, from, to, y + height / 2 + 8, stuck);
    }
    const words = step.say ? `waits ${step.say}` : 'waits';
    hitBox(from, to, y, height, run, step.end, 1, {
        tip: `${step.task.name} ${words}`,
        more:
            `${time(run.time(step.end))} – ${over ? `${time(run.time(over))}, ${time(run.time(over) - run.time(step.end))}` : 'the end'}`
    });
}

const waitLabels = [];
function labelWait(step, from, to, y, stuck) {
    font(11);
    const at = DATA.places[step.place], where = at && at[2] > 0 ? ` :${at[2]}` : '';
    const text = fitted(step.say.replace(/^(in|for) (a )?/, '') + where, to - from - 10);
    if (text && (text.length > 8 || !text.endsWith('…')))
        waitLabels.push({ text, x: from + 3, y, colour: stuck ? paint.colours['accent-ink'] : paint.colours.mid });
}

function drawStep(run, step, row, height) {
    const { colours } = paint, y = yOf(run, row), end = step.end || run.last;
    if (inFold(run, end) || run.time(step.begin) > BAD.end)
        return;
    const ready = screenOf(run, step.ready), from = screenOf(run, step.begin), width = Math.max(2, screenOf(run, end) - from);
    if (from > shown.width || from + width < shown.left)
        return;
    if (run === BAD && from - ready > 1)
        box(Math.max(ready, shown.left), y - .75, from - Math.max(ready, shown.left), 1.5, colours.step);
    const hot =
        run === BAD && lit.own && (HOT.has(step.begin) || (CHAIN.has(step.begin) && run.cameOfIt(step.begin).some(seq => HOT.has(seq))));
    box(from, y - height / 2, width, height, run === GOOD ? colours.good : hot ? colours.accent : colours.step);
    if (run === BAD && step.outcome > 1) // it failed, or was cancelled
        box(from + width - 2.5, y - height / 2 + 2, 1.2, height - 4, colours.paper);
    hitBox(from, from + width, y, Math.max(6, height), run, step.begin, run === GOOD ? 3 : 2);
}

function drawTasks() {
    waitLabels.length = 0;
    for (const run of runsShown())
        for (const task of run.tasks) {
            const row = rowOf(run, task), height = run === GOOD ? 5 : row ? row.band : 0, part = run === GOOD ? PART_GOOD : 0;
            for (const step of row ? task.steps : []) {
                if (step.begin < part && step.end < part && (!step.next || step.next.begin < part))
                    continue;
                if (step.end && step.outcome === 0)
                    drawWait(run, step, row, height);
                drawStep(run, step, row, height);
            }
        }
}

// --- messages ---

function drawLost(message, x, y, up, colour) {
    const lost = message.drop > 0, x1 = x + 9, y1 = y + (up ? -17 : 17);
    line([[x, y], [x1, y1]], colour, lost ? 1.4 : 1, lost ? [] : [3, 3]);
    if (lost)
        cross(x1, y1, 3.5, colour, 1.6);
    else
        ring(x1, y1, 2.2, colour, 1.3);
    hitBox(x, x1, y1, 9, BAD, lost ? message.drop : message.send, 3,
        { tip: `${message.say}: ${lost ? 'lost' : 'unread when the run ends'}` });
}

function drawMessage(run, message, labels) {
    const { colours } = paint, ghost = run === GOOD, from = rowAt(run, message.send);
    if (!from || run.time(message.send) > BAD.end || (ghost && (message.send < PART_GOOD || !message.bytes)))
        return;
    const to = message.recv ? rowAt(run, message.recv) : hostRow(run.hosts[message.dst] ? run.hosts[message.dst].name : '');
    const late = !ghost && LATE.has(message.number), hot = !ghost && HOT.has(message.send) && HOT.has(message.recv), own = hot && lit.own;
    if (!to || inFold(run, message.recv || message.send) || (inFold(run, message.send) && !hot))
        return;
    const x = screenOf(run, message.send), y = yOf(run, from), y1 = yOf(run, to);
    const colour = ghost ? colours['good-soft'] : hot || late ? colours.accent : colours.soft;
    if (!message.recv)
        return ghost ? undefined : drawLost(message, x, y, y1 < y, late || message.drop ? colours.accent : colours.soft);
    const x1 = screenOf(run, message.recv), strong = own && lit.strong.has(message.recv);
    if (Math.max(x, x1) < shown.left || Math.min(x, x1) > shown.width)
        return;
    const width = ghost ? .9 : strong ? 2.2 : own ? 1.2 : late ? 1.6 : message.bytes ? 1 : .7;
    const rise = from === to ? Math.min(from.middle - from.y - 12, 14 + Math.abs(x1 - x) * .16) : 0; // to itself: an arc above the lane
    const bow = ghost ? Math.min(7, rise) : rise > 12 ? rise : 0;
    arrow(x, y, x1, y1, colour, width, ghost ? 4.5 : strong ? 9 : 6, hot && !lit.own ? [2, 3] : [], bow);
    shown.arrows.push({ run, message, x, y: y - bow * .7, x1, y1: y1 - bow * .7 });
    if ((own || late) && message.bytes)
        labels.push({ text: message.say, x, y: y - bow, x1, y1: y1 - bow });
}

function drawMessages() {
    const labels = [];
    for (const run of runsShown())
        for (const message of run.messages)
            drawMessage(run, message, labels);
    return labels;
}

// --- the chain ---

function drawLinks(run, events, colour, width, dash = []) {
    for (const seq of events)
        for (const { cause, how } of run.causes(seq)) {
            if (!events.has(cause) || inFold(run, seq) || how === 'late') // what a decision delayed stands under its flag already
                continue;
            const a = rowAt(run, cause), b = rowAt(run, seq), message = run.messageAt.get(seq);
            if (!a || !b || (message && message.recv === seq && message.send === cause && colour === paint.colours.accent))
                continue; // the message is there already
            const x0 = Math.max(screenOf(run, cause), shown.left - 4), x1 = screenOf(run, seq), y0 = yOf(run, a), y1 = yOf(run, b);
            if (x1 < shown.left || x0 > shown.width)
                continue;
            if (a === b || message) {
                line([[x0, y0], [x1, y1]], colour, width, dash);
                continue;
            }
            const g = paint.g;
            g.strokeStyle = colour;
            g.lineWidth = width;
            g.setLineDash(dash);
            g.beginPath();
            g.moveTo(x0, y0);
            g.bezierCurveTo(Math.max(x0 + 4, x1), y0, x0, y1, x1, y1);
            g.stroke();
            g.setLineDash([]);
        }
}

const DOTTED = new Set([
    'msg_send', 'msg_recv', 'msg_drop', 'timer_fire', 'timer_arm', 'task_create', 'choice', 'log', 'mark', 'exception', 'put', 'take',
    'host_crash'
]);

function drawChain() {
    const { accent, pick } = paint.colours;
    if (lit.own) {
        drawLinks(BAD, CHAIN, accent, .9, [1, 3]);
        drawLinks(BAD, HOT, accent, lit.strong === HOT ? 2.4 : 1.1);
        if (lit.strong !== HOT)
            drawLinks(BAD, lit.strong, accent, 2.8);
    } else {
        drawLinks(BAD, CHAIN, accent, 1, [2, 3]);
        drawLinks(view.run, lit.past, pick, 2.2);
    }
    const future = new Set([...lit.future].filter(seq => !lit.own || seq === view.seq || !HOT.has(seq)));
    if (future.size > 1)
        drawLinks(view.run, future, pick, 1.2, [4, 3]);
    const run = lit.own ? BAD : view.run;
    for (const seq of lit.own ? HOT : lit.past) {
        const row = DOTTED.has(run.kind(seq)) && !inFold(run, seq) ? rowAt(run, seq) : null;
        if (!row)
            continue;
        const x = screenOf(run, seq);
        dot(x, yOf(run, row), 2.7, lit.own ? accent : pick);
        hitBox(x - 3, x + 3, yOf(run, row), 10, run, seq, 4);
    }
}

// --- fold, parting, hits of the search ---

function drawFold() {
    const { g, colours } = paint, x = screen(0), x1 = screen(axis.band);
    if (!axis.cut || x1 < shown.left)
        return;
    let events = 0;
    while (events < BAD.count && BAD.times[events] < axis.cut)
        events++;
    box(x, AXIS_HEIGHT - 6, x1 - x, shown.height, colours.panel);
    const left = BAD.first > 1 ? `; ${several(BAD.first - 1, 'event')} before are not on this page` : '';
    const text = `${GOOD ? 'the same in both runs' : 'before'}: 0 – ${time(axis.cut)}, ${several(events, 'event')}${left}`;
    const seen = Math.min(shown.height, scroller.clientHeight || shown.height);
    g.save();
    g.translate((Math.max(x, shown.left) + x1) / 2, AXIS_HEIGHT + (seen - AXIS_HEIGHT) / 2);
    g.rotate(-Math.PI / 2);
    g.textAlign = 'center';
    font(11.5);
    g.fillStyle = colours.mid;
    g.fillText(fitted(text, seen - AXIS_HEIGHT - 16), 0, 0);
    g.restore();
    hitBox(x, x1, shown.height / 2, shown.height, BAD, 0, 0, { fold: true, tip: text, more: 'click to unfold' });
}

function drawParting() {
    if (PART > BAD.last || !GOOD || inFold(BAD, PART))
        return null;
    const x = screenOf(BAD, PART) - 5;
    line([[x, AXIS_HEIGHT - 8], [x, shown.height]], paint.colours.good, 1, [1, 3]);
    return x;
}

function drawFound() {
    for (const seq of view.found || []) {
        const row = inFold(BAD, seq) ? null : rowAt(BAD, seq);
        if (row)
            line([[-4, -6], [4, -6], [4, 6], [-4, 6], [-4, -6]].map(([x, y]) => [x + screenOf(BAD, seq), y + row.middle]),
                paint.colours.ink, 1.4);
    }
}

function drawPicked() {
    const row = inFold(view.run, view.seq) ? null : rowAt(view.run, view.seq);
    if (!row || view.seq === VERDICT)
        return;
    const x = screenOf(view.run, view.seq);
    ring(x, yOf(view.run, row), 6.5, paint.colours.pick, 1.6);
    line([[x, AXIS_HEIGHT - 4], [x, shown.height]], paint.colours.pick, .6, [2, 4]);
}

// --- words: the verdict's first, then numbers, flags, messages, waits ---

function drawVerdict() {
    const { g, colours } = paint, stuck = STUCK.length ? BAD.tasks[STUCK[0].task] : null;
    const row = rowAt(BAD, VERDICT) || stuck && rowOf(BAD, stuck) || rows[0];
    if (!row || PASSED)
        return;
    const x = Math.min(screenOf(BAD, VERDICT), shown.width - 9), y = row.middle;
    if (x < shown.left)
        return;
    dot(x, y, 7.5, colours.accent);
    cross(x, y, 2.8, colours['on-accent'], 1.7);
    take(x - 9, y - 9, 18, 18);
    hitBox(x - 8, x + 8, y, 18, BAD, VERDICT, 6);
    font(12.5, '600');
    const text = fitted(DATA.verdict.text || DATA.verdict.word, Math.min(420, x - shown.left - 20)), width = g.measureText(text).width;
    const above = y - row.band / 2 - 10;
    put(text, Math.max(shown.left + 4, x - 10 - width), above, colours['accent-ink']);
}

function drawNumber(number, sentence, x, y) {
    const { g, colours } = paint, decision = sentence.class === 'decision', end = sentence.class === 'end';
    const hot = ['decision', 'chain', 'wait', 'end'].includes(sentence.class) || HOT.has(sentence.seq),
          colour = hot ? colours.accent : colours.soft;
    if (decision) {
        box(x - 7.5, y - 7.5, 15, 15, colours.accent);
    } else {
        dot(x, y, 8, end ? colours.accent : colours.paper);
        ring(x, y, 7.6, colour, 1.3);
    }
    font(10.5, '600');
    g.textAlign = 'center';
    g.fillStyle = decision || end ? colours['on-accent'] : hot ? colours['accent-ink'] : colours.mid;
    g.fillText(String(number), x, y + .5);
    g.textAlign = 'left';
    take(x - 9, y - 9, 18, 18);
    hitBox(x - 8, x + 8, y, 17, BAD, sentence.seq, 5, { tip: [sentence.who, sentence.say].filter(Boolean).join(' ') });
}

// Numbers of one event, and of neighbours, stand side by side, and where there is no room, above; but never far from their event.
const ASIDE = [];
for (const dy of [0, -17, -34])
    for (let dx = 0; dx <= 40; dx += 4)
        ASIDE.push([dx, dy]);

function drawNumbers() {
    DATA.story.forEach((sentence, i) => {
        const decision = DATA.decisions[decisionAt(sentence.seq)], at = decision ? flaggedAt(decision) : sentence.seq;
        if (!BAD.has(at) || inFold(BAD, at) || sentence.class === 'end')
            return;
        const host = decision && decision.message < 0 && BAD.hosts[decision.host] ? hostRow(BAD.hosts[decision.host].name) : null;
        const row = host || rowAt(BAD, at) || rows[0];
        let x = screenOf(BAD, at), y = host ? host.middle : row.middle - row.band / 2 - 11;
        if (x < shown.left - 2 || x > shown.width)
            return;
        x = Math.max(x, shown.left + 9);
        const before = decision ? 20 : 0; // its flag
        for (const [dx, dy] of ASIDE)
            if (isFree(x + dx - 8, y + dy - 8, 16 + before, 16) && x + dx < shown.width - 12 - before) {
                [x, y] = [x + dx, y + dy];
                break;
            }
        if (decision)
            flag(x - 4, y, paint.colours.accent);
        x += before;
        drawNumber(i + 1, sentence, x, y);
        if (decision)
            nameDecision(decision, x + 11, y);
    });
}

function nameDecision(decision, x, y) {
    font(12, '600');
    const text = fitted(decision.words, Math.min(520, shown.width - x - 8));
    put(text, x, y, paint.colours['accent-ink']) || put(fitted(decision.words, 160), x, y, paint.colours['accent-ink']);
}

// A decision that no sentence tells of has a flag all the same.
function drawFlags() {
    for (const decision of DATA.decisions) {
        const at = flaggedAt(decision), told = DATA.story.some(sentence => sentence.seq === decision.seq), row = rowAt(BAD, at);
        if (told || !row || inFold(BAD, at))
            continue;
        flag(screenOf(BAD, at), row.middle - row.band / 2 - 8, paint.colours.accent);
        hitBox(
            screenOf(BAD, at), screenOf(BAD, at) + 12, row.middle - row.band / 2 - 8, 16, BAD, decision.seq, 5, { tip: decision.words });
    }
}

function drawMessageWords(labels) {
    font(11);
    for (const { text, x, y, x1, y1 } of labels) {
        const short = fitted(text, 170), width = paint.g.measureText(short).width;
        for (const part of [.5, .35, .65, .22, .78]) {
            const at = Math.max(shown.left + 3, Math.min(shown.width - width - 6, x + (x1 - x) * part - width / 2));
            if (put(short, at, y + (y1 - y) * part, paint.colours['accent-ink']))
                break;
        }
    }
}

function drawWaitWords() {
    font(11);
    for (const { text, x, y, colour } of waitLabels)
        put(text, x, y, colour, false);
}

// --- the axis above ---

const unitOfTime = () => BAD.end >= 2e10 ? [1e9, 's'] : BAD.end < 1e6 ? [1e3, 'µs'] : [1e6, 'ms'];

function drawAxis(parting) {
    const { g, colours } = paint, top = Math.max(0, scroller.scrollTop);
    g.clearRect(0, top, shown.width, AXIS_HEIGHT - 6);
    box(0, top, shown.width, AXIS_HEIGHT - 6, colours.paper);
    box(0, top + AXIS_HEIGHT - 6, shown.width, 1, colours.line);
    const unit = unitOfTime();
    const told = new Set(DATA.story.map(sentence => sentence.ns)), y = top + 26;
    const instants =
        axis.instants.map(instant => ({...instant, told: told.has(instant.at) })).sort((a, b) => b.told - a.told || a.at - b.at);
    const used = [];
    for (const instant of instants) {
        const x = screen((instant.x0 + instant.x1) / 2), text = String(+(instant.at / unit[0]).toFixed(instant.at % 1e6 ? 3 : 0));
        font(11.5, instant.told ? '600' : '');
        const width = g.measureText(text).width;
        if (x < shown.left || x > shown.width - 8 || used.some(([a, b]) => x - width / 2 < b + 7 && a - 7 < x + width / 2))
            continue;
        used.push([x - width / 2, x + width / 2]);
        g.fillStyle = instant.told ? colours.ink : colours.soft;
        g.fillText(text, x - width / 2, y);
    }
    if (parting !== null && parting > shown.left) {
        font(11, '600');
        const text = 'the runs part', width = g.measureText(text).width;
        g.fillStyle = colours.good;
        g.fillText(text, Math.min(parting, shown.width - width - 8), top + 9);
    }
}

export function layPicture() {
    const width = scroller.clientWidth;
    shown.width = width;
    shown.left = width > 900 ? 190 : width > 620 ? 150 : 96;
    const middle = scroller.parentElement, low = window.innerHeight < 900;
    const room = shown.sharp ? 360 : Math.max(220, (middle.clientHeight || 600) - 38 - 28 - (low ? 150 : 220));
    shown.room = room;
    shown.height = Math.ceil(layRows(room, AXIS_HEIGHT) + 10);
}

export function drawPicture() {
    const scale = shown.sharp || window.devicePixelRatio || 1, g = paint.g = picture.getContext('2d');
    const [width, height] = [Math.round(shown.width * scale), Math.round(shown.height * scale)];
    if (picture.width !== width || picture.height !== height) {
        picture.width = width;
        picture.height = height;
        picture.style.height = `${shown.height}px`;
        paint.hatches = {};
    }
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.clearRect(0, 0, shown.width, shown.height);
    g.textBaseline = 'middle';
    g.textAlign = 'left';
    Object.assign(shown, { hits: [], arrows: [] });
    paint.taken = [];
    light();
    drawNames();
    g.save();
    g.beginPath();
    g.rect(shown.left, 0, shown.width - shown.left, shown.height);
    g.clip();
    drawInstants();
    drawWindows();
    drawTasks();
    const labels = drawMessages();
    drawChain();
    drawFold();
    const parting = drawParting();
    drawFound();
    drawPicked();
    drawVerdict();
    drawNumbers();
    drawFlags();
    drawMessageWords(labels);
    drawWaitWords();
    drawAxis(parting);
    g.restore();
    const top = Math.max(0, scroller.scrollTop);
    box(0, top, shown.left, AXIS_HEIGHT - 6, paint.colours.paper);
    font(11);
    g.fillStyle = paint.colours.soft;
    g.fillText(`virtual ${unitOfTime()[1]}`, 12, top + 26);
    box(0, top + AXIS_HEIGHT - 6, shown.left, 1, paint.colours.line);
    picture.setAttribute(
        'aria-label', `${count(rows.length)} lanes over time. ${DATA.story.map(it => `${it.who} ${it.say}`.trim()).join('. ')}`);
}
