// Rows of the picture: hosts, and below each its tasks, by who started whom. Tasks of one name share a row when one is over before the
// next begins. Rows that the failure came through are hot: they get room.
import { DATA } from './data.js';
import { BAD, CHAIN, GOOD, HOT } from './run.js';
import { view } from './pick.js';
import { axis } from './axis.js';

export let rows = [];
let rowOfTask = new Map(), rowOfHost = new Map();

const hostName = (run, host) => run.hosts[host] ? run.hosts[host].name : '';
// Without the host of whom it serves, where that is said often enough.
const brief = label => label.replace(/'s (\d+\w+) connection$/, ' ($1)').replace(/ for [^ ]*\/(?=[^ /]+( \(\d+\w+\))?$)/, ' for ');
const stem = label => label.replace(/ for .*/, '').replace(/#\d+$/, '');

// Tasks of both runs by their paths: {path, label, host, by, bad: [from, to], good, hot, main}.
function tasksInSight() {
    const tasks = new Map();
    for (const run of view.good && GOOD ? [BAD, GOOD] : [BAD])
        for (const task of run.tasks) {
            if (!task.steps.length && !run.has(task.born))
                continue;
            const from = run.time(task.born || task.steps[0].begin), to = task.done ? run.time(task.done) : Infinity;
            if (to < axis.cut || from > BAD.end)
                continue;
            if (!tasks.has(task.path))
                tasks.set(task.path, {
                    path: task.path,
                    label: task.label,
                    host: hostName(run, task.host),
                    main: task.main,
                    by: null,
                    hot: false,
                    bad: null,
                    good: null,
                    from
                });
            const entry = tasks.get(task.path);
            entry.by = entry.by || (run.tasks[task.by] ? run.tasks[task.by].path : null);
            entry[run === BAD ? 'bad' : 'good'] = [from, to];
        }
    return tasks;
}

function heat(tasks) {
    const warm = seq => {
        const lane = BAD.has(seq) ? BAD.tasks[BAD.lane(seq)] : null, entry = lane && tasks.get(lane.path);
        if (entry)
            entry.hot = true;
    };
    for (const seq of HOT.size ? HOT : CHAIN)
        if (BAD.time(seq) >= axis.cut)
            warm(seq);
    for (const sentence of DATA.story)
        if (sentence.class !== 'context')
            warm(sentence.seq);
    for (const decision of DATA.decisions)
        if (decision.message >= 0)
            for (const seq of [BAD.messages[decision.message].send, BAD.messages[decision.message].recv])
                warm(seq);
    if (![...tasks.values()].some(task => task.hot))
        for (const task of tasks.values())
            task.hot = true;
}

// In the order that keeps the failure's messages short: all orders are tried of up to seven, ties as declared.
function orderOf(names) {
    const pairs = new Map();
    for (const message of BAD.messages) {
        const a = names.indexOf(hostName(BAD, message.src)), b = names.indexOf(hostName(BAD, message.dst));
        if (a !== b && a >= 0 && b >= 0 && HOT.has(message.send))
            pairs.set(a * 16 + b, (pairs.get(a * 16 + b) || 0) + 1);
    }
    if (names.length < 3 || names.length > 7 || !pairs.size)
        return names;
    let best = null, least = Infinity;
    const price = order => {
        let sum = order.reduce((all, host, at) => all + Math.abs(host - at) * .02, 0);
        for (const [key, weight] of pairs)
            sum += Math.abs(order.indexOf(key >> 4) - order.indexOf(key & 15)) * weight;
        return sum;
    };
    const permute = (order, left) => {
        if (!left.length) {
            const sum = price(order);
            if (sum < least - 1e-9)
                [best, least] = [order, sum];
        }
        for (const host of left)
            permute([...order, host], left.filter(other => other !== host));
    };
    permute([], names.map((_, i) => i));
    return best.map(i => names[i]);
}

const free = (span, end) => !span || !end || end < span[0];

// The tasks that one has started, on rows: those of one name together where they take turns.
function addRows(tasks, used, host, parent, depth) {
    const groups = new Map();
    for (const task of tasks.values()) {
        const above = task.by && tasks.get(task.by), child = parent ? task.by === parent : !above || above.host !== host;
        if (task.host !== host || !child || used.has(task.path))
            continue;
        const name = stem(task.label);
        groups.has(name) ? groups.get(name).push(task) : groups.set(name, [task]);
    }
    for (const [name, group] of groups) {
        group.sort((a, b) => a.from - b.from);
        const packed = [], share = group.length > 4 || !group[0].label.includes(' for ');
        for (const task of group) {
            used.add(task.path);
            let row = share ? packed.find(other => free(task.bad, other.bad) && free(task.good, other.good)) : null;
            if (!row)
                packed.push(row = { kind: 'lane', host, depth, hot: false, tasks: [], bad: 0, good: 0 });
            row.tasks.push(task);
            row.hot = row.hot || task.hot;
            row.bad = task.bad ? task.bad[1] : row.bad;
            row.good = task.good ? task.good[1] : row.good;
        }
        for (const row of packed) {
            const own = row.tasks.filter(task => task.bad), named = own.length ? own : row.tasks;
            row.label = named.length === 1 ? brief(named[0].label) : `${name} ×${named.length}`;
            rows.push(row);
            row.tasks.forEach(task => rowOfTask.set(task.path, row));
        }
        for (const task of depth < 8 ? group : [])
            addRows(tasks, used, host, task.path, depth + 1);
    }
}

export function makeLanes() {
    const tasks = tasksInSight(), used = new Set();
    heat(tasks);
    rows = [];
    rowOfTask = new Map();
    rowOfHost = new Map();
    for (const host of orderOf([...new Set(BAD.hosts.map(it => it.name))])) {
        const row = { kind: 'host', host, label: host };
        rows.push(row);
        rowOfHost.set(host, row);
        addRows(tasks, used, host, null, 0);
    }
}

export const rowOf = (run, task) => rowOfTask.get(task.path) || null;
export const hostRow = name => rowOfHost.get(name) || null;
// Where an event is drawn: on its task's row, else its host's.
export function rowAt(run, seq) {
    const task = run.tasks[run.lane(seq)];
    return task && rowOfTask.get(task.path) || rowOfHost.get(hostName(run, task ? task.host : run.host(seq))) || null;
}

// How high each is: hot lanes share what room there is.
export function layRows(room, top) {
    const hosts = rows.filter(row => row.kind === 'host').length,
          tall = rows.filter(row => row.kind === 'lane' && (row.hot || view.tall)).length;
    const low = rows.length - hosts - tall, tight = room < top + rows.length * 34, beneath = view.good && GOOD ? tight ? 6 : 8 : 0;
    const hostHeight = tight ? 20 : 24;
    let lowHeight = (tight ? 10 : 13) + beneath, height = (room - top - hosts * hostHeight - low * lowHeight - 8) / Math.max(1, tall);
    const most = (tall < 3 ? 150 : tall < 5 ? 90 : 64) + beneath; // where there are few, their messages to themselves need room
    if (height > most)
        lowHeight = Math.min(20 + beneath, lowHeight + (height - most) * tall / Math.max(1, low));
    height = Math.max((tight ? 27 : 36) + beneath, Math.min(most, height));
    let y = top;
    for (const row of rows) {
        const lane = row.kind === 'lane', big = lane && (row.hot || view.tall);
        Object.assign(row, { y, big, height: lane ? big ? height : lowHeight : hostHeight });
        const inside = row.height - beneath; // the higher it is, the lower the band: what goes to and fro in it stands above
        row.middle = lane ? y + (row.height > 90 ? inside - 42 : inside / 2 - (row.height > 38 ? 4 : 0)) : y + row.height / 2 + 2;
        row.beneath = lane ? y + row.height - beneath / 2 - 2 : row.middle;
        row.band =
            lane ? Math.max(4, row.height > 36 ? Math.min(18, row.height - beneath - 21) : Math.min(12, row.height - beneath - 7)) : 10;
        y += row.height;
    }
    return y;
}
