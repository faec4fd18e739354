// Where on the axis, which is 1000 wide, an event is. "events": each instant gets room for what happens in it, and idle time is squeezed;
// "time": to scale; "order": a place for each event. What both runs have in common is folded to a band at the beginning.
import { DATA } from './data.js';
import { BAD, CHAIN, GOOD, PART, PART_GOOD, VERDICT } from './run.js';
import { view } from './pick.js';

const WEIGHTS = {
    step_begin: .8,
    step_end: .5,
    msg_send: 1.1,
    msg_recv: .9,
    msg_drop: 1.4,
    choice: 2.4,
    mark: .7,
    log: .5,
    exception: 1.2,
    verdict: 3,
    timer_fire: .8,
    task_cancel: .8,
    fault_begin: 1.2,
    fault_end: .8,
    task_ready: .5,
    task_create: .5,
    host_crash: 1.2
};

// The time before which everything is folded, 0: nothing is. It ends where the runs part, or as much earlier as a cause that reaches over
// the parting, or a sentence, needs: by ten instants at most.
export const FOLD_AT = (() => {
    if (!GOOD && !DATA.decisions.length)
        return 0;
    const part = Math.min(PART, VERDICT), instants = [];
    for (let seq = BAD.first; seq < part; seq++)
        if (instants[instants.length - 1] !== BAD.time(seq))
            instants.push(BAD.time(seq));
    const floor = instants[Math.max(0, instants.length - 10)] || 0;
    let at = PART > BAD.last ? 0 : BAD.time(part);
    const need = seq => { if (seq >= BAD.first && seq < part) at = Math.min(at, Math.max(floor, BAD.time(seq))); };
    for (const sentence of DATA.story)
        need(sentence.seq);
    for (const seq of CHAIN)
        if (seq >= part)
            for (const { cause } of BAD.causes(seq))
                if (BAD.time(cause) >= BAD.time(part) - 2e6)
                    need(cause);
    return instants.filter(instant => instant < at).length >= 4 ? at : 0;
})();

export let axis = null;

function weigh(run, seq) {
    if (view.axis === 'order')
        return 1;
    const weight = WEIGHTS[run.kind(seq)] || .1;
    return run === BAD ? CHAIN.has(seq) ? weight * 2.2 + .3 : weight : weight * .55;
}

// The instants that are shown: {at, bad, good: [[seq, weight]], room, matters}.
function instantsFrom(cut) {
    const found = new Map();
    const put = (run, seq) => {
        const at = run.time(seq);
        if (at < cut || at > BAD.end)
            return;
        if (!found.has(at))
            found.set(at, { at, bad: [], good: [], badRoom: 0, goodRoom: 0, matters: false });
        const instant = found.get(at), weight = weigh(run, seq), side = run === BAD ? 'bad' : 'good';
        instant[side].push([seq, weight]);
        instant[`${side}Room`] += weight;
        if (run === BAD && (CHAIN.has(seq) || run.kind(seq) === 'choice'))
            instant.matters = true;
    };
    for (let seq = BAD.first; seq <= BAD.last; seq++)
        put(BAD, seq);
    for (let seq = Math.max(PART_GOOD, GOOD ? GOOD.first : 0); view.good && GOOD && seq <= GOOD.last; seq++)
        put(GOOD, seq);
    return [...found.values()].sort((a, b) => a.at - b.at);
}

function widthOf(instant) {
    const room = Math.max(instant.badRoom, instant.goodRoom);
    if (view.axis === 'time')
        return 0;
    if (view.axis === 'order')
        return room * 5;
    return 3 + Math.min(120, room * 3.6) * (instant.matters || !DATA.decisions.length ? 1 : .45);
}

function gapOf(ns) {
    return view.axis === 'order' ? 6 : view.axis === 'time' ? ns / 1e5 : 6 + 7.5 * Math.log2(1 + ns / 1e6);
}

function placeEvents(instant, side, room, at, scale) {
    let used = 0;
    for (const [seq, weight] of instant[side]) {
        at.set(seq, (instant.x0 + (room ? (used + weight / 2) / room : .5) * (instant.x1 - instant.x0)) * scale);
        used += weight;
    }
}

export function makeAxis() {
    const cut = view.fold ? FOLD_AT : 0, instants = instantsFrom(cut), bad = new Map(), good = new Map();
    const natural = instants.reduce((sum, instant, i) => sum + widthOf(instant) + (i ? gapOf(instant.at - instants[i - 1].at) : 0), 0);
    const band = cut ? natural * .036 + 4 : 0;
    let x = band, last = null;
    for (const instant of instants) {
        if (last !== null)
            x += gapOf(instant.at - last);
        instant.x0 = x;
        instant.x1 = x += widthOf(instant);
        last = instant.at;
    }
    const scale = 1000 / ((x + natural * .012 + 4) || 1);
    for (const instant of instants) {
        placeEvents(instant, 'bad', instant.badRoom, bad, scale);
        placeEvents(instant, 'good', instant.goodRoom, good, scale);
        instant.x0 *= scale;
        instant.x1 *= scale;
    }
    axis = { cut, instants, bad, good, band: band * scale };
}

// The last instant that is not behind a time: its index, -1: all are.
function instantOf(ns) {
    const all = axis.instants;
    let low = 0, high = all.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        all[middle].at <= ns ? low = middle + 1 : high = middle;
    }
    return low - 1;
}

// Where a moment is; `late`: behind all that happens in it.
export function xOfTime(ns, late = false) {
    const all = axis.instants, i = instantOf(ns);
    if (axis.cut && ns < axis.cut)
        return axis.band * ns / axis.cut;
    if (i < 0)
        return all.length ? all[0].x0 : 0;
    if (all[i].at === ns)
        return late ? all[i].x1 : all[i].x0;
    if (i + 1 === all.length)
        return 1000;
    return all[i].x1 + (ns - all[i].at) / (all[i + 1].at - all[i].at) * (all[i + 1].x0 - all[i].x1);
}

export function xOf(run, seq) {
    const known = (run === BAD ? axis.bad : axis.good).get(seq);
    if (known !== undefined)
        return known;
    const at = run.time(seq);
    return at > BAD.end ? 1000 + Math.min(200, (at - BAD.end) / 1e6 * 4) : xOfTime(at, true);
}
