"""The page as a browser shows it: from disk, without a network, whatever the texts hold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.audit.data import AuditData
from pipeline.audit.write import write_report
from schemas.media import Media
from tests.pipeline.audit.audit_data import (
    answer,
    clip,
    dataset,
    empty,
    music,
    prompt,
    score,
    small,
    step,
    video,
)
from tests.pipeline.audit.browser import Page, chromium

HOSTILE = [
    "<script>window.owned = 1</script>",
    '"><img src=x onerror="window.owned = 2">',
    "'><svg onload='window.owned = 3'>",
    "</script><script>window.owned = 4</script>",
    "</title></style><script>window.owned = 5</script>",
    '" onmouseover="window.owned = 6" autofocus onfocus="window.owned = 7',
    "{{ 7 * 7 }}{% for x in y %}",
    "__proto__",
    "constructor",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3b8" * 20,
    "\u2028\u2029 lines",
    "<!-- --!> ]]> &lt;b&gt; &amp;",
    "left \u202eright to left override",
    "\u200f\u05e9\u05dc\u05d5\u05dd \u2067mixed",
    "W" * 3000,
    "\x00\x1b[31mred\x07",
    '<iframe src="https://example.com/">',
    '<meta http-equiv="refresh" content="0;url=https://example.com/">',
    '<base href="https://example.com/"><link rel=stylesheet href="https://example.com/x.css">',
]


def hostile() -> AuditData:
    """A dataset in which every text from outside is an attack."""
    names = [f"local-{n:02d}" for n in range(len(HOSTILE))]
    videos = [
        video(
            name, source=text, title=text, artist=text, url=f"javascript:window.owned={n}//{text}"
        )
        for n, (name, text) in enumerate(zip(names, HOSTILE, strict=True))
    ]
    clips = [clip(name, 10.0) for name in names]
    texts = {each.clip_id: text for each, text in zip(clips, HOSTILE, strict=True)}
    steps = [
        step("blip2", "frame_captions", [answer(at, text, text) for at, text in texts.items()]),
        step("music", "music_captions", [music(at, text) for at, text in texts.items()]),
        step(
            "summarise",
            "prompts",
            [prompt(at, text=text, violations=[text]) for at, text in texts.items()],
        ),
        step(
            "scores",
            "scores",
            [
                score(at, n / 50, subject)
                for n, (at, text) in enumerate(texts.items())
                for subject in ("prompt", f"answer:{text}")
            ],
        ),
        step("broken", "scores", [], texts),
    ]
    lost = [video(f"lost-{n}", source=text, title=text) for n, text in enumerate(HOSTILE)]
    failures = [
        Media(video_id=each.video_id, status="permanent", reason=each.title, detail=each.title)
        for each in lost
    ]
    data = dataset([*videos, *lost], clips, steps, name=HOSTILE[0])
    kept = [each for each in data.media if not each.video_id.startswith("lost-")]
    return replace(data, media=[*kept, *failures])


DRAWN = "document.getElementById('clips').ariaBusy === 'false'"
"""The gallery shows what it is asked for."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three reports."""
    folder = tmp_path_factory.mktemp("reports")
    for name, data in (("small", small()), ("empty", empty()), ("hostile", hostile())):
        write_report(data, folder / name)
    return folder


def show(page: Page, report: Path, width: int = 1280) -> None:
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=False,
    )
    page.problems.clear()
    page.requests.clear()
    page.open(report / "index.html")
    page.wait(f"!document.getElementById('clips') || {DRAWN}")


def test_the_page_loads_from_disk_without_complaint_or_network(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    page.js("Promise.all([...document.images].map(i => (i.loading = 'eager', i.decode())))")

    assert page.js("[...document.images].every(i => i.naturalWidth > 0)")
    assert page.js("document.images.length") == 4
    assert page.problems == []
    folder = (reports / "small").as_uri()
    outside = [each for each in page.requests if not each.startswith((folder, "data:"))]
    assert outside == []


def test_hostile_texts_do_nothing(page: Page, reports: Path) -> None:
    show(page, reports / "hostile")

    assert page.js("window.owned") is None
    assert page.problems == []
    assert page.js("document.scripts.length") == 1  # those beside the page go once they have run
    assert page.js("document.querySelectorAll('iframe, base, link, object, embed').length") == 0
    assert page.js("document.querySelectorAll('meta[http-equiv]').length") == 1
    handlers = page.js(
        "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
        ".filter(name => name.startsWith('on') || name === 'style')"
    )
    assert handlers == []
    links = page.js("[...document.links].map(a => a.getAttribute('href'))")
    assert {link for link in links if not link.startswith("#")} == {"report.json"}


def test_hostile_texts_are_shown_as_they_are(page: Page, reports: Path) -> None:
    show(page, reports / "hostile")
    prompts = page.js("[...document.querySelectorAll('.prompt')].map(p => p.textContent)")

    assert sorted(prompts) == sorted(HOSTILE)
    assert page.js("document.title").startswith("<script>window.owned = 1</script>")


@pytest.mark.parametrize("source", ["__proto__", "constructor", HOSTILE[0]])
def test_clips_can_be_filtered_by_a_source_of_any_name(
    page: Page, reports: Path, source: str
) -> None:
    show(page, reports / "hostile")
    page.js(
        f"(() => {{ const f = document.getElementById('source'); f.value = ':{source}';"
        " f.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )
    page.wait("document.querySelectorAll('.clip').length === 1")

    assert page.js("document.querySelector('.clip h3').textContent") == source


@pytest.mark.parametrize("width", [360, 1280])
def test_long_words_do_not_widen_the_page(page: Page, reports: Path, width: int) -> None:
    show(page, reports / "hostile", width)

    assert page.js("document.documentElement.scrollWidth") <= width


def test_a_direction_mark_does_not_reach_beyond_its_text(page: Page, reports: Path) -> None:
    show(page, reports / "hostile")
    holders = page.js(
        "[...document.querySelectorAll('main *')].filter(e => e.checkVisibility()"
        " && [...e.childNodes].some(n => n.nodeType === 3 && /[\\u202e\\u2067]/.test(n.data)))"
        ".map(e => getComputedStyle(e)).map(s => [s.display, s.unicodeBidi])"
    )

    assert len(holders) > 10
    inline = [bidi for display, bidi in holders if display == "inline"]
    assert set(inline) == {"isolate"}


def test_a_script_that_got_in_would_not_run(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    page.js(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.owned = 1';"
        " document.body.append(s); document.body.insertAdjacentHTML('beforeend',"
        " '<img src=gallery onerror=\"window.owned = 2\">'); })()"
    )
    page.js("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    assert page.js("window.owned") is None
    assert any("Content Security Policy" in problem for problem in page.problems)


def test_an_empty_report_loads_without_complaint(page: Page, reports: Path) -> None:
    show(page, reports / "empty")

    assert page.problems == []
    assert "No video is listed" in page.js("document.body.innerText")


def test_dark_and_light_differ(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    colours = []
    for scheme in ("light", "dark"):
        page.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        colours.append(page.js("getComputedStyle(document.body).backgroundColor"))

    assert colours[0] != colours[1]
