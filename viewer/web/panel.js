// The panel of the event that is looked at: what, when, where, of what it came, what came of it, its twin, its source.
import { DATA, place } from './data.js';
import { byId, link, make, time } from './text.js';
import { BAD, CHAIN, GOOD, VERDICT, otherOf, STUCK, twinOf } from './run.js';
import { view } from './pick.js';
import { decisionAt } from './marks.js';

const HOW = {
    lost: 'what was lost before',
    behind: 'behind',
    read: 'read with',
    took: 'with what it took in',
    late: 'late by',
    saw: 'saw',
    from: 'from',
    over: 'written over',
    sent: 'sent',
    asked: 'as it was told',
    fault: 'with',
    taken: 'as it was taken'
};

function eventLink(run, seq, choose, how = '') {
    if (!run.has(seq))
        return make('span', '', `event #${seq}, before what this page has`);
    const text = `${how && `${how}: `}${run.words(seq)}`;
    return link(
        text.length > 140 ? `${text.slice(0, 140)}…` : text, () => choose(run, seq, true), run === BAD && CHAIN.has(seq) ? 'chain' : '');
}

function because(run, seq, choose) {
    const causes = run.causes(seq);
    if (!causes.length && run === BAD && seq === VERDICT)
        return STUCK.slice(0, 6).map(
            it => link(`${BAD.tasks[it.task] ? BAD.tasks[it.task].name : ''} ${it.say}`, () => choose(BAD, it.seq, true), 'chain'));
    return causes.map(({ cause, how }) => eventLink(run, cause, choose, HOW[how] || how));
}

// What a decision delayed, and when that came.
function bears(run, seq) {
    const decision = run === BAD ? DATA.decisions[decisionAt(seq)] : null;
    return decision && decision.bears ? [decision.bears] : [];
}

function twinWords(run, seq, choose) {
    const other = otherOf(run), twin = twinOf(run, seq);
    if (!other)
        return null;
    const name = run === BAD ? 'Good run' : 'Bad run';
    if (!twin) {
        const ends = seq === VERDICT && run === BAD ? `${GOOD.verdict === 'pass' ? 'passes' : 'fails, too'}, at ${time(GOOD.end)}`
                                                    : 'it never comes to it';
        return [name, make('span', run === BAD ? 'good' : '', ends)];
    }
    const same = other.words(twin) === run.words(seq), at = other.time(twin), apart = at - run.time(seq);
    const when = apart === 0 ? 'at the same time' : `at ${time(at)}, ${time(Math.abs(apart))} ${apart < 0 ? 'earlier' : 'later'}`;
    return [name, link(`${when}${same ? '' : `: ${other.words(twin)}`}`, () => choose(other, twin, true), run === BAD ? 'good' : '')];
}

function source(run, seq) {
    const at = place(run.place(seq)), file = at && DATA.sources[at.file],
          near = file ? file.lines.filter(([line]) => Math.abs(line - at.line) <= 3) : [];
    if (!at)
        return [];
    const title = make('p', 'mono', at.text, at.name && ` ${at.name}`);
    if (!near.length)
        return [title];
    const least = Math.min(...near.map(([, text]) => text.trim() ? text.search(/\S/) : 99));
    const code = make('div', `source ${run === BAD && CHAIN.has(seq) ? 'hot' : ''}`, ...near.map(([line, text]) => {
        const code = make('span', '', text.trim()), row = make('div', line === at.line ? 'on' : '', make('i', '', String(line)), code);
        code.style.paddingLeft = `${Math.max(0, text.search(/\S/) - least) + 2}ch`; // what goes on below stands two further in
        if (line === at.line)
            row.setAttribute('aria-current', 'true');
        return row;
    }));
    code.tabIndex = 0;
    code.setAttribute('role', 'group');
    code.setAttribute('aria-label', `Source, ${at.text}`);
    return [title, code, file.changed && make('p', 'warn', 'This file was changed after the run was recorded: the lines may be others.')];
}

function answers(decision) {
    if (!decision || !decision.answers.length)
        return null;
    return make('p', 'sub', `One of ${decision.answers.length + 1} answers; see Decisions below.`);
}

export function showEvent(choose, act) {
    const { run, seq } = view, task = run.tasks[run.lane(seq)], host = run.hosts[run.host(seq)],
                     decision = run === BAD ? DATA.decisions[decisionAt(seq)] : null;
    const facts = make('dl', '');
    const fact = (name, ...values) => {
        const told = values.filter(Boolean);
        if (told.length)
            facts.append(make('dt', '', name), make('dd', '', ...told.map(value => make('div', '', value))));
    };
    fact('When', `${time(run.time(seq))}${run === GOOD ? ', in the good run' : ''}`);
    fact('Where', task ? task.name : host ? host.name : 'the world');
    const causes = because(run, seq, choose),
          effects = [...bears(run, seq), ...run.cameOfIt(seq)].filter((it, i, all) => all.indexOf(it) === i);
    fact('Because', ...causes.slice(0, 8), causes.length > 8 && `and ${causes.length - 8} more`);
    fact('Leads to', ...effects.slice(0, 6).map(effect => eventLink(run, effect, choose)),
        effects.length > 6 && `and ${effects.length - 6} more`);
    if (decision)
        fact(decision.sound ? 'Sound' : 'Relaxed', decision.because);
    const twin = twinWords(run, seq, choose);
    if (twin)
        fact(...twin);
    const button = (text, key) => {
        const it = make('button', '', `${text} `, make('kbd', '', key));
        it.type = 'button';
        it.onclick = () => act(key);
        return it;
    };
    byId('event').replaceChildren(make('h2', '', `Event #${seq}, ${run.kind(seq).replace('_', ' ')}`), make('p', 'big', run.words(seq)),
        facts, ...[answers(decision), ...source(run, seq)].filter(Boolean),
        make('div', 'acts', button('cause', 'c'), button('effect', 'e'), button('before, same task', '['), button('after', ']'),
            GOOD && button('twin', 't')));
}
