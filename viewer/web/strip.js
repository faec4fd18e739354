// The strip above the picture: both runs whole, to scale, so that the squeezed axis below cannot mislead; and which part of them is in
// sight.
import { DATA } from './data.js';
import { BAD, CHAIN, GOOD, PASSED, VERDICT } from './run.js';
import { view } from './pick.js';
import { axis, xOfTime } from './axis.js';
import { WINDOWS } from './marks.js';
import { shown } from './draw.js';
import { box, dot, flag, font, paint } from './paint.js';

const strip = document.getElementById('strip');
const end = () => Math.max(BAD.end, GOOD && view.good ? GOOD.end : 0) || 1;
const across = () => strip.clientWidth - shown.left - 18;
const stripX = ns => shown.left + 4 + ns / end() * across();

// The moment that a point of the axis stands for, roughly.
function momentOf(x) {
    let low = 0, high = end();
    for (let i = 0; i < 40; i++) {
        const middle = (low + high) / 2;
        xOfTime(middle) < x ? low = middle : high = middle;
    }
    return low;
}

// A column for each pixel in which something is done, higher where more is.
function drawActivity(run, y, colours) {
    const columns = new Map();
    for (let seq = run.first; seq <= run.last; seq++)
        if (run.kind(seq) === 'step_begin') {
            const x = Math.round(stripX(run.time(seq))), known = columns.get(x) || { steps: 0, hot: false };
            columns.set(x, { steps: known.steps + 1, hot: known.hot || (run === BAD && CHAIN.has(seq)) });
        }
    for (const [x, { steps, hot }] of columns) {
        const height = Math.min(9, 3 + Math.log2(steps) * 1.6);
        box(x, y - height / 2, 1.2, height, run === GOOD ? colours.good : hot ? colours.ink : colours.soft);
    }
}

export function drawStrip() {
    const scale = shown.sharp || window.devicePixelRatio || 1, width = strip.clientWidth, picture = paint.g, { colours } = paint;
    strip.width = Math.round(width * scale);
    strip.height = Math.round(38 * scale);
    const g = paint.g = strip.getContext('2d');
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.textBaseline = 'middle';
    const from = stripX(axis.cut && view.from <= axis.band ? axis.cut : momentOf(view.from)),
          to = stripX(view.to >= 1000 ? BAD.end : momentOf(view.to));
    box(from - 3, 1.5, to - from + 6, 34, colours.faint);
    g.strokeStyle = colours.soft;
    g.lineWidth = 1;
    g.strokeRect(from - 3, 1.5, to - from + 6, 34);
    for (const span of WINDOWS) {
        g.globalAlpha = .35;
        box(stripX(span.from), 7, stripX(span.to) - stripX(span.from), 9, colours.accent);
        g.globalAlpha = 1;
    }
    font(11);
    g.fillStyle = colours.mid;
    g.fillText(GOOD ? PASSED ? 'this run' : 'bad run' : 'this run', 12, 12);
    drawActivity(BAD, 12, colours);
    if (GOOD && view.good) {
        g.fillStyle = colours.good;
        g.fillText('good run', 12, 26);
        drawActivity(GOOD, 26, colours);
    }
    for (const decision of DATA.decisions)
        flag(stripX(BAD.time(decision.seq)), 11, colours.accent);
    if (!PASSED)
        dot(stripX(BAD.time(VERDICT)), 12, 4, colours.accent);
    paint.g = picture;
}

// Where the strip was clicked, on the axis.
export const stripAt = pixel => Math.max(axis.cut ? axis.band : 0, xOfTime((pixel - shown.left - 4) / across() * end()));
