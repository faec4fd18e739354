// What stands out on the picture: where the decisions of the outside bear, faults that last, and the sentences' numbers.
import { DATA, word } from './data.js';
import { BAD } from './run.js';

// Hosts that a fault's words name, where nothing else tells: "partition {a} | {b, c} for 300 ms".
const named = text => BAD.hosts.map(host => host.name).filter(name => text.split(/[^\w.#-]+/).includes(name));

// {from, to, host: its name or '', seq, decision: its number or -1}
export const WINDOWS = [];
for (const [number, decision] of DATA.decisions.entries()) {
    const host = BAD.hosts[decision.host];
    if (host && decision.message < 0 && decision.to !== decision.from)
        WINDOWS.push(
            { from: decision.from, to: decision.to < 0 ? BAD.end : decision.to, host: host.name, seq: decision.seq, decision: number });
}
for (const [seq, from, to, say] of BAD.faults) {
    const causes = BAD.causes(seq).map(it => it.cause), decided = DATA.decisions.some(decision => causes.includes(decision.seq));
    for (const host of decided ? [] : named(word(say)))
        WINDOWS.push({ from, to: to < 0 ? BAD.end : to, host, seq, decision: -1 });
}

// The message that a decision is about, and those that are late or lost: {message number: decision number}.
export const LATE = new Map();
for (const [number, decision] of DATA.decisions.entries())
    if (decision.message >= 0)
        LATE.set(decision.message, number);

// The event at which a decision is flagged: where its message is sent, else the decision itself.
export const flaggedAt = decision => decision.message >= 0 && BAD.messages[decision.message].send || decision.seq;

export const sentenceAt = seq => DATA.story.findIndex(sentence => sentence.seq === seq);
export const decisionAt = seq => DATA.decisions.findIndex(decision => decision.seq === seq);
