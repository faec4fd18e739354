// The lists below the picture: events, decisions with the answers not given, tasks, who waits for whom, good beside bad.
import { DATA, place } from './data.js';
import { byId, count, link, make, pressable, several, time } from './text.js';
import { BAD, CHAIN, GOOD, PART, PART_GOOD, VERDICT, twinOf } from './run.js';
import { TABS, view } from './pick.js';
import { flagMark } from './story.js';
import { showWaiting } from './waits.js';

const ROW = 21; // pixels: of the list of events, of which only what is in sight is made
const ms = ns => String(+(ns / 1e6).toFixed(6));

export function table(names, kind = '') {
    const head = make('tr', '', ...names.map(name => make('th', name.startsWith('>') ? 'r' : '', name.replace('>', '')))),
          body = make('tbody', '');
    head.querySelectorAll('th').forEach(cell => cell.scope = 'col');
    return { whole: make('table', kind, make('thead', '', head), body), body };
}

export function placeText(number) {
    const at = place(number);
    return at ? at.text : '';
}

// --- events ---

const listed = () => {
    const events = [];
    for (let seq = BAD.first; !view.found && seq <= BAD.last; seq++)
        if (!view.only || CHAIN.has(seq) || seq === view.seq)
            events.push(seq);
    return view.found || events;
};

function eventRow(seq, number, choose) {
    const task = BAD.tasks[BAD.lane(seq)], host = BAD.hosts[BAD.host(seq)], picked = view.run === BAD && seq === view.seq;
    const row = make('tr', `${picked ? 'picked' : ''} ${CHAIN.has(seq) ? 'chain' : ''}`, make('td', 'r', String(seq)),
        make('td', 'r', ms(BAD.time(seq))),
        make('td', '',
            task       ? task.name
                : host ? host.name
                       : ''),
        make('td', '', BAD.say(seq)), make('td', 'mono', placeText(BAD.place(seq))));
    row.setAttribute('aria-rowindex', String(number + 2));
    return pressable(row, () => choose(BAD, seq, true));
}

function showEvents(pane, hint, choose) {
    const events = listed(), { whole, body } = table(['>#', '>ms', 'Who', 'What', 'Place'], 'events');
    const above = make('div', ''), below = make('div', '');
    const only = make('input', '');
    only.type = 'checkbox';
    only.checked = view.only;
    only.disabled = !CHAIN.size;
    only.onchange = () => choose(null, 0, false, { only: only.checked });
    hint.append(view.found ? `${several(view.found.length, 'event')} found` : make('label', '', only, ' only what the failure came of'));
    whole.setAttribute('aria-rowcount', String(events.length + 1));
    pane.append(above, whole, below);
    if (!events.length)
        pane.append(make('p', 'empty', view.found ? 'Nothing is called so.' : 'Nothing led to it.'));
    const fill = () => {
        const seen = Math.ceil((pane.clientHeight || 300) / ROW) + 20,
              from = Math.max(0, Math.min(events.length - seen, Math.floor(pane.scrollTop / ROW) - 10));
        above.style.height = `${from * ROW}px`;
        below.style.height = `${Math.max(0, events.length - from - seen) * ROW}px`;
        body.replaceChildren(...events.slice(from, from + seen).map((seq, i) => eventRow(seq, from + i, choose)));
    };
    fill();
    const at = view.run === BAD ? events.indexOf(view.seq) : -1;
    if (at >= 0)
        pane.scrollTop = Math.max(0, at * ROW - pane.clientHeight / 2);
    fill();
    pane.onscroll = fill;
}

// --- decisions ---

function showDecisionList(pane, hint, choose) {
    if (!DATA.decisions.length) {
        pane.append(make('p', 'empty',
            'The outside was calm: each message came at once, no machine was busy, no fault began. Only what deviates is recorded.'));
        return;
    }
    const { whole, body } = table(['', '>ms', 'Decision', 'What else it could have been', 'Why production can do this']);
    for (const decision of DATA.decisions) {
        const others = decision.answers.filter(answer => answer !== decision.words);
        const cells =
            make('td', '', make('div', '', decision.message < 0 && decision.answers.length ? 'nothing of the kind' : 'as usual'),
                ...others.map(answer => make('div', 'other', answer)));
        body.append(pressable(make('tr', view.run === BAD && view.seq === decision.seq ? 'picked' : '', make('td', '', flagMark()),
                                  make('td', 'r', ms(BAD.time(decision.seq))),
                                  make('td', '', make('div', 'strong', decision.words), make('code', '', decision.line)), cells,
                                  make('td', '', `${decision.sound ? 'sound' : 'relaxed'}: ${decision.because}`)),
            () => choose(BAD, decision.seq, true)));
    }
    pane.append(whole, make('p', 'empty', `Another answer is tried so: retick whatif ${BAD.name} --set 'LINE'`));
}

// --- tasks ---

function mostWaited(task) {
    const spans = new Map();
    let all = 0;
    for (const step of task.steps) {
        if (!step.end || step.outcome !== 0)
            continue;
        const span = (step.next ? BAD.time(step.next.ready) : BAD.end) - BAD.time(step.end);
        all += span;
        spans.set(step.say, (spans.get(step.say) || 0) + span);
    }
    const most = [...spans].sort((a, b) => b[1] - a[1])[0];
    return { all, words: most ? `${most[0] || 'something'} (${time(most[1])})` : '' };
}

function endOf(task) {
    const words = ['', 'returned', 'failed', 'cancelled', 'went with its host'][task.outcome] || '';
    return task.done ? `${time(BAD.time(task.done))}, ${words}`
        : BAD.tasks[BAD.lane(VERDICT)] === task ? 'fails here'
                                                : 'still there at the end';
}

