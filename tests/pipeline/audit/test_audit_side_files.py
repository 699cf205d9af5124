"""The scripts beside the page: small, repeatable, and nothing but data."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit.data import AuditData
from pipeline.audit.side_files import CLIPS_PER_PART, script
from schemas.score import shuffled
from tests.pipeline.audit.audit_data import (
    answer,
    clip,
    dataset,
    empty,
    prompt,
    score,
    small,
    step,
    video,
)
from tests.pipeline.audit.galleries import build


def read(path: Path) -> dict[str, Any]:
    """What the gallery gets to see."""
    text = path.read_bytes().decode("ascii")
    call = re.fullmatch(r"framesong\((\{.*\})\);\n", text)
    assert call is not None
    content: dict[str, Any] = json.loads(call[1])
    return content


def index_of(data: AuditData, folder: Path) -> dict[str, Any]:
    """Of the data that are written into `folder`."""
    build(data, folder)
    return read(folder / "data" / "index.js")


def ids_of(index: dict[str, Any]) -> list[str]:
    found, before = [], ""
    for shared, rest in zip(index["shared"], index["rest"], strict=True):
        before = before[:shared] + rest
        found.append(before)
    return found


def test_the_index_tells_what_is_sorted_and_filtered_by(tmp_path: Path) -> None:
    index = index_of(small(), tmp_path)
    rules = [[index["rules"][rule] for rule in index["brokenSets"][n]] for n in index["broken"]]

    assert ids_of(index) == [
        "local-a-00000000",
        "local-a-00020000",
        "local-b-00010000",
        "local-c-00030000",
    ]
    assert [index["splits"][n] for n in index["split"]] == ["train", "train", "train", "eval"]
    assert [index["sources"][n] for n in index["source"]] == ["folder", "folder", "folder", "urls"]
    assert [index["shards"][n] for n in index["shard"]] == ["train-000000"] * 3 + ["eval-000000"]
    assert rules == [[], ["music_word", "too_long"], ["too_long"], []]
    assert index["words"] == [10, 20, 30, 40]
    assert index["tokens"] == [77, 78, None, 20]
    assert [flags & 1 for flags in index["flags"]] == [0, 1, 0, 0]  # truncated
    assert [bool(flags & 2) for flags in index["flags"]] == [False, True, True, True]  # lacks rows
    assert all(flags & 4 and flags & 8 for flags in index["flags"])  # frame and sound
    assert [pick for pick, _ in index["picks"]] == ["worst", "best", "borderline", "random"]


def test_scores_are_whole_numbers_with_a_scale(tmp_path: Path) -> None:
    index = index_of(small(), tmp_path)
    prompts, answers = index["scores"]

    assert (prompts["metric"], prompts["subject"], index["ranking"]) == ("clip_cosine", "prompt", 0)
    assert prompts["scale"] == 100_000
    assert prompts["values"] == [10_000, 30_000, -10_000, 20_000]
    assert (prompts["least"], prompts["greatest"]) == (-0.1, 0.3)
    assert (answers["subject"], answers["values"]) == (
        "answer:describe",
        [25_000, None, None, None],
    )


@pytest.mark.parametrize("value", [0.0, 1.0, -0.271727, 1e-300, 3.5e7, 1e300])
def test_a_score_of_any_size_keeps_five_digits(tmp_path: Path, value: float) -> None:
    one = clip("local-a", 0.0)
    data = dataset([], [one], [step("s", "scores", [score(one.clip_id, value)])])
    column = index_of(data, tmp_path)["scores"][0]

    assert column["values"][0] / column["scale"] == pytest.approx(value, rel=1e-4)
    assert len(str(abs(column["values"][0]))) <= 6


def test_scores_that_are_no_numbers_and_shuffled_pairs_are_left_out(tmp_path: Path) -> None:
    one = clip("local-a", 0.0)
    rows = [
        score(one.clip_id, float("nan")),
        score(one.clip_id, float("inf"), "answer:style"),
        score(one.clip_id, 0.1, shuffled("prompt")),
    ]
    index = index_of(dataset([], [one], [step("s", "scores", list(rows))]), tmp_path)

    assert [(each["subject"], each["values"]) for each in index["scores"]] == [
        ("prompt", [None]),
        ("answer:style", [None]),
    ]


def test_where_tokens_are_unknown_the_score_tells_what_clip_cuts_off(tmp_path: Path) -> None:
    clips = [clip("local-a", start) for start in (0.0, 20.0, 40.0)]
    a, b, c = (each.clip_id for each in clips)
    prompts = [prompt(a, tokens=None), prompt(b, tokens=70), prompt(c, tokens=None)]
    scores = [
        score(a, 0.1, truncated=True),
        score(b, 0.1, truncated=True),
        score(c, 0.1, truncated=True, metric="siglip_cosine"),
    ]
    steps = [step("p", "prompts", list(prompts)), step("s", "scores", list(scores))]
    index = index_of(dataset([], clips, steps), tmp_path)

    assert [flags & 1 for flags in index["flags"]] == [1, 0, 0]


def test_parts_hold_five_hundred_clips_each(tmp_path: Path) -> None:
    clips = [clip("local-a", float(second)) for second in range(CLIPS_PER_PART + 1)]
    answers = [answer(each.clip_id, f"at {each.start_s}") for each in clips]
    data = dataset([video("local-a")], clips, [step("b", "frame_captions", list(answers))])
    index = index_of(data, tmp_path)
    parts = sorted((tmp_path / "data").glob("clips-*.js"))
    shown = [each for part in parts for each in read(part)["clips"]]

    assert [path.name for path in parts] == ["clips-0000.js", "clips-0001.js"]
    assert [len(read(part)["clips"]) for part in parts] == [500, 1]
    assert {read(part)["digest"] for part in parts} == {data.content_digest}
    assert ids_of(index) == sorted(each.clip_id for each in clips)
    assert [each["answers"] for each in shown] == [
        [["b", "describe", f"at {float(second)}"]] for second in range(501)
    ]


def test_clips_of_videos_that_are_not_listed_are_shown(tmp_path: Path) -> None:
    index = index_of(dataset([], [clip("local-x", 0.0)], []), tmp_path)
    part = read(tmp_path / "data" / "clips-0000.js")

    assert index["sources"] == [""]
    assert (part["clips"][0]["title"], part["clips"][0]["url"]) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>",
        "<!--",
        "\u2028\u2029",
        "\x00\x1f",
        "\ud800 alone",
        "\u202e",
        "\U0001f3b8",
    ],
)
def test_a_script_is_ascii_without_an_opening_bracket_and_tells_the_same(text: str) -> None:
    made = script({"__proto__": text})

    assert made.isascii()
    assert "<" not in made
    assert "\n" not in made[:-1]
    assert json.loads(made[len("framesong(") : -len(");\n")]) == {"__proto__": text}


def test_ids_of_any_letters_come_back(tmp_path: Path) -> None:
    names = ["\U0001f3b8a", "\U0001f3b8b", "local-a", "local-a\u0301", "../x", "local"]
    clips = [clip(name, 0.0) for name in names]
    index = index_of(replace(empty(), clips=clips), tmp_path)

    assert ids_of(index) == sorted(each.clip_id for each in clips)
    pairs = zip(ids_of(index), index["shared"], strict=True)
    assert all(each.isascii() or not shared for each, shared in pairs)
