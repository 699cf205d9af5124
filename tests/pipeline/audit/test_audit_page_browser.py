"""The page's charts as readers meet them: in light, dark and print, small, by keyboard, unseen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit.page import render_page
from schemas.report import Report
from tests.pipeline.audit.browser import Page, chromium
from tests.pipeline.audit.full_report import bare, full, measured
from tests.pipeline.audit.hostile_texts import HOSTILE

CHARTS = 26
CONTRAST = """
(() => {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const over = (top, below, alpha) => top.map((value, i) => alpha * value + (1 - alpha) * below[i]);
  const light = (rgb) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const paper = parse(getComputedStyle(document.body).backgroundColor).rgb;
  const found = [];
  for (const text of document.querySelectorAll("svg.drawing text")) {
    const ink = parse(getComputedStyle(text).fill).rgb;
    let ground = paper;
    const box = text.getBoundingClientRect();
    for (const cell of text.ownerSVGElement.querySelectorAll("[fill-opacity]")) {
      const area = cell.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (x > area.left && x < area.right && y > area.top && y < area.bottom) {
        const fill = parse(getComputedStyle(cell).fill).rgb;
        ground = over(fill, paper, Number(cell.getAttribute("fill-opacity")));
      }
    }
    found.push([contrast(ink, ground), text.textContent]);
  }
  for (const part of document.querySelectorAll("p, td, th, dt, dd, li, nav a, h1, h2, h3, h4")) {
    if (!part.textContent.trim() || !part.checkVisibility()) continue;
    found.push([contrast(parse(getComputedStyle(part).color).rgb, paper), part.textContent]);
  }
  return found;
})()
"""
"""The contrast of each text with what lies behind it (WCAG 2.2, success criterion 1.4.3)."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(full(), tmp_path_factory.mktemp("full"))


def written(report: Report, folder: Path) -> Path:
    file = folder / "index.html"
    file.write_text(render_page(report), encoding="utf-8")
    return file


def show(page: Page, file: Path, width: int = 1280, scheme: str = "light", media: str = "") -> None:
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=False,
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", media=media, features=features)
    page.problems.clear()
    page.requests.clear()
    page.open(file)


def press(page: Page, key: str) -> None:
    for kind in ("rawKeyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)


def told(page: Page) -> str | None:
    """What stands at the mark that a reader is at."""
    text: str | None = page.js(
        "(() => { const tip = document.getElementById('tip'); return tip.textContent || null; })()"
    )
    return text


def complaints(page: Page) -> list[str]:
    """What the console says, but for the gallery's data, which are not written here."""
    return [each for each in page.problems if "ERR_FILE_NOT_FOUND" not in each]


def test_all_charts_are_drawn_without_complaint(page: Page, file: Path) -> None:
    show(page, file)
    sizes = page.js(
        "[...document.querySelectorAll('svg.drawing')].map(svg => [svg.getBoundingClientRect(),"
        " svg.querySelectorAll('[aria-label]').length]).map(([b, n]) => [b.width, b.height, n])"
    )

    assert len(sizes) == CHARTS
    assert all(width > 250 and height > 25 and marks for width, height, marks in sizes)
    assert complaints(page) == []


def test_only_the_folder_is_asked(page: Page, file: Path) -> None:
    show(page, file)

    assert [url for url in page.requests if not url.startswith(file.parent.as_uri())] == []


@pytest.mark.parametrize(("scheme", "media"), [("light", ""), ("dark", ""), ("dark", "print")])
def test_texts_have_enough_contrast(page: Page, file: Path, scheme: str, media: str) -> None:
    show(page, file, scheme=scheme, media=media)
    found = page.js(CONTRAST)

    assert len(found) > 500
    assert [each for each in found if each[0] < 4.5] == []


def test_charts_take_their_colours_from_the_scheme(page: Page, file: Path) -> None:
    colours = []
    for scheme, media in (("light", ""), ("dark", ""), ("dark", "print")):
        show(page, file, scheme=scheme, media=media)
        colours.append(
            page.js("getComputedStyle(document.querySelector('[fill=\"var(--data)\"]')).fill")
        )

    light, dark, print_ = colours
    assert light != dark
    assert print_ == light
    assert "rgb(0, 0, 0)" not in colours


def test_charts_are_walked_through_by_keyboard(page: Page, file: Path) -> None:
    show(page, file)
    page.js("document.querySelector('#scores svg.drawing').focus()")
    first, second, *_, last = page.js(
        "[...document.querySelectorAll('#scores svg.drawing')[0].querySelectorAll('[aria-label]')]"
        ".map(mark => mark.getAttribute('aria-label'))"
    )

    assert told(page) is None
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "End", "ArrowDown", "Home"):
        press(page, key)
        walked.append(told(page))
    assert walked == [first, second, first, first, last, last, first]
    assert page.js("document.querySelectorAll('.at').length") == 1
    press(page, "Escape")
    assert told(page) is None
    press(page, "ArrowRight")
    page.js("document.activeElement.blur()")
    assert told(page) is None


