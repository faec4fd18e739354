// Strokes of the picture: colours from the style sheet, hatching, arrows, flags, and words that give way to each other.
export const paint = { g: null, colours: {}, hatches: {}, taken: [] };

const NAMES = [
    'paper', 'panel', 'ink', 'mid', 'soft', 'line', 'faint', 'accent', 'accent-ink', 'tint', 'good', 'good-soft', 'step', 'hatch', 'pick',
    'on-accent'
];
const FONT = '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif';

export function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of NAMES)
        paint.colours[name] = style.getPropertyValue(`--${name}`).trim();
    paint.hatches = {};
}

export function font(size, weight = '') {
    paint.g.font = `${weight} ${size}px ${FONT}`;
}

export function hatch(colour) {
    if (!paint.hatches[colour]) {
        const tile = document.createElement('canvas'), g = tile.getContext('2d');
        tile.width = tile.height = 12;
        g.strokeStyle = colour;
        g.lineWidth = 1.5;
        g.beginPath();
        for (const x of [-12, -6, 0, 6, 12]) {
            g.moveTo(x - 1, 13);
            g.lineTo(x + 13, -1);
        }
        g.stroke();
        paint.hatches[colour] = paint.g.createPattern(tile, 'repeat');
        paint.hatches[colour].setTransform(new DOMMatrix().scale(.5));
    }
    return paint.hatches[colour];
}

export function box(x, y, width, height, colour) {
    paint.g.fillStyle = colour;
    paint.g.fillRect(x, y, width, height);
}

export function line(points, colour, width, dash = []) {
    const g = paint.g;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.setLineDash(dash);
    g.beginPath();
    points.forEach(([x, y], i) => i ? g.lineTo(x, y) : g.moveTo(x, y));
    g.stroke();
    g.setLineDash([]);
}

export function dot(x, y, radius, colour) {
    const g = paint.g;
    g.fillStyle = colour;
    g.beginPath();
    g.arc(x, y, radius, 0, 7);
    g.fill();
}

export function ring(x, y, radius, colour, width) {
    const g = paint.g;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.beginPath();
    g.arc(x, y, radius, 0, 7);
    g.stroke();
}

// bow: how far its middle is above the straight way.
export function arrow(x0, y0, x1, y1, colour, width, head, dash = [], bow = 0) {
    const g = paint.g, angle = Math.atan2(y1 - y0 + bow * 4, x1 - x0),
          end = [x1 - head * .6 * Math.cos(angle), y1 - head * .6 * Math.sin(angle)];
    if (bow) {
        g.strokeStyle = colour;
        g.lineWidth = width;
        g.setLineDash(dash);
        g.beginPath();
        g.moveTo(x0, y0);
        g.quadraticCurveTo((x0 + x1) / 2, (y0 + y1) / 2 - bow * 2, ...end);
        g.stroke();
        g.setLineDash([]);
    } else {
        line([[x0, y0], end], colour, width, dash);
    }
    g.fillStyle = colour;
    g.beginPath();
    g.moveTo(x1, y1);
    g.lineTo(x1 - head * Math.cos(angle - .36), y1 - head * Math.sin(angle - .36));
    g.lineTo(x1 - head * Math.cos(angle + .36), y1 - head * Math.sin(angle + .36));
    g.fill();
}

export function cross(x, y, size, colour, width) {
    line([[x - size, y - size], [x + size, y + size]], colour, width);
    line([[x + size, y - size], [x - size, y + size]], colour, width);
}

export function flag(x, y, colour) {
    const g = paint.g;
    line([[x, y + 8], [x, y - 9]], colour, 1.6);
    g.fillStyle = colour;
    g.beginPath();
    g.moveTo(x, y - 9);
    g.lineTo(x + 11, y - 5);
    g.lineTo(x, y - 1);
    g.fill();
}

// As much of a text as there is room for.
export function fitted(text, room) {
    const g = paint.g;
    if (g.measureText(text).width <= room)
        return text;
    let low = 0, high = text.length;
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        g.measureText(`${text.slice(0, middle)}…`).width <= room ? low = middle : high = middle - 1;
    }
    return low > 1 ? `${text.slice(0, low).trimEnd()}…` : '';
}

export function take(x, y, width, height) {
    paint.taken.push([x, y, x + width, y + height]);
}

export function isFree(x, y, width, height) {
    return !paint.taken.some(([x0, y0, x1, y1]) => x < x1 && x0 < x + width && y < y1 && y0 < y + height);
}

// A text at a point where it is free, on paper; whether it was.
export function put(text, x, y, colour, plate = true) {
    const width = paint.g.measureText(text).width;
    if (!text || !isFree(x - 2, y - 7, width + 4, 14))
        return false;
    take(x - 2, y - 7, width + 4, 14);
    if (plate) {
        paint.g.globalAlpha = .86;
        box(x - 2, y - 7, width + 4, 14, paint.colours.paper);
        paint.g.globalAlpha = 1;
    }
    paint.g.fillStyle = colour;
    paint.g.fillText(text, x, y + .5);
    return true;
}
