"""Galleries in a browser, and what a reader does there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipeline.audit.data import AuditData
from pipeline.audit.write import write_report
from tests.pipeline.audit.audit_data import (
    answer,
    clip,
    dataset,
    prompt,
    score,
    small,
    step,
    video,
)
from tests.pipeline.audit.browser import Page, chromium

A0, A1, B, C = "local-a-00000000", "local-a-00020000", "local-b-00010000", "local-c-00030000"
"""The clips of the small report."""
CLIPS = 1030
"""Of the long dataset: three parts of 500, and 43 pages of 24."""
_DRAWN = "document.getElementById('clips').ariaBusy === 'false'"


def long() -> AuditData:
    """Many clips without media: clip n scores n / 1000, and only the last one is of an owl."""
    clips = [clip("local-a", float(second)) for second in range(CLIPS)]
    ids = [each.clip_id for each in clips]
    animals = ["a cat"] * (CLIPS - 1) + ["an owl"]
    steps = [
        step("b", "frame_captions", [answer(*pair) for pair in zip(ids, animals, strict=True)]),
        step("p", "prompts", [prompt(each, n % 40) for n, each in enumerate(ids)]),
        step("s", "scores", [score(each, n / 1000) for n, each in enumerate(ids)]),
    ]
    return replace(dataset([video("local-a")], [], steps), clips=clips)


def write_reports(folder: Path) -> Path:
    """Write a small and a long report into a folder."""
    write_report(small(), folder / "small")
    write_report(long(), folder / "long")
    return folder


@contextmanager
def wide_browser() -> Iterator[Page]:
    """A fresh browser with a window of 1280 by 900 pixels."""
    with chromium() as page:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=1280,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        yield page


def show(page: Page, folder: Path, place: str = "") -> None:
    """Open a report afresh, without what the browser kept of it."""
    page.open(folder / "index.html")
    page.js("localStorage.clear()")
    visit(page, folder, place)


def visit(page: Page, folder: Path, place: str = "") -> None:
    page.call("Page.navigate", url="about:blank")
    page.requests.clear()
    page.open(folder / "index.html", place)
    page.wait(_DRAWN)


def shown(page: Page) -> list[str]:
    """The ids of the visible clips, in order."""
    page.wait(_DRAWN)
    ids: list[str] = page.js(
        "[...document.querySelectorAll('.clip')].filter(c => c.checkVisibility())"
        ".map(c => c.querySelector('.id').textContent)"
    )
    return ids


def fill(page: Page, field: str, value: str | bool) -> list[str]:
    """Fill in a field as a reader would; what is shown then."""
    assign = f"checked = {str(value).lower()}" if isinstance(value, bool) else f"value = '{value}'"
    page.js(
        f"(async () => {{ const f = document.getElementById('{field}'); f.{assign};"
        " f.dispatchEvent(new Event('input', { bubbles: true }));"
        " await new Promise(done => setTimeout(done, f.type === 'search' || f.type === 'number'"
        " ? 320 : 20)); })()"
    )
    page.wait("document.getElementById('searching').hidden")
    return shown(page)


def click(page: Page, id_: str) -> None:
    page.js(f"document.getElementById('{id_}').click()")


def told(page: Page) -> str:
    """What is said about the clips that are shown."""
    return str(page.js("document.getElementById('shown').value"))


def parts(page: Page) -> list[str]:
    """The parts of the data that were loaded."""
    return [m[1] for each in page.requests if (m := re.search(r"/data/(\S+)\.js$", each))]
