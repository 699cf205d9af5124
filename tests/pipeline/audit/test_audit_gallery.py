"""Which clips are shown, with what, and where the links lead."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.audit.links import at_second
from pipeline.audit.picks import choose, find_ranking
from pipeline.audit.settings import Auditing
from schemas.report import Ranking
from schemas.score import shuffled
from tests.pipeline.audit.audit_data import clip, dataset, score, small, step, video
from tests.pipeline.audit.galleries import build

IDS = [f"clip-{n:03d}" for n in range(200)]
VALUES = {clip_id: n / 200 for n, clip_id in enumerate(IDS)}


def test_a_quarter_each_is_worst_best_borderline_and_random() -> None:
    picks = choose(IDS, VALUES, 40)

    assert Counter(picks.values()) == {"worst": 10, "best": 10, "borderline": 10, "random": 10}
    assert {clip_id for clip_id, pick in picks.items() if pick == "worst"} == set(IDS[:10])
    assert {clip_id for clip_id, pick in picks.items() if pick == "best"} == set(IDS[-10:])
    borderline = [VALUES[clip_id] for clip_id, pick in picks.items() if pick == "borderline"]
    assert all(abs(value - 0.25) < 0.03 for value in borderline)


def test_the_choice_does_not_depend_on_order() -> None:
    assert choose(IDS, VALUES, 40) == choose(IDS[::-1], dict(reversed(VALUES.items())), 40)


def test_without_scores_all_are_random() -> None:
    assert set(choose(IDS, {}, 8).values()) == {"random"}
    assert len(choose(IDS, {}, 8)) == 8


def test_a_small_dataset_is_shown_whole() -> None:
    assert set(choose(IDS[:5], VALUES, 60)) == set(IDS[:5])


def test_clips_without_a_score_can_still_be_picked() -> None:
    picks = choose(["a", "b"], {"a": 0.5}, 60)

    assert picks["b"] == "random"


def test_a_gallery_clip_holds_all_that_is_known(tmp_path: Path) -> None:
    gallery = build(small(), tmp_path)
    shown = {each.clip_id: each for each in gallery.clips}
    first = shown["local-a-00000000"]
    second = shown["local-a-00020000"]

    assert gallery.ranking is not None
    assert gallery.ranking.step == "clip_score"
    assert len(shown) == 4
    assert [caption.text for caption in first.frame_captions] == ["a cat"]
    assert [caption.text for caption in first.music_captions] == ["slow"]
    assert {each.subject: each.value for each in first.scores} == {
        "prompt": 0.1,
        "answer:describe": 0.25,
    }
    assert [(gap.step, gap.reason) for gap in second.missing] == [("music", "oom")]
    assert second.prompts[0].violations == ["too_long", "music_word"]
    assert second.url == "https://example.org/local-a.mp4#t=20"
    assert shown["local-b-00010000"].pick == "worst"
    assert second.pick == "best"


def test_the_recipe_says_how_many_clips_are_picked(tmp_path: Path) -> None:
    data = replace(small(), settings=Auditing(gallery=2))
    gallery = build(data, tmp_path)

    assert len(gallery.clips) == 2
    sounds = {path.name for path in tmp_path.rglob("*.wav")}
    assert sounds == {Path(each.audio or "").name for each in gallery.clips}


def test_a_gallery_of_no_clips_still_has_the_data_of_all(tmp_path: Path) -> None:
    data = replace(small(), settings=Auditing(gallery=0))

    assert build(data, tmp_path).clips == []
    assert "local-a-0" in (tmp_path / "data" / "index.js").read_text()


def test_a_shard_without_its_tar_leaves_the_texts(tmp_path: Path) -> None:
    gallery = build(replace(small(), tar=lambda shard: None, tars={}), tmp_path)

    assert len(gallery.clips) == 4
    assert all(each.frame is None and each.audio is None for each in gallery.clips)
    assert all(each.frame_captions for each in gallery.clips)


def test_scores_of_shuffled_pairs_are_not_shown(tmp_path: Path) -> None:
    one = clip("local-a", 0.0)
    rows = [score(one.clip_id, 0.3), score(one.clip_id, 0.1, shuffled("prompt"))]
    data = dataset([video("local-a")], [one], [step("s", "scores", list(rows))])

    gallery = build(data, tmp_path)
    assert [each.subject for each in gallery.clips[0].scores] == ["prompt"]


def test_scores_that_are_no_numbers_do_not_rank(tmp_path: Path) -> None:
    one = clip("local-a", 0.0)
    steps = [step("s", "scores", [score(one.clip_id, float("nan"))])]

    gallery = build(dataset([video("local-a")], [one], steps), tmp_path)
    assert gallery.clips[0].pick == "random"
    assert gallery.clips[0].scores == []


@pytest.mark.parametrize(
    ("metrics", "ranked_by"),
    [
        (["clap_cosine", "clip_cosine"], "clip_cosine"),
        (["clap_cosine", "siglip_cosine", "clip_cosine"], "siglip_cosine"),
        (["clip_cosine", "siglip_cosine"], "clip_cosine"),
        (["clap_cosine"], "clap_cosine"),
        (["their_own", "clap_cosine"], "their_own"),
    ],
)
def test_clips_are_ranked_by_how_the_prompt_fits_the_frame_where_that_is_known(
    metrics: list[str], ranked_by: str
) -> None:
    one = clip("local-a", 0.0)
    steps = [
        step(f"by_{metric}", "scores", [score(one.clip_id, 0.5, metric=metric)])
        for metric in metrics
    ]

    ranking = find_ranking(dataset([video("local-a")], [one], steps))
    assert ranking == Ranking(step=f"by_{ranked_by}", metric=ranked_by, subject="prompt")


def test_only_scores_of_prompts_rank() -> None:
    one = clip("local-a", 0.0)
    steps = [
        step("clip_score", "scores", [score(one.clip_id, 0.5, "answer:style")]),
        step("clap_score", "scores", [score(one.clip_id, 0.5, metric="clap_cosine")]),
    ]

    ranking = find_ranking(dataset([video("local-a")], [one], steps))
    assert ranking is not None
    assert ranking.step == "clap_score"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://www.youtube.com/watch?v=a_b", "https://www.youtube.com/watch?v=a_b&t=83s"),
        ("https://youtu.be/a?t=5", "https://youtu.be/a?t=83s"),
        ("https://vimeo.com/12?h=3", "https://vimeo.com/12?h=3#t=83"),
        ("http://127.0.0.1:8000/v.mp4", "http://127.0.0.1:8000/v.mp4#t=83"),
        ("http://[::1]:80/v.mp4", "http://[::1]:80/v.mp4#t=83"),
        ("https://name:secret@example.org/v", "https://example.org/v#t=83"),
        ("https://youtube.com.example.org/v", "https://youtube.com.example.org/v#t=83"),
    ],
)
def test_web_addresses_lead_to_the_second(url: str, link: str) -> None:
    assert at_second(url, 83.9) == link


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "/home/me/video.mp4",
        "video.mp4",
        "",
        "https://",
        "https://exa mple.org/",
        "https://example.org/\u202egpj.exe",
        "https://example.org:notaport/",
        "http://[::1/",
        'https://example.org/"onclick="alert(1)',
    ],
)
def test_nothing_else_becomes_a_link(url: str) -> None:
    assert at_second(url, 1.0) is None
