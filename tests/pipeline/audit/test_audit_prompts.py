"""A step's prompts, summed up with what their texts say."""

import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.audit.prompts import summarise_prompts
from pipeline.audit.settings import Auditing
from pipeline.audit.texts import overlaps
from pipeline.errors import RecipeError
from schemas.report import PromptSummary
from tests.pipeline.audit.audit_data import answer, clip, dataset, music, prompt, step, video

NEON = "a whimsical neon city at night, glowing signs, rain on the street"


def summed(texts: list[str], settings: Auditing | None = None) -> PromptSummary:
    """The prompts of one step, each of a clip of which the frame shows a street and the music is
    slow."""
    clips = [clip(f"v{n}", 0.0) for n in range(len(texts))]
    ids = [each.clip_id for each in clips]
    steps = [
        step("blip2", "frame_captions", [answer(each, "a street at night") for each in ids]),
        step("lp", "music_captions", [music(each, "slow rain of notes") for each in ids]),
        step(
            "summarise",
            "prompts",
            [prompt(each, text=text) for each, text in zip(ids, texts, strict=True)],
        ),
    ]
    data = dataset([video(each.video_id) for each in clips], clips, steps)
    (found,) = summarise_prompts(replace(data, settings=settings or Auditing()))
    return found


def test_variety_and_provenance_by_hand() -> None:
    found = summed([NEON, NEON.upper(), f"{NEON}, wet", "one grey wall"])
    variety, provenance = found.variety, found.provenance

    assert variety is not None
    assert (variety.repeated, variety.near, variety.vocabulary) == (1, 3, 16)
    ((group),) = variety.groups
    assert (group.prompts, group.text) == (3, NEON)
    assert group.clip_ids == ["v0-00000000", "v1-00000000", "v2-00000000"]
    assert (variety.sample, variety.reference) == (4, "the captions")
    assert variety.distinct_1 == 16 / (12 + 12 + 13 + 3)
    # Eleven pairs of words, one with "wet", and two of the grey wall, in 11 + 11 + 12 + 2.
    assert variety.distinct_2 == 14 / 36
    assert variety.self_bleu is not None
    assert 0.7 < variety.self_bleu < 0.76

    # Of whimsical neon city night glowing signs rain street: two in the frame, one in the music;
    # with "wet" nine words; of grey and wall none.
    assert provenance is not None
    assert provenance.prompts == 4
    assert provenance.frame_only == pytest.approx((2 / 8 + 2 / 8 + 2 / 9 + 0) / 4)
    assert provenance.music_only == pytest.approx((1 / 8 + 1 / 8 + 1 / 9 + 0) / 4)
    assert provenance.both == 0.0
    assert found.likeness is None


def test_overused_words_are_held_against_the_captions() -> None:
    found = summed([f"{NEON} {n}" for n in range(20)])

    assert found.variety is not None
    assert {use.word for use in found.variety.overused} == {
        "whimsical",
        "neon",
        "city",
        "glowing",
        "signs",
    }
    assert found.variety.overused[0].reference_share == 0.0


def test_diffusiondb_is_the_reference_where_it_is_configured(tmp_path: Path) -> None:
    file = tmp_path / "metadata.parquet"
    pq.write_table(pa.table({"prompt": [f"neon city {n}" for n in range(60)]}), file)
    found = summed(
        [f"a whimsical neon city {n}" for n in range(20)], Auditing(diffusiondb=str(file))
    )

    assert found.variety is not None
    assert found.variety.reference == "DiffusionDB"
    assert [use.word for use in found.variety.overused] == ["whimsical"]
    assert found.likeness is not None
    assert found.likeness.prompts == 20
    assert found.likeness.ceiling == pytest.approx(2 / 42)


def test_a_diffusiondb_that_is_not_there_is_an_error() -> None:
    with pytest.raises(RecipeError, match=r"`diffusiondb` in \[audit\]"):
        summed([NEON], Auditing(diffusiondb="gone.parquet"))


def test_each_step_that_writes_prompts_is_summed_up() -> None:
    clips = [clip("v", 0.0)]
    one, two = ([prompt(clips[0].clip_id, text=text)] for text in ("a cat", "a red dog"))
    steps = [step("first", "prompts", one), step("second", "prompts", two)]
    found = summarise_prompts(dataset([video("v")], clips, steps))

    assert [(each.step, each.variety and each.variety.vocabulary) for each in found] == [
        ("first", 2),
        ("second", 3),
    ]
    assert [each.provenance for each in found] == [None, None]


def test_a_step_without_prompts_has_no_variety() -> None:
    (found,) = summarise_prompts(dataset([], [], [step("summarise", "prompts", [])]))

    assert (found.variety, found.provenance, found.likeness) == (None, None, None)


def test_a_dataset_without_prompt_steps_reads_no_file() -> None:
    data = replace(dataset([], [], []), settings=Auditing(diffusiondb="gone.parquet"))

    assert summarise_prompts(data) == []


HOSTILE = [
    "",
    "\U0001f3b8" * 300,
    "word " * 200_000,
    "x" * 1_000_000,
    "\u591c\u666f\u90fd\u5e02" * 50_000,
    "a\x00b\x1b]0;title\x07\x1b[31m red",
    "\u202eevil <script>alert(1)</script>",
    "e" + "\u0301\u0316" * 400_000,
    "' " * 100_000 + "a'" * 100_000,
    "\ufdfa" * 100_000,
    " ".join(map(str, range(100_000))),
]


def test_hostile_texts_are_summed_up_in_little_time_and_shown_safely() -> None:
    start = time.process_time()
    found = summed(HOSTILE * 3)

    assert time.process_time() - start < 20
    assert found.variety is not None
    assert found.variety.repeated == 2 * len(HOSTILE) + 2  # three have no words
    report = found.model_dump_json()
    assert len(report) < 30_000
    assert "\\u001b" not in report
    assert "\u202e" not in report


def test_hostile_texts_overlap_in_little_time() -> None:
    texts = HOSTILE * 3
    clips = [clip(f"v{n}", 0.0) for n in range(len(texts))]
    prompts = [prompt(each.clip_id, text=text) for each, text in zip(clips, texts, strict=True)]
    others = zip(clips[1:], texts[:-1], strict=True)
    steps = [
        step("blip2", "frame_captions", [answer(each.clip_id, text) for each, text in others]),
        step("summarise", "prompts", prompts),
    ]
    start = time.process_time()
    (found,) = overlaps(dataset([], clips, steps))

    assert time.process_time() - start < 20
    assert found.clips == len(texts) - 1
