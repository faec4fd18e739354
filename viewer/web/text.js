// Times and numbers in words, and how elements are made: text is only ever text.

// As the command line has it: "3.25 ms".
export function time(ns) {
    const unit = ns >= 1e9 ? [1e9, 's', 9] : ns >= 1e6 || ns === 0 ? [1e6, 'ms', 6] : [1e3, 'us', 3];
    const rest = Math.abs(ns % unit[0]), whole = Math.trunc(ns / unit[0]);
    const digits = rest ? '.' + String(rest).padStart(unit[2], '0').replace(/0+$/, '') : '';
    return `${whole}${digits} ${unit[1]}`;
}

export const count = number => String(number).replace(/\B(?=(\d{3})+$)/g, ',');
export const several = (number, what) => `${count(number)} ${what}${number === 1 ? '' : 's'}`;
export const list = items => items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
export const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

export function byId(id) {
    return document.getElementById(id);
}

// An element with a class, and in it texts and other elements.
export function make(tag, name, ...inside) {
    const element = document.createElement(tag);
    if (name)
        element.className = name;
    element.append(...inside.filter(piece => piece !== null && piece !== undefined && piece !== ''));
    return element;
}

// A button that reads like a link.
export function link(text, act, name = '') {
    const button = make('button', `link ${name}`, text);
    button.type = 'button';
    button.onclick = act;
    return button;
}

// Whatever is clicked can be reached and pressed with keys, too.
export function pressable(element, act) {
    element.tabIndex = 0;
    element.onclick = act;
    element.onkeydown = event => {
        if (event.target === element && (event.key === 'Enter' || event.key === ' ')) {
            act();
            event.preventDefault();
            event.stopPropagation();
        }
    };
    return element;
}