function showTasks(pane, hint, choose) {
    const { whole, body } = table(['Task', '>begins', 'Ends', '>steps', 'Waits most', '>waited', 'Place']), seen = new Set();
    const add = (task, depth) => {
        if (seen.has(task) || task.end || !task.steps.length)
            return;
        seen.add(task);
        const waited = mostWaited(task), picked = BAD.tasks[BAD.lane(view.seq)] === task && view.run === BAD;
        body.append(pressable(make('tr', picked ? 'picked' : '',
                                  make('td', '', make('span', 'indent', '  '.repeat(depth) + (depth ? '└ ' : '')), task.name),
                                  make('td', 'r', task.born ? time(BAD.time(task.born)) : ''), make('td', '', endOf(task)),
                                  make('td', 'r', String(task.steps.length)), make('td', '', waited.words),
                                  make('td', 'r', time(waited.all)), make('td', 'mono', placeText(task.place))),
            () => choose(BAD, BAD.has(task.born) ? task.born : task.steps[0].begin, true)));
        for (const child of depth < 12 ? BAD.tasks : [])
            if (BAD.tasks[child.by] === task)
                add(child, depth + 1);
    };
    for (const task of BAD.tasks)
        if (!BAD.tasks[task.by])
            add(task, 0);
    BAD.tasks.forEach(task => add(task, 0));
    hint.append(several(seen.size, 'task'));
    pane.append(whole);
}

// --- good beside bad ---

const TOLD = new Set([
    'msg_send', 'msg_recv', 'msg_drop', 'choice', 'mark', 'log', 'task_cancel', 'verdict', 'exception', 'fault_begin', 'fault_end',
    'host_crash', 'host_restart'
]);
const BESIDE_MOST = 400;

function toldFrom(run, from) {
    const told = [];
    for (let seq = Math.max(from, run.first); seq <= run.last && told.length < BESIDE_MOST; seq++) {
        const message = run.messageAt.get(seq);
        if (TOLD.has(run.kind(seq)) && (!message || message.bytes || run.kind(seq) === 'msg_drop') && run.time(seq) <= BAD.end)
            told.push(seq);
    }
    return told;
}

function besideCell(run, seq, choose) {
    if (!seq)
        return make('td', '');
    const twin = twinOf(run, seq), other = run === BAD ? GOOD : BAD, apart = twin && run === BAD && other.time(twin) !== run.time(seq);
    return make('td', run === GOOD ? 'good' : CHAIN.has(seq) ? 'hot' : '', link(run.words(seq), () => choose(run, seq, true), 'plain'),
        apart && make('span', 'sub', ` (good run: ${time(other.time(twin))})`));
}

function showBeside(pane, hint, choose) {
    if (!GOOD || PART > BAD.last) {
        pane.append(make('p', 'empty',
            GOOD ? 'The two runs are the same, event by event.'
                 : 'There is no run beside this one: retick view RUN.db --against OTHER.db shows both.'));
        return;
    }
    hint.append(`the same for ${several(PART - 1, 'event')}, until ${time(DATA.parting[2])}`);
    const { whole, body } = table(['>ms', 'Good run', 'Bad run']), good = toldFrom(GOOD, PART_GOOD),
                        bad = toldFrom(BAD, Math.min(PART, DATA.decisions.length ? DATA.decisions[0].seq : PART));
    const times = [...new Set([...good.map(seq => GOOD.time(seq)), ...bad.map(seq => BAD.time(seq))])].sort((a, b) => a - b);
    for (const at of times.slice(0, BESIDE_MOST)) {
        const left = good.filter(seq => GOOD.time(seq) === at), right = bad.filter(seq => BAD.time(seq) === at);
        for (let i = 0; i < Math.max(left.length, right.length); i++)
            body.append(make('tr', right[i] && CHAIN.has(right[i]) ? 'chain' : '', make('td', 'r', i ? '' : ms(at)),
                besideCell(GOOD, left[i], choose), besideCell(BAD, right[i], choose)));
    }
    pane.append(whole);
}

// --- tabs ---

const PANES = { events: showEvents, decisions: showDecisionList, tasks: showTasks, waiting: showWaiting, beside: showBeside };

export function showDrawer(choose) {
    const tabs = byId('tabs'), pane = byId('pane'), hint = byId('hint');
    if (!tabs.children.length)
        for (const [key, name] of TABS) {
            const tab = make('button', '', name);
            tab.type = 'button';
            tab.id = `tab-${key}`;
            tab.setAttribute('role', 'tab');
            tab.setAttribute('aria-controls', 'pane');
            tab.onclick = () => choose(null, 0, false, { tab: key });
            tabs.append(tab);
        }
    for (const [i, tab] of [...tabs.children].entries()) {
        const on = TABS[i][0] === view.tab;
        tab.setAttribute('aria-selected', String(on));
        tab.tabIndex = on ? 0 : -1;
        if (TABS[i][0] === 'decisions')
            tab.textContent = DATA.decisions.length ? `Decisions (${count(DATA.decisions.length)})` : 'Decisions';
    }
    const focused = pane.contains(document.activeElement) && document.activeElement !== pane;
    pane.onscroll = null;
    pane.replaceChildren();
    hint.replaceChildren();
    pane.setAttribute('aria-labelledby', `tab-${view.tab}`);
    PANES[view.tab](pane, hint, choose);
    const picked = pane.querySelector('.picked');
    if (picked && view.tab !== 'events')
        picked.scrollIntoView({ block: 'nearest' });
    if (focused)
        (picked || pane).focus({ preventScroll: true });
}
