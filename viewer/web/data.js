// What the page was made with (docs/VIEW.md): the run, the one beside it, and what is told of them, all texts fit to be shown.
export const DATA = JSON.parse(document.getElementById('data').textContent);
export const word = number => DATA.strings[number] || '';

// A place in a source: {text, file, line, name}, or null. file: its number among DATA.sources, -1: it is not at hand.
export function place(number) {
    const it = DATA.places[number];
    return it ? { text: it[0], file: it[1], line: it[2], name: it[3] } : null;
}
