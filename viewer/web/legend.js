// What the picture's strokes mean: those that are in it.
import { DATA } from './data.js';
import { byId, make } from './text.js';
import { BAD, GOOD, PASSED } from './run.js';
import { view } from './pick.js';
import { axis } from './axis.js';
import { arrow, box, cross, flag, hatch, line, paint, ring } from './paint.js';

const isSeen = message => BAD.time(message.send) >= axis.cut;

function strokes() {
    const { colours } = paint;
    return [
        [true, 'runs', () => box(8, 1, 8, 10, colours.step)],
        [true, 'waits, for what', () => box(0, 1, 26, 10, hatch(colours.hatch))],
        [true, 'could run', () => box(3, 5, 20, 1.5, colours.step)],
        [BAD.messages.length, 'message', () => arrow(1, 11, 25, 2, colours.soft, 1, 6)],
        [BAD.messages.some(it => !it.recv && !it.drop && isSeen(it)), 'unread at the end', () => {
            line([[2, 10], [18, 3]], colours.soft, 1, [3, 3]);
            ring(21, 3, 2, colours.soft, 1.2);
        }],
        [BAD.messages.some(it => it.drop && !it.recv && isSeen(it)), 'lost', () => {
            line([[3, 10], [16, 5]], colours.accent, 1.5);
            cross(18, 5, 3, colours.accent, 1.5);
        }],
        [DATA.decisions.length, 'decided outside', () => flag(8, 8, colours.accent)],
        [!PASSED, 'led to the failure', () => line([[1, 6], [25, 6]], colours.accent, 2.4)],
        [GOOD && view.good, 'good run, beneath', () => {
            box(0, 5.5, 26, 1, colours['good-soft']);
            box(5, 3.5, 3, 5, colours.good);
            box(16, 3.5, 3, 5, colours.good);
        }],
    ];
}

export function drawLegend() {
    const picture = paint.g;
    byId('legend').replaceChildren(...strokes().filter(([there]) => there).map(([, text, draw]) => {
        const canvas = make('canvas', '');
        canvas.width = 52;
        canvas.height = 24;
        paint.g = canvas.getContext('2d');
        paint.g.scale(2, 2);
        draw();
        return make('span', '', canvas, text);
    }));
    paint.g = picture;
}
