// The head of the page: the verdict, the decisions of the outside, and how it came to it, sentence by sentence.
import { DATA } from './data.js';
import { byId, capital, count, make, pressable, several, time } from './text.js';
import { BAD, GOOD, HOT, PASSED } from './run.js';
import { view } from './pick.js';

const VERDICTS = {
    check: 'A check failed',
    invariant: 'An invariant is broken',
    deadlock: 'Deadlock',
    hang: 'It hangs',
    crash: 'It crashed',
    failed: 'It failed',
    leak: 'Something leaks',
    limit: 'A limit is passed',
    livelock: 'It is kept busy',
    exit: 'It exited',
    pass: 'It passed'
};

export function flagMark() {
    const namespace = 'http://www.w3.org/2000/svg', svg = document.createElementNS(namespace, 'svg');
    const path = document.createElementNS(namespace, 'path');
    svg.setAttribute('viewBox', '0 0 12 15');
    svg.setAttribute('class', 'flag');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', 'M0 0H1.8V15H0zM1 0L11.5 3.6L1 7.4z');
    svg.append(path);
    return svg;
}

function whereWords(verdict) {
    const host = verdict.host && `on host ${verdict.host}`,
          task = verdict.task && verdict.task !== verdict.host && `in task ${verdict.task}`;
    const where = [host, task].filter(Boolean).join(', ');
    return `${VERDICTS[verdict.word] || capital(verdict.word)} at ${time(verdict.ns)}${where && ` ${where}`}${
        verdict.place && `, ${verdict.place}`}`;
}

function decisionItem(decision, choose) {
    const item = make('li', '', flagMark(), make('div', '', make('div', 'say', decision.words),
        make('div', 'sub', `${decision.sound ? 'Sound' : 'Relaxed'}: ${decision.because}. `, make('code', '', decision.line))));
    return pressable(item, () => choose(BAD, decision.seq, true));
}

function showDecisions(choose) {
    const { decisions } = DATA, number = decisions.length;
    byId('decisions-title').textContent = number === 0 ? 'The outside was calm throughout'
        : number === 1 ? `One decision of the outside world ${PASSED ? 'was not as on a calm day' : 'is enough'}`
        : `${count(number)} decisions of the outside world ${PASSED ? 'were not as on a calm day' : 'made it so'}`;
    byId('decisions').className = number > 3 ? 'many' : '';
    byId('decisions').replaceChildren(...decisions.slice(0, 8).map(it => decisionItem(it, choose)));
    if (number > 8)
        byId('decisions').append(make('li', 'sub', `and ${several(number - 8, 'more')}, in the list of decisions`));
}

export function showHead(choose) {
    const { verdict } = DATA, seed = ` seed ${verdict.seed}`, name = verdict.scenario || BAD.name;
    document.title = `${PASSED ? 'passed' : verdict.text || verdict.word} – ${name} – retick`;
    byId('kicker').textContent = `${name},${seed} ${PASSED ? 'passes' : 'fails'}${GOOD ? `, beside ${GOOD.name}, which ${
        GOOD.verdict === 'pass' ? 'passes' : 'fails, too'}` : ''}${verdict.note ? `. ${capital(verdict.note)}` : ''}`;
    const kind = ['deadlock', 'hang', 'limit', 'livelock', 'leak', 'crash'].includes(verdict.word) && verdict.text
        ? `${VERDICTS[verdict.word]}: `
        : '';
    const text = PASSED ? 'The run passes' : kind + (verdict.text || VERDICTS[verdict.word] || verdict.word);
    byId('headline').textContent = text;
    byId('headline').classList.toggle('long', text.length > 90);
    byId('where').textContent = whereWords(verdict);
    showDecisions(choose);
}

function sentenceItem(sentence, number, choose) {
    const hot = ['chain', 'wait', 'decision', 'end'].includes(sentence.class) || HOT.has(sentence.seq);
    const span = sentence.until ? `${time(sentence.ns)} – ${time(sentence.until)}` : time(sentence.ns);
    const item = make('li', `${sentence.class} ${hot ? 'hot' : ''}`, make('span', 'n', String(number)),
        make('div', '', make('div', 't', span, sentence.place && ` · ${sentence.place}`),
            make('div', 's', sentence.who && make('b', '', sentence.who), sentence.who && ' ', sentence.say),
            sentence.more && make('div', 'm', sentence.more), sentence.beside && make('div', 'g', sentence.beside)));
    item.setAttribute('aria-current', String(view.run === BAD && view.seq === sentence.seq));
    return pressable(item, () => choose(BAD, sentence.seq, true));
}

export function showStory(choose) {
    const list = byId('story'), focused = [...list.children].indexOf(document.activeElement);
    list.replaceChildren(...DATA.story.map((sentence, i) => sentenceItem(sentence, i + 1, choose)));
    byId('details').textContent = DATA.details.join('\n');
    byId('details').hidden = !DATA.details.length;
    if (!DATA.story.length)
        list.append(make('li', 'empty',
            PASSED ? 'Nothing went wrong in it. Beside a run that fails (retick view --against) one sees the difference.'
                   : 'No story is told of this run.'));
    if (focused >= 0 && list.children[focused])
        list.children[focused].focus();
}
