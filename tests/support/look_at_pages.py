#!/usr/bin/env python3
"""Opens pages of retick view in a browser, presses all keys, opens all lists, follows all addresses: nothing may be reported, and what is
shown has to be what was asked for."""

import json
import sys

import browser

failures = []


def check(page, good, what):
    if not good:
        failures.append(f"{page}: {what}")
        print(f"FAILED: {page}: {what}", file=sys.stderr)


def text(look, selector):
    return look.run(f"(document.querySelector({json.dumps(selector)}) || {{}}).textContent")


def address(look):
    return look.run("location.hash")


def keys(look, page):
    """Each key leaves a page that works; those that go to an event change the address, and Escape goes back."""
    first = text(look, "#event h2")
    for key in "c ArrowUp [ ] t e n p j k D 1 w d a s 0 x x x g g f f l l 9".split():
        look.key(key)
    look.key("Escape")
    check(page, text(look, "#event h2") == first, f"Escape leads to {text(look, '#event h2')}, not to {first}")
    look.key("k")
    told = look.run("document.querySelectorAll('#story [aria-current]').length")
    check(page, not told or text(look, "#event h2") != first, "k does not go to a sentence")
    look.key("?")
    check(page, look.run("document.getElementById('help').open"), "? does not show the keys")
    look.run("document.getElementById('help').close()")


def lists(look, page):
    for tab in ("events", "decisions", "tasks", "waiting", "beside"):
        look.run(f"document.getElementById('tab-{tab}').click()")
        check(page, look.run("document.getElementById('pane').textContent.length") > 10, f"the list {tab} is empty")
        check(page, look.run(f"document.getElementById('tab-{tab}').getAttribute('aria-selected')") == "true", f"{tab} is not chosen")
    look.run("document.getElementById('tab-events').click()")
    look.run("(rows => rows[rows.length - 1].click())(document.querySelectorAll('#pane tbody tr'))")
    check(page, look.run("document.querySelectorAll('#pane tr.picked').length") == 1, "a row that is clicked is not looked at")


def search(look, page):
    look.run("const find = document.getElementById('find'); find.value = 'GOES ON'; find.oninput()")
    check(page, int(text(look, "#found") or 0) > 0, "the search finds nothing")
    look.run("find.value = 'nothing is called so'; find.oninput()")
    check(page, text(look, "#found") == "none", "the search finds what is not there")
    look.run("find.value = ''; find.oninput()")


def addresses(look, page):
    """What the address says is shown, what it says wrongly is not believed, and the page says the same again."""
    look.open(page, "#e=7&x=time&t=tasks&th=dark&l=1&v0=10.0&v1=400.0")
    check(page, text(look, "#event h2").startswith("Event #7,"), "the address's event is not looked at")
    check(page, look.run("document.documentElement.dataset.theme") == "dark", "the address's theme is not shown")
    check(page, look.run("document.querySelector('#axis [aria-checked=true]').dataset.key") == "time", "the address's axis is not shown")
    look.key("n")
    check(page, all(part in address(look) for part in ("e=8", "x=time", "t=tasks", "th=dark", "l=1")), f"the address is {address(look)}")
    look.open(page, "#e=999999999&x=sideways&t=nothing&v0=x&v1=-3&f=9&q=%3Cscript%3E")
    check(page, text(look, "#event h2").startswith("Event #"), "a wrong address breaks the page")


def painted(look):
    """How many pixels of the picture are not empty."""
    return look.run("""(() => {
        const c = document.getElementById('picture'), p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < p.length; i += 4) n += p[i] > 0; return n / (p.length / 4); })()""")


def look_at(look, page):
    for width, dark in ((1280, True), (700, False)):
        look.size(width, 800)
        look.dark(dark)
        look.open(page)
        check(page, painted(look) > .03, f"nothing is painted, {width} wide")
        check(page, look.run("document.documentElement.scrollWidth") <= width, f"it is wider than {width}")
        check(page, not look.troubles(), f"{width} wide: {look.troubles()}")
    look.size(1280, 800)
    look.open(page)
    check(page, text(look, "#headline"), "it has no headline")
    check(page, text(look, "#story"), "it tells no story")
    keys(look, page)
    lists(look, page)
    search(look, page)
    look.run("dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint'))")
    check(page, not look.troubles(), f"reported: {look.troubles()}")
    if page == sys.argv[1]:
        addresses(look, page)
        check(page, not look.troubles(), f"reported: {look.troubles()}")
    check(page, look.run("document.querySelectorAll('script, style').length") == 3, "there are scripts that are not the page's own")
    check(page, look.run("document.querySelectorAll('img, iframe, object, [onclick], [onload]').length") == 0, "there are elements that it never makes")


def main():
    look = browser.Browser()
    try:
        for page in sys.argv[1:]:
            look_at(look, page)
    finally:
        look.close()
    if not failures:
        print(f"looked at {len(sys.argv) - 1} pages")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
