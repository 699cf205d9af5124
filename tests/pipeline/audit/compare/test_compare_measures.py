"""Comparisons, against figures worked out by hand."""

from pathlib import Path

import pytest

from pipeline.audit.compare.build import compare
from pipeline.audit.compare.terminal import table_of
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas import PROMPTS, SCORES
from schemas.report.comparison import Comparison, Measured
from tests.pipeline.audit.audit_data import prompt
from tests.pipeline.audit.compare.scored_prompts import (
    ONE,
    OTHERS,
    SCORE_ONE,
    SCORE_TWO,
    TEXTS,
    TWO,
    make_scored,
)
from tests.pipeline.audit.compare.variants_on_disk import (
    A0,
    A1,
    TRAIN,
    B,
    C,
    empty_recipe,
    make,
    write,
    write_answers,
    write_music,
    write_prompts,
    write_scores,
)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make(tmp_path / "data")


@pytest.fixture
def scored(tmp_path: Path) -> Dataset:
    return make_scored(tmp_path / "data")


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return empty_recipe(tmp_path)


def measures(found: Comparison) -> dict[str, Measured]:
    return {each.measure: each for each in found.measures}


def test_paired_differences_by_hand(scored: Dataset, recipe: Recipe) -> None:
    found = compare(scored, recipe, [ONE, TWO])
    one, two = measures(found)["clip_cosine of prompt"].variants

    assert (found.table, found.common) == ("prompts", 4)
    assert one.mean == pytest.approx((0.1 + 0.2 + 0.3 - 0.1) / 4)
    assert two.mean == pytest.approx((0.1 + 0.4 + 0.2 + 0.1) / 4)
    assert (one.difference, one.difference_interval, one.won) == (None, None, None)
    assert two.difference == pytest.approx((0 + 0.2 - 0.1 + 0.2) / 4)
    assert two.won == (0.5 + 1 + 0 + 1) / 4
    assert two.difference_interval is not None
    assert two.difference_interval.low == pytest.approx(-0.1)  # video b alone
    assert two.difference_interval.high == pytest.approx(0.2)  # video c alone


def test_clipscore_is_of_positive_cosines(scored: Dataset, recipe: Recipe) -> None:
    one, two = measures(compare(scored, recipe, [ONE, TWO]))["clipscore of prompt"].variants

    assert one.mean == pytest.approx((0.1 + 0.2 + 0.3 + 0) / 4)
    assert two.difference == pytest.approx((0 + 0.2 - 0.1 + 0.1) / 4)


def test_measures_of_the_texts_themselves(scored: Dataset, recipe: Recipe) -> None:
    broken = [prompt(C, 3, 90, text="fog or sea", violations=["alternatives"], attempts=3)]
    write(scored, PROMPTS, "write-cccccccccccc", broken)
    found = measures(compare(scored, recipe, [ONE, "write-c"]))

    assert list(found) == ["violations", "truncated", "attempts", "words", "clip_tokens"]
    assert {name: each.better for name, each in found.items()} == {
        "violations": "lower",
        "truncated": "lower",
        "attempts": "lower",
        "words": "neither",
        "clip_tokens": "neither",
    }
    for name, difference, won in (
        ("violations", 1, 0),
        ("truncated", 1, 0),
        ("attempts", 2, 0),
        ("words", -1, None),
        ("clip_tokens", 86, None),
    ):
        assert (found[name].variants[1].difference, found[name].variants[1].won) == (
            difference,
            won,
        )


def test_only_common_clips_are_compared_and_each_lack_is_said(
    scored: Dataset, recipe: Recipe
) -> None:
    write_prompts(scored, "write-cccccccccccc", {A1: "a barn", B: "a mill"})
    found = compare(scored, recipe, [ONE, "write-c"])

    assert found.common == 2
    assert [each.clips for each in found.variants] == [4, 2]
    assert measures(found)["words"].variants[0].mean == (3 + 2) / 2
    assert (
        "B has no rows for 2 of the 4 clips that another one has; only common clips are compared."
        in found.remarks
    )
    assert "B says the very same as A about 1 of 2 clips." in found.remarks


