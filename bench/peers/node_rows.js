// Node's rows: setImmediate is what a call in the next iteration is, a promise what a future is. With the argument "micro" call_soon and chain
// are microtasks, which run before the loop goes on at all: no input is seen between them. What awaits a promise is always one.
'use strict';
const fs = require('fs');

const BATCH = 1000;
const micro = process.argv[2] === 'micro';
const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
};
const row = (name, began, count) => console.log(`${name} ${((cpu() - began) / count).toFixed(2)}`);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const resident = () => Number(fs.readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096;
const nothing = () => {};
const later = micro ? queueMicrotask : setImmediate;

async function soonBatch(n) {
    const began = cpu();
    for (let round = 0; round < n / BATCH; round++) {
        for (let i = 0; i < BATCH; i++) later(nothing);
        await (micro ? null : turn());
    }
    row('call_soon', began, n);
}

async function soonChain(n) {
    let left = n;
    const began = cpu();
    await new Promise((resolve) => {
        const link = () => (--left > 0 ? later(link) : resolve());
        later(link);
    });
    row('chain', began, n);
}

async function yields(n) {
    for (let i = 0; i < n; i++) await null;
}

async function thousandYield(n) {
    const began = cpu();
    const all = [];
    for (let i = 0; i < BATCH; i++) all.push(yields(n / BATCH));
    await Promise.all(all);
    row('yield', began, n);
}

function future() {
    let set;
    const promise = new Promise((resolve) => (set = resolve));
    return { promise, set };
}

async function futureWake(n) {
    let ping = future(), pong = future();
    const ponger = (async () => {
        for (let i = 0; i < n / 2; i++) {
            await ping.promise;
            ping = future();
            pong.set();
        }
    })();
    const began = cpu();
    for (let i = 0; i < n / 2; i++) {
        ping.set();
        await pong.promise;
        pong = future();
    }
    row('future', began, n);
    await ponger;
}

const returns = async () => 1;
async function spawn(n) {
    const began = cpu();
    for (let i = 0; i < n; i++) await returns();
    row('spawn', began, n);
}

// Deadlines are whole milliseconds.
async function timers(n, say) {
    let state = 88172645463325252n & 0xffffffffn;
    const draw = () => {
        state = (state * 1664525n + 1013904223n) & 0xffffffffn;
        return Number(state);
    };
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    const delay = Uint32Array.from({ length: n }, () => 1 + (draw() % 999));
    for (let i = n - 1; i > 0; i--) {
        const j = draw() % (i + 1);
        [order[i], order[j]] = [order[j], order[i]];
    }
    const all = new Array(n);
    let began = cpu();
    for (let i = 0; i < n; i++) all[i] = setTimeout(nothing, 10000 + delay[i]);
    say('timer_arm', began, n);
    began = cpu();
    for (let i = 0; i < n; i++) clearTimeout(all[order[i]]);
    say('timer_cancel', began, n);
    for (let i = 0; i < n; i++) all[i] = setTimeout(nothing, 10000 + delay[i]);
    began = cpu();
    for (let round = 0; round < 3; round++) for (let i = 0; i < n; i++) all[order[i]].refresh();
    say('timer_rearm', began, 3 * n);
    for (let i = 0; i < n; i++) clearTimeout(all[i]);
    await turn();
    await new Promise((resolve) => {
        let fired = 0;
        const fires = () => {
            if (++fired === n) resolve();
        };
        for (let i = 0; i < n; i++) setTimeout(fires, delay[i] + 1000);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100);
        began = cpu();
    });
    say('timer_fire', began, n);
}

async function idleTask(n) {
    const never = future();
    const idles = async () => await never.promise;
    const before = resident();
    for (let i = 0; i < n; i++) idles();
    await turn();
    console.log(`idle_task ${Math.round((resident() - before) / n)}`);
}

(async () => {
    if (micro) {
        await soonBatch(5000000);
        await soonChain(5000000);
        return;
    }
    await idleTask(100000); // first, while no memory that was freed stands about
    await soonBatch(3000000);
    await soonChain(1000000);
    await thousandYield(5000000);
    await futureWake(2000000);
    await spawn(2000000);
    await timers(1000000, () => {});
    await timers(1000000, row);
})();
