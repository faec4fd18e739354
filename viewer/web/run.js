// A run in memory: its events by number, what came of each, tasks with their steps, messages.
import { DATA, word } from './data.js';

class Run {
    constructor(data, id) {
        Object.assign(this, { id, name: data.name, verdict: data.verdict, first: data.first, last: data.last, end: data.end });
        Object.assign(this, { hosts: data.hosts, rows: data.rows, faults: data.faults, held: data.holds });
        this.count = Math.max(0, data.last - data.first + 1);
        this.times = new Float64Array(this.count);
        for (let i = 0, now = 0; i < this.count; i++)
            this.times[i] = now += data.rows.ts[i];
        this.readTasks(data);
        this.readMessages(data.messages);
        this.readCauses(data.also);
    }

    readTasks(data) {
        this.tasks = data.tasks.map((task, number) => ({ ...task, number, steps: [], label: this.labelOf(task) }));
        for (let i = 0; i < data.steps.length; i += 10) {
            const [task, ready, begin, end, outcome, wait, say, place, on, thing] = data.steps.slice(i, i + 10);
            if (this.tasks[task])
                this.tasks[task].steps.push({ task: this.tasks[task], ready, begin, end, outcome, wait, say: word(say), place, on,
                    thing: thing < 0 ? '' : word(thing), next: null });
        }
        for (const task of this.tasks) {
            task.steps.sort((a, b) => a.begin - b.begin);
            task.steps.forEach((step, i) => step.next = task.steps[i + 1] || null);
        }
    }

    // A task's name on its host.
    labelOf(task) {
        const host = this.hosts[task.host], path = host ? host.path : '';
        return task.main ? 'main' : task.name.startsWith(`${path}/`) ? task.name.slice(path.length + 1) : task.name;
    }

    readMessages(messages) {
        this.messages = messages.map(([src, dst, send, recv, drop, bytes, say], number) =>
            ({ number, src, dst, send, recv, drop, bytes, say: word(say) }));
        this.messageAt = new Map();
        for (const message of this.messages)
            for (const seq of [message.send, message.recv, message.drop])
                if (seq)
                    this.messageAt.set(seq, message);
    }

    readCauses(also) {
        this.further = new Map();
        this.effects = new Map();
        const lead = (cause, seq) => this.effects.has(cause) ? this.effects.get(cause).push(seq) : this.effects.set(cause, [seq]);
        for (let i = 0; i < also.length; i += 3) {
            const [seq, cause, how] = [also[i], also[i + 1], word(also[i + 2])];
            this.further.has(seq) ? this.further.get(seq).push({ cause, how }) : this.further.set(seq, [{ cause, how }]);
            lead(cause, seq);
        }
        for (let seq = this.first; seq <= this.last; seq++)
            if (this.cause(seq))
                lead(this.cause(seq), seq);
        for (const seqs of this.effects.values())
            seqs.sort((a, b) => a - b);
    }

    has(seq) { return seq >= this.first && seq <= this.last; }
    time(seq) { return this.count ? this.times[Math.max(0, Math.min(this.count - 1, seq - this.first))] : 0; }
    kind(seq) { return DATA.kinds[this.rows.kind[seq - this.first]] || ''; }
    who(seq) { return word(this.rows.who[seq - this.first]); }
    say(seq) { return word(this.rows.say[seq - this.first]); }
    words(seq) { return [this.who(seq), this.say(seq)].filter(Boolean).join(' '); }
    host(seq) { const host = this.rows.host[seq - this.first]; return host === undefined ? -1 : host; }
    lane(seq) { const lane = this.rows.lane[seq - this.first]; return lane === undefined ? -1 : lane; }
    cause(seq) { return this.rows.cause[seq - this.first] || 0; }
    place(seq) { return this.rows.place[seq - this.first]; }

    // All that an event came of: [{cause, how}], how '' for its own cause.
    causes(seq) {
        const own = this.cause(seq);
        return [...(own ? [{ cause: own, how: '' }] : []), ...(this.further.get(seq) || [])];
    }
    cameOfIt(seq) { return this.effects.get(seq) || []; }

    // The events that one came of, or those that came of it, it included.
    spread(from, next, most = Infinity) {
        const seen = new Set(), todo = [from];
        while (todo.length && seen.size < most) {
            const seq = todo.pop();
            if (!this.has(seq) || seen.has(seq))
                continue;
            seen.add(seq);
            todo.push(...next(seq));
        }
        return seen;
    }
    past(seq) { return this.spread(seq, at => this.causes(at).map(it => it.cause)); }
    future(seq) { return this.spread(seq, at => this.cameOfIt(at), 5000); }

    // The step that a task was in, or behind, at an event.
    stepAt(task, seq) {
        const steps = task.steps;
        let low = 0, high = steps.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            steps[middle].begin <= seq ? low = middle + 1 : high = middle;
        }
        return steps[low - 1] || null;
    }
    waitsAt(step, seq) { return step && step.end && step.end <= seq && step.outcome === 0 && !(step.next && step.next.ready <= seq); }
}

export const BAD = new Run(DATA.runs[0], 'b');
export const GOOD = DATA.runs[1] ? new Run(DATA.runs[1], 'g') : null;
export const VERDICT = DATA.verdict.seq;
export const PASSED = DATA.verdict.passed;
// The first events that differ; behind the end where nothing does.
export const PART = DATA.parting ? DATA.parting[0] : BAD.last + 1;
export const PART_GOOD = DATA.parting && GOOD ? DATA.parting[1] : Infinity;

const twins = new Map(), back = new Map();
DATA.twins.forEach((twin, i) => {
    if (twin) {
        twins.set(BAD.first + i, twin);
        back.set(twin, BAD.first + i);
    }
});
// The same event in the other run, 0: there is none.
export const twinOf = (run, seq) => (run === BAD ? twins : back).get(seq) || 0;
export const otherOf = run => run === BAD ? GOOD : BAD;

// What the failure came of; and of that what is of this failure alone: what is behind the parting, or reaches over it.
export const CHAIN = new Set(DATA.chain);
export const HOT = new Set();
for (const seq of CHAIN) {
    if (seq < PART && DATA.parting)
        continue;
    HOT.add(seq);
    for (const { cause } of BAD.causes(seq)) {
        HOT.add(cause);
        const message = BAD.messageAt.get(cause);
        if (message && message.recv === cause)
            HOT.add(message.send);
    }
}
// Waits that keep the run from ending, where it failed of that: [{task, seq, ...}].
export const STUCK =
    ['deadlock', 'limit', 'hang', 'progress', 'starved'].includes(DATA.verdict.word) ? DATA.waits.filter(it => it.matters) : [];
const stuckTasks = new Set(STUCK.map(it => it.task));
export const isStuck = (run, step) => run === BAD && !step.next && stuckTasks.has(step.task.number);