def test_scores_of_another_scorer_are_not_paired(scored: Dataset, recipe: Recipe) -> None:
    write_prompts(scored, "write-cccccccccccc", OTHERS)
    of = "prompts/write-cccccccccccc"
    values = {"prompt": {A0: 0.9, A1: 0.9, B: 0.9, C: 0.9}}
    write_scores(scored, "clip_score-333333333333", of, values, digest="2" * 64)
    write_scores(scored, "clip_score-444444444444", of, values, config={"text_prefix": "A photo"})
    found = compare(scored, recipe, [ONE, "write-c"])

    assert "clip_cosine of prompt" not in measures(found)
    assert any("No scorer has scored all of these variants" in each for each in found.remarks)


def test_two_scorers_that_both_scored_are_told_apart(scored: Dataset, recipe: Recipe) -> None:
    for variant, name in ((ONE, "3"), (TWO, "4")):
        values = {"prompt": {A0: 0.5, A1: 0.5, B: 0.5, C: 0.5}}
        write_scores(
            scored, f"clip_score-{name * 12}", f"prompts/{variant}", values, digest="2" * 64
        )
    found = measures(compare(scored, recipe, [ONE, TWO]))

    assert {name for name in found if "cosine" in name} == {
        "clip_cosine of prompt",
        "clip_cosine of prompt (org/clip)",
    }


def test_scores_of_older_texts_are_left_out_and_counted(scored: Dataset, recipe: Recipe) -> None:
    changed = [prompt(each, 2, 2, text="new words") for each in (A0, A1, B)]
    scored.write(PROMPTS, TRAIN, changed, TWO, clips=3)
    found = compare(scored, recipe, [ONE, TWO])

    assert measures(found)["clip_cosine of prompt"].clips == 1
    assert (
        "Scores of B for 3 clip(s) are of older texts, and left out: annotate, and compare again."
        in found.remarks
    )


def test_scores_of_the_clips_that_did_not_change_still_count(
    scored: Dataset, recipe: Recipe
) -> None:
    before = scored.manifest(PROMPTS, TRAIN, TWO)
    assert before
    changed = [prompt(each, 2, 2, text="new words") for each in (A0, A1, B)]
    since = {before.digest: [A0]}
    scored.write(PROMPTS, TRAIN, changed, TWO, clips=3, changed_since=since)
    found = compare(scored, recipe, [ONE, TWO])

    assert measures(found)["clip_cosine of prompt"].clips == 3


def test_frame_captions_are_compared_by_all_answers_and_by_question(
    dataset: Dataset, recipe: Recipe
) -> None:
    for variant, name, gain in (("blip2-aaaaaaaaaaaa", "1", 0.0), ("vlm-bbbbbbbbbbbb", "2", 0.1)):
        texts = {"style": {A0: "neon"}, "what": {A0: "a barn at night", B: "a mill"}}
        write_answers(dataset, variant, texts)
        values = {"answer:style": {A0: 0.3}, "answer:what": {A0: 0.1 + gain, B: -0.2 - gain}}
        write_scores(dataset, f"clip_score-{name * 12}", f"frame_captions/{variant}", values)
    found = compare(dataset, recipe, ["blip2", "vlm"])

    assert [each.measure for each in found.measures] == [
        "clip_cosine of answers",
        "clipscore of answers",
        "clip_cosine of answer:style",
        "clipscore of answer:style",
        "clip_cosine of answer:what",
        "clipscore of answer:what",
        "words",
    ]
    one, two = found.measures[0].variants
    assert one.mean == pytest.approx(((0.3 + 0.1) / 2 - 0.2) / 2)
    assert two.difference == pytest.approx((0.05 - 0.1) / 2)
    assert found.measures[1].variants[1].difference == pytest.approx(0.05 / 2)
    assert found.measures[-1].variants[0].mean == (5 + 2) / 2


