// Who waits for whom, at the event that is looked at: a graph of those who wait for tasks, or for what tasks hold, and a list of the
// others.
import { DATA, word } from './data.js';
import { make, pressable, several, time } from './text.js';
import { BAD, VERDICT } from './run.js';
import { view } from './pick.js';
import { placeText, table } from './drawer.js';

// At the end the explanations know more than the events tell: who is at the other end of a stream, who has what was taken from a pool.
function waitsAtEnd() {
    return DATA.waits.filter(it => it.for !== 'step').map(it => ({
        task: it.task, say: it.say, since: it.since, seq: it.seq, place: it.place, needs: it.needs.filter(task => task >= 0),
            thing: it.for === 'resource' || it.for === 'lock' ? it.thing : '', more: it.more, circle: it.circle, matters: it.matters
    }));
}

function waitsAt(run, seq) {
    const holders = thing =>
        run.held.filter(([name, , from, to]) => word(name) === thing && from <= seq && (!to || to > seq)).map(hold => hold[1]);
    const waits = [];
    for (const task of run.tasks) {
        const step = run.stepAt(task, seq);
        if (!run.waitsAt(step, seq))
            continue;
        const needs = step.on >= 0 ? [step.on] : step.thing ? holders(step.thing).filter(holder => holder >= 0) : [];
        waits.push({
            task: task.number,
            say: step.say ? `waits ${step.say}` : 'waits',
            since: run.time(step.end),
            seq: step.end,
            place: step.place,
            needs,
            thing: step.thing,
            more: '',
            circle: 0,
            matters: false
        });
    }
    return waits;
}

// --- the graph ---

const SVG = 'http://www.w3.org/2000/svg';
function svg(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes))
        element.setAttribute(name, value);
    if (text)
        element.textContent = text;
    return element;
}

// Nodes by key, each in a column behind those that wait for it; what is waited for is a node where nobody is known to have it.
function graphOf(run, waits) {
    const nodes = new Map(), edges = new Map();
    const node = (key, text) => nodes.get(key) || nodes.set(key, { key, text, column: 0, bad: false }).get(key);
    const task = number => node(`t${number}`, run.tasks[number] ? run.tasks[number].name : '?');
    for (const wait of waits) {
        const from = task(wait.task), needs = wait.needs.filter(need => need !== wait.task).map(task);
        from.bad = wait.matters;
        for (const to of needs.length ? needs : wait.thing ? [node(`r${wait.thing}`, wait.thing)] : [])
            edges.set(`${from.key} ${to.key}`, [from, to, wait]);
    }
    const used = [...nodes.values()].filter(it => [...edges.values()].some(edge => edge[0] === it || edge[1] === it));
    const heads = used.filter(it => ![...edges.values()].some(edge => edge[1] === it)),
          todo = heads.length ? [...heads] : used.slice(0, 1), seen = new Set(todo);
    for (const at of todo)
        for (const [from, to] of edges.values())
            if (from === at && !seen.has(to)) {
                to.column = Math.min(5, at.column + 1);
                seen.add(to);
                todo.push(to);
            }
    return { nodes: used, edges: [...edges.values()] };
}

function layGraph(nodes) {
    const columns = [];
    nodes.forEach(node => (columns[node.column] = columns[node.column] || []).push(node));
    let x = 6, height = 0;
    for (const column of columns.filter(Boolean)) {
        const width = Math.max(...column.map(node => node.text.length)) * 6.7 + 6;
        column.forEach((node, i) => Object.assign(node, { x, y: 18 + i * 30, width: node.text.length * 6.7 + 4 }));
        height = Math.max(height, 18 + column.length * 30);
        x += width + 54;
    }
    return [x, height];
}

// To the right, or, to one in the same column or before it, round the right of both.
function wayOf(from, to, i) {
    const x0 = from.x + from.width + 2;
    if (to.column > from.column) {
        const x1 = to.x - 6, middle = (x0 + x1) / 2;
        return `M${x0} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${x1} ${to.y}M${x1 - 5} ${to.y - 3.5}L${x1} ${to.y}L${x1 - 5} ${
            to.y + 3.5}`;
    }
    const x1 = to.x + to.width + 3, out = Math.max(x0, x1) + 16 + i % 3 * 9, shift = from.y < to.y ? -4 : 4;
    return `M${x0} ${from.y - shift}C${out} ${from.y - shift} ${out} ${to.y + shift} ${x1} ${to.y + shift}M${x1 + 5} ${
        to.y + shift - 3.5}L${x1} ${to.y + shift}L${x1 + 5} ${to.y + shift + 3.5}`;
}

function drawGraph(run, waits) {
    const { nodes, edges } = graphOf(run, waits);
    if (!edges.length || nodes.length > 40)
        return null;
    const [width, height] = layGraph(nodes), picture = svg('svg', { class: 'waits', width, height, role: 'img' });
    picture.setAttribute('aria-label', edges.map(([from, to]) => `${from.text} waits for ${to.text}`).join('; '));
    edges.forEach(([from, to, wait], i) => picture.append(svg('path', { d: wayOf(from, to, i), class: wait.matters ? 'bad' : '' })));
    for (const node of nodes)
        picture.append(svg('text', { x: node.x,
            y: node.y + 4,
            class: node.bad           ? 'bad'
                : node.key[0] === 'r' ? 'thing'
                                      : '' },
            node.text));
    return picture;
}

// --- the tab ---

function rowOfWait(run, wait, choose) {
    const task = run.tasks[wait.task];
    return pressable(make('tr', wait.matters ? 'chain' : 'quiet', make('td', '', task ? task.name : ''),
                         make('td', '', wait.say, wait.more && make('div', 'sub', wait.more)), make('td', 'r', time(wait.since)),
                         make('td', 'mono', placeText(wait.place))),
        () => choose(run, wait.seq, true));
}

export function showWaiting(pane, hint, choose) {
    const { run, seq } = view, end = run === BAD && seq === VERDICT, waits = end ? waitsAtEnd() : waitsAt(run, seq);
    hint.append(end ? `when it ends, at ${time(run.end)}` : `at #${seq}, ${time(run.time(seq))}`);
    if (!waits.length) {
        pane.append(make('p', 'empty', 'Nobody waits at this event.'));
        return;
    }
    const known = waits.filter(wait => wait.needs.length || wait.thing), matter = known.filter(wait => wait.matters);
    const graph = drawGraph(run, matter.length ? matter : known);
    const { whole, body } = table(['Task', 'Waits', '>since', 'Place']);
    for (const wait of [...waits.filter(it => it.matters), ...waits.filter(it => !it.matters)])
        body.append(rowOfWait(run, wait, choose));
    pane.append(make('div', graph ? 'two' : '', graph && make('div', 'scroll', graph), whole));
    hint.append(`: ${several(waits.length, 'task')} wait${waits.length === 1 ? 's' : ''}`);
}
