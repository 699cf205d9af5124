"""The page as a browser shows it: from disk, without a network, whatever the texts hold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.audit import AuditData, write_report
from schemas.media import Media
from schemas.report import Report
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
        video(name, title=text, artist=text, url=f"javascript:window.owned={n}//{text}")
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


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as page:
        yield page


def show(page: Page, data: AuditData, folder: Path, width: int = 1280) -> None:
    write_report(data, folder / "report")
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=False,
    )
    page.problems.clear()
    page.requests.clear()
    page.open(folder / "report" / "index.html")


def shown(page: Page) -> list[str]:
    """The ids of the visible clips, in order."""
    ids: list[str] = page.js(
        "[...document.querySelectorAll('.clip')].filter(c => c.checkVisibility())"
        ".map(c => c.dataset.id)"
    )
    return ids


def choose(page: Page, field: str, value: str) -> list[str]:
    """Set a filter as a reader would; what is shown then."""
    page.js(
        f"(() => {{ const f = document.getElementById('{field}'); f.value = '{value}';"
        " f.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )
    return shown(page)


def test_the_page_loads_from_disk_without_complaint_or_network(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    page.js("document.getElementById('gallery').scrollIntoView()")
    page.js("Promise.all([...document.images].map(i => (i.loading = 'eager', i.decode())))")

    assert page.js("[...document.images].every(i => i.naturalWidth > 0)")
    assert page.js("document.images.length") == 4
    assert page.problems == []
    folder = (tmp_path / "report").as_uri()
    outside = [each for each in page.requests if not each.startswith((folder, "data:"))]
    assert outside == []


def test_the_page_shows_the_figures_of_the_json(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    report = Report.model_validate_json((tmp_path / "report" / "report.json").read_bytes())
    pairs = page.js(
        "[...document.querySelectorAll('#overview .figures div')]"
        ".map(d => [d.querySelector('dt').innerText, d.querySelector('dd').innerText])"
    )
    prompt = report.scores[0].values

    assert prompt is not None
    assert dict(pairs) == {
        "clips": str(report.counts.total.clips),
        "hours": f"{report.counts.total.hours:.2f}",
        "videos with clips": f"{report.counts.total.with_clips} of {report.counts.total.listed}",
        "songs": str(report.counts.total.songs),
        "mean clip cosine, prompt": f"{prompt.mean:.3f}",
        "prompts that break a rule": "50 %",
    }


def test_charts_are_drawn(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    boxes = page.js(
        "[...document.querySelectorAll('.bars rect')].map(r => r.getBoundingClientRect())"
        ".map(b => [b.width, b.height])"
    )

    assert len(boxes) == 4 + 1 + 4 + 3  # scores of prompts, of answers; words; tokens
    assert all(width > 1 and height > 1 for width, height in boxes)
    assert page.js("getComputedStyle(document.querySelector('.bars rect')).fill") != "rgb(0, 0, 0)"


def test_audio_plays(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    duration = page.js(
        "(async () => { const a = document.querySelector('audio'); await a.play();"
        " return a.duration; })()"
    )

    assert duration == pytest.approx(0.5, abs=0.01)


def test_clips_can_be_sorted_and_filtered(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    a0, a1, b, c = (
        "local-a-00000000",
        "local-a-00020000",
        "local-b-00010000",
        "local-c-00030000",
    )

    assert choose(page, "sort", "rising") == [b, a0, c, a1]
    assert choose(page, "sort", "falling") == [a1, c, a0, b]
    assert choose(page, "sort", "id") == [a0, a1, b, c]
    assert choose(page, "split", "eval") == [c]
    assert choose(page, "split", "") == [a0, a1, b, c]
    assert choose(page, "flag", "violations") == [a1, b]
    assert choose(page, "flag", "missing") == [a1, b, c]
    assert choose(page, "flag", "") == [a0, a1, b, c]
    assert choose(page, "search", "SONG official") == [a0, a1]
    assert page.js("document.getElementById('shown').value") == "2 of 4 clips"
    assert choose(page, "search", "no such words") == []
    assert page.js("document.getElementById('none').checkVisibility()")


def test_the_gallery_is_usable_by_keyboard(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    page.call("Input.dispatchKeyEvent", type="keyDown", key="/", text="/")
    for letter in "eval":
        page.call("Input.dispatchKeyEvent", type="char", text=letter)

    assert page.js("document.activeElement.id") == "search"
    assert page.js("document.activeElement.value") == "eval"
    tabbed = []
    for _ in range(5):
        page.call("Input.dispatchKeyEvent", type="rawKeyDown", key="Tab", windowsVirtualKeyCode=9)
        tabbed.append(page.js("document.activeElement.id || document.activeElement.localName"))
    assert tabbed[:4] == ["pick", "split", "flag", "sort"]


def test_hostile_texts_do_nothing(page: Page, tmp_path: Path) -> None:
    show(page, hostile(), tmp_path)

    assert page.js("window.owned") is None
    assert page.problems == []
    assert page.js("document.scripts.length") == 1
    assert page.js("document.querySelectorAll('iframe, base, link, object, embed').length") == 0
    assert page.js("document.querySelectorAll('meta[http-equiv]').length") == 1
    handlers = page.js(
        "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
        ".filter(name => name.startsWith('on') || name === 'style')"
    )
    assert handlers == []
    links = page.js("[...document.links].map(a => a.getAttribute('href'))")
    assert set(links) == {
        "report.json",
        *(f"#{name}" for name in ("overview", "drops", "steps", "scores", "prompts", "gallery")),
    }


def test_hostile_texts_are_shown_as_they_are(page: Page, tmp_path: Path) -> None:
    show(page, hostile(), tmp_path)
    prompts = page.js("[...document.querySelectorAll('.prompt')].map(p => p.textContent)")

    assert sorted(prompts) == sorted(text.replace("\x00", "") for text in HOSTILE)
    assert page.js("document.title").startswith("<script>window.owned = 1</script>")


@pytest.mark.parametrize("width", [360, 1280])
def test_long_words_do_not_widen_the_page(page: Page, tmp_path: Path, width: int) -> None:
    show(page, hostile(), tmp_path, width)

    assert page.js("document.documentElement.scrollWidth") <= width


def test_a_direction_mark_does_not_reach_beyond_its_text(page: Page, tmp_path: Path) -> None:
    show(page, hostile(), tmp_path)
    holders = page.js(
        "[...document.querySelectorAll('main *')].filter(e => e.checkVisibility()"
        " && [...e.childNodes].some(n => n.nodeType === 3 && /[\\u202e\\u2067]/.test(n.data)))"
        ".map(e => getComputedStyle(e)).map(s => [s.display, s.unicodeBidi])"
    )

    assert len(holders) > 10
    inline = [bidi for display, bidi in holders if display == "inline"]
    assert set(inline) == {"isolate"}


def test_a_script_that_got_in_would_not_run(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    page.js(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.owned = 1';"
        " document.body.append(s); document.body.insertAdjacentHTML('beforeend',"
        " '<img src=gallery onerror=\"window.owned = 2\">'); })()"
    )
    page.js("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    assert page.js("window.owned") is None
    assert any("Content Security Policy" in problem for problem in page.problems)


def test_a_link_to_the_source_gives_nothing_away(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    links = page.js("[...document.querySelectorAll('.clip a')].map(a => [a.href, a.rel])")

    assert ["https://www.youtube.com/watch?v=abc&t=30s", "noopener noreferrer"] in links
    assert {rel for _, rel in links} == {"noopener noreferrer"}


def test_an_empty_report_loads_without_complaint(page: Page, tmp_path: Path) -> None:
    show(page, empty(), tmp_path)

    assert page.problems == []
    assert "No video is listed" in page.js("document.body.innerText")


def test_dark_and_light_differ(page: Page, tmp_path: Path) -> None:
    show(page, small(), tmp_path)
    colours = []
    for scheme in ("light", "dark"):
        page.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        colours.append(page.js("getComputedStyle(document.body).backgroundColor"))

    assert colours[0] != colours[1]