def test_music_captions_are_compared_by_clap(dataset: Dataset, recipe: Recipe) -> None:
    for variant, name, value in (("lp-aaaaaaaaaaaa", "1", 0.1), ("alm-bbbbbbbbbbbb", "2", 0.4)):
        write_music(dataset, variant, {A0: "slow piano"})
        values = {"music_caption": {A0: value}, "prompt": {A0: 0.9}}
        of = f"music_captions/{variant}"
        write_scores(dataset, f"clap_score-{name * 12}", of, values, metric="clap_cosine")
    found = compare(dataset, recipe, ["lp", "alm"])

    assert [each.measure for each in found.measures] == ["clap_cosine of music_caption", "words"]
    assert found.measures[0].variants[1].difference == pytest.approx(0.3)


def test_scores_themselves_are_compared_with_the_texts_that_they_are_of(
    scored: Dataset, recipe: Recipe
) -> None:
    found = compare(scored, recipe, [SCORE_ONE, SCORE_TWO])

    assert [each.measure for each in found.measures] == [
        "clip_cosine of prompt",
        "clipscore of prompt",
    ]
    assert found.measures[0].better == "higher"
    assert found.clips[0].variants[0].texts == {"prompts": TEXTS[found.clips[0].clip_id]}


def test_scores_of_two_models_are_shown_and_none_is_called_better(
    scored: Dataset, recipe: Recipe
) -> None:
    values = {"prompt": {A0: 0.5, C: 0.5}}
    write_scores(scored, "clip_score-3333", f"prompts/{ONE}", values, digest="2" * 64)
    found = compare(scored, recipe, [SCORE_ONE, "clip_score-3"])

    assert found.measures[0].better == "neither"
    assert found.measures[0].variants[1].won is None
    assert found.remarks[0].startswith("These scores were not given by one and the same model")


def test_three_variants_are_all_held_against_the_first(scored: Dataset, recipe: Recipe) -> None:
    write_prompts(scored, "write-cccccccccccc", TEXTS)
    values = {"prompt": {A0: 0.0, A1: 0.1, B: 0.2, C: -0.2}}
    write_scores(scored, "clip_score-333333333333", "prompts/write-cccccccccccc", values)
    found = compare(scored, recipe, [ONE, TWO, "write-c"])
    first = found.measures[0]

    assert [each.letter for each in first.variants] == ["A", "B", "C"]
    assert first.variants[2].difference == pytest.approx(-0.1)
    assert first.variants[2].won == 0.0
    assert found.clips[0].difference == pytest.approx(-0.1)  # C less A
    assert found.remarks[1] == (
        "C is worse than A by clip_cosine of prompt: -0.1000 (-0.1000 to -0.1000), ahead on 0 % of "
        "4 clips."
    )


def test_what_may_be_chance_is_not_called_better(scored: Dataset, recipe: Recipe) -> None:
    remarks = compare(scored, recipe, [ONE, TWO]).remarks

    assert remarks[0] == (
        "Between A and B there is no sure difference by clip_cosine of prompt: +0.0750 (-0.1000 to "
        "+0.2000), B ahead on 62 % of 4 clips."
    )
    assert remarks[-1] == (
        "All clips that are compared are of 3 videos: intervals over so few say little."
    )


def test_a_table_for_the_terminal(scored: Dataset, recipe: Recipe) -> None:
    heads, first, second, *_ = table_of(compare(scored, recipe, [ONE, TWO]))

    assert heads[0] == "measure"
    assert {len(row) for row in (heads, first, second)} == {8}
    assert first[:4] == ["clip_cosine of prompt", "4", "A", "0.1250"]
    assert second[:4] == ["", "", "B", "0.2000"]
    assert second[5:] == ["+0.0750", "\u22120.1000 to +0.2000", "62.5 %"]


def test_a_comparison_survives_json(scored: Dataset, recipe: Recipe) -> None:
    found = compare(scored, recipe, [ONE, TWO])

    assert Comparison.model_validate_json(found.model_dump_json()) == found


def test_only_variants_of_finished_parts_have_rows(scored: Dataset, recipe: Recipe) -> None:
    scored.part(SCORES, TRAIN, SCORE_TWO).with_suffix(".json").unlink()

    assert compare(scored, recipe, [SCORE_ONE, SCORE_TWO]).common == 1
