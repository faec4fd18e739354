// What is looked at: an event, an axis, a list, a part of the time. It stands in the address, and comes back from it.
import { BAD, GOOD, PASSED, STUCK, VERDICT } from './run.js';

export const AXES = [['events', 'Events', 'Every event gets room, idle time is squeezed'], ['time', 'Time', 'Virtual time, to scale'],
    ['order', 'Order', 'A place for each event, no time']];
export const TABS =
    [['events', 'Events'], ['decisions', 'Decisions'], ['tasks', 'Tasks'], ['waiting', 'Waiting'], ['beside', 'Good beside bad']];

export const view = {
    run: BAD,
    seq: VERDICT,
    axis: 'events',
    good: !!GOOD,
    fold: true,
    tall: false,
    tab: STUCK.length ? 'waiting' : 'events',
    find: '',
    theme: '',
    from: 0,
    to: 1000,       // of the axis, which is 1000 wide
    only: !PASSED,  // the list has but what the failure came of
    found: null,    // events that the search has found
};

const within = (text, least, most) => text !== null && text !== '' && +text >= least && +text <= most ? +text : null;
const known = (pairs, key) => pairs.some(pair => pair[0] === key);

export function readAddress() {
    const hash = new URLSearchParams(location.hash.slice(1)), event = /^(g?)(\d+)$/.exec(hash.get('e') || '');
    const run = event && event[1] ? GOOD : BAD;
    if (event && run && run.has(+event[2]))
        Object.assign(view, { run, seq: +event[2] });
    if (known(AXES, hash.get('x')))
        view.axis = hash.get('x');
    if (known(TABS, hash.get('t')))
        view.tab = hash.get('t');
    for (const [key, name] of [['g', 'good'], ['f', 'fold'], ['l', 'tall'], ['o', 'only']])
        if (['0', '1'].includes(hash.get(key)))
            view[name] = hash.get(key) === '1';
    view.good = view.good && !!GOOD;
    view.find = (hash.get('q') || '').slice(0, 200);
    view.theme = ['light', 'dark'].includes(hash.get('th')) ? hash.get('th') : '';
    const from = within(hash.get('v0'), 0, 1000), to = within(hash.get('v1'), 0, 1000);
    Object.assign(view, from !== null && to !== null && to - from >= 1 ? { from, to } : { from: 0, to: 1000 });
}

export function writeAddress() {
    const hash = new URLSearchParams();
    hash.set('e', (view.run === GOOD ? 'g' : '') + view.seq);
    const put = (key, value, usual) => value === usual || hash.set(key, value);
    put('x', view.axis, 'events');
    put('g', view.good ? 1 : 0, GOOD ? 1 : 0);
    put('f', view.fold ? 1 : 0, 1);
    put('l', view.tall ? 1 : 0, 0);
    put('o', view.only ? 1 : 0, PASSED ? 0 : 1);
    put('t', view.tab, '');
    put('q', view.find, '');
    put('th', view.theme, '');
    if (view.from > 0 || view.to < 1000) {
        hash.set('v0', view.from.toFixed(1));
        hash.set('v1', view.to.toFixed(1));
    }
    history.replaceState(null, '', `#${hash}`);
}

export function search() {
    const wanted = view.find.trim().toLowerCase();
    view.found = wanted ? [] : null;
    for (let seq = BAD.first; wanted && seq <= BAD.last; seq++)
        if (`#${seq}` === wanted || `${BAD.words(seq)} ${BAD.kind(seq)}`.toLowerCase().includes(wanted))
            view.found.push(seq);
}