def test_arrow_keys_scroll_where_no_chart_has_the_focus(page: Page, file: Path) -> None:
    show(page, file)
    press(page, "ArrowRight")

    assert told(page) is None


def test_every_chart_is_reached_by_tab(page: Page, file: Path) -> None:
    show(page, file)
    reached = page.js(
        "[...document.querySelectorAll('svg.drawing')].filter(svg => {"
        " svg.focus(); return document.activeElement === svg && svg.tabIndex === 0; }).length"
    )

    assert reached == CHARTS


def test_a_pointer_shows_what_it_is_on_within_the_window(page: Page, file: Path) -> None:
    show(page, file, width=400)
    page.js("document.querySelector('#scores svg.drawing').scrollIntoView()")
    x, y, label = page.js(
        "(() => { const mark = document.querySelector('#scores svg.drawing [aria-label]');"
        " const box = mark.getBoundingClientRect();"
        " return [box.x + box.width / 2, box.bottom - 1, mark.getAttribute('aria-label')]; })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    assert told(page) == label
    left, right = page.js(
        "(() => { const box = document.getElementById('tip').getBoundingClientRect();"
        " return [box.left, box.right]; })()"
    )
    assert left >= 0
    assert right <= 400


def test_screen_readers_meet_each_chart_as_a_named_image(page: Page, file: Path) -> None:
    show(page, file)
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]

    def value(node: dict[str, Any], key: str) -> str:
        return str(node.get(key, {}).get("value", ""))

    images = [node for node in nodes if value(node, "role") == "image" and value(node, "name")]
    assert len(images) == CHARTS
    assert all("Arrow keys" in value(node, "description") for node in images)
    assert [node for node in nodes if value(node, "role") == "status"]


def test_charts_and_figures_need_no_script(page: Page, file: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show(page, file)
        document = page.call("DOMSnapshot.captureSnapshot", computedStyles=["fill", "display"])
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    strings = document["strings"]
    (layout,) = (each["layout"] for each in document["documents"])
    fills = {strings[style[0]] for style in layout["styles"] if style}

    assert "rgb(29, 92, 112)" in fills
    assert "95.7 %" in json.dumps(strings)


@pytest.mark.parametrize("width", [360, 400, 900, 1280])
def test_nothing_is_wider_than_the_window(page: Page, file: Path, width: int) -> None:
    show(page, file, width=width)

    assert page.js("document.documentElement.scrollWidth") <= width
    least = page.js(
        "Math.min(...[...document.querySelectorAll('svg.drawing')]"
        ".map(svg => 12 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))"
    )
    assert least >= 9


def test_print_cuts_nothing_off(page: Page, file: Path) -> None:
    within_a4 = 687
    show(page, file, width=within_a4, media="print")
    clipped = page.js(
        "[...document.querySelectorAll('main *')].filter(e => e.checkVisibility()"
        " && getComputedStyle(e).overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1"
        " && !e.classList.contains('unseen')).map(e => e.outerHTML.slice(0, 80))"
    )

    assert clipped == []
    assert page.js("document.documentElement.scrollWidth") <= within_a4
    pages = page.call("Page.printToPDF", preferCSSPageSize=True)["data"]
    assert len(pages) > 50_000


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_do_nothing_and_stay_within(page: Page, tmp_path: Path, text: str) -> None:
    show(page, written(measured([0.1, 0.2, 0.4], text), tmp_path), width=400)

    assert page.js("window.owned") is None
    assert complaints(page) == []
    assert page.js("document.documentElement.scrollWidth") <= 400
    outside = page.js(
        "[...document.querySelectorAll('svg.drawing text')].filter(text => {"
        " const box = text.getBoundingClientRect();"
        " const frame = text.ownerSVGElement.getBoundingClientRect();"
        " return box.left < frame.left - 2 || box.right > frame.right + 2; })"
        ".map(text => text.textContent)"
    )
    assert outside == []


def test_a_report_of_nothing_loads_without_complaint(page: Page, tmp_path: Path) -> None:
    show(page, written(bare(), tmp_path))

    assert complaints(page) == []
    assert page.js("document.querySelectorAll('svg.drawing').length") == 0
