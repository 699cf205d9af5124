"""Which variants a comparison is of, in which options they differ, and on which clips most."""

from pathlib import Path

import pytest

from pipeline.audit.compare.build import compare
from pipeline.errors import DatasetError
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from schemas import PROMPTS
from tests.pipeline.audit.compare.scored_prompts import (
    ONE,
    OTHERS,
    SCORE_ONE,
    TEXTS,
    TWO,
    make_scored,
)
from tests.pipeline.audit.compare.variants_on_disk import (
    A0,
    A1,
    B,
    C,
    empty_recipe,
    make,
    write,
    write_answers,
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


def test_the_clips_that_differ_most_come_with_the_gains_first(
    scored: Dataset, recipe: Recipe
) -> None:
    found = compare(scored, recipe, [ONE, TWO])

    assert [(each.clip_id, each.difference) for each in found.clips] == [
        (A1, pytest.approx(0.2)),
        (C, pytest.approx(0.2)),
        (B, pytest.approx(-0.1)),
    ]  # nothing differs on the other clip
    gained = found.clips[0]
    assert gained.title == "First <b>song</b>"
    assert gained.url == "https://example.org/local-a.mp4#t=20"
    assert [each.texts for each in gained.variants] == [
        {"prompts": "a blue barn"},
        {"prompts": "a blue barn at night"},
    ]
    assert gained.variants[1].values["clip_cosine of prompt"] == 0.4


def test_without_scores_the_clips_are_those_whose_texts_differ_most(
    dataset: Dataset, recipe: Recipe
) -> None:
    write_prompts(dataset, ONE, TEXTS)
    write_prompts(dataset, TWO, OTHERS)
    found = compare(dataset, recipe, [ONE, TWO])

    assert [each.clip_id for each in found.clips] == [C, B, A1]
    assert [each.difference for each in found.clips] == [None, None, None]


def test_where_all_scores_are_equal_the_texts_decide(dataset: Dataset, recipe: Recipe) -> None:
    for variant, texts in ((ONE, TEXTS), (TWO, OTHERS)):
        write_prompts(dataset, variant, texts)
        values = {"prompt": dict.fromkeys(texts, 0.2)}
        write_scores(dataset, f"clip_score-{variant[-12:]}", f"prompts/{variant}", values)
    found = compare(dataset, recipe, [ONE, TWO])

    assert [each.clip_id for each in found.clips] == [C, B, A1]


def test_the_options_in_which_they_differ(scored: Dataset, recipe: Recipe) -> None:
    one, two = compare(scored, recipe, [ONE, TWO]).variants

    assert (one.changed, two.changed) == ({"max_words": 70}, {"max_words": 9})


def test_options_of_what_they_were_made_of_count_too(dataset: Dataset, recipe: Recipe) -> None:
    for name, question in (("a", "What?"), ("b", "Who?")):
        write_answers(
            dataset, f"blip2-{name * 12}", {"q": {A0: "x"}}, config={"questions": {"q": question}}
        )
        inputs = {f"frame_captions/blip2-{name * 12}": "0" * 64}
        write_prompts(dataset, f"write-{name * 12}", TEXTS, config={"seed": 0}, inputs=inputs)
    one, two = compare(dataset, recipe, [ONE, TWO]).variants

    assert one.changed == {"blip2.questions": {"q": "What?"}}
    assert two.changed == {"blip2.questions": {"q": "Who?"}}


def test_what_they_were_made_of_is_named_where_it_is_gone(dataset: Dataset, recipe: Recipe) -> None:
    for name in "ab":
        inputs = {f"frame_captions/blip2-{name * 12}": "0" * 64}
        write_prompts(dataset, f"write-{name * 12}", TEXTS, inputs=inputs)

    assert compare(dataset, recipe, [ONE, TWO]).variants[1].changed == {
        "reads frame_captions": "blip2-bbbbbbbbbbbb"
    }


def test_no_recorded_difference_is_said(dataset: Dataset, recipe: Recipe) -> None:
    write_prompts(dataset, ONE, TEXTS)
    write_prompts(dataset, TWO, TEXTS)
    found = compare(dataset, recipe, [ONE, TWO])

    assert any(
        each.startswith("No option that is still on record differs") for each in found.remarks
    )
    assert found.clips == []


@pytest.mark.parametrize(
    "names",
    [
        (ONE, TWO),
        (f"prompts/{ONE}", f"prompts/{TWO}"),
        ("write-a", "write-b"),
        ("prompts/write-a", "write-bbb"),
    ],
)
def test_variants_are_named_as_a_whole_or_by_how_they_begin(
    scored: Dataset, recipe: Recipe, names: tuple[str, str]
) -> None:
    found = compare(scored, recipe, names)

    assert [each.variant for each in found.variants] == [ONE, TWO]


def test_a_step_of_the_recipe_stands_for_its_variant(scored: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "with_step.toml"
    file.write_text('[dataset]\npath = "data"\n[stage.clip_score]\n')
    recipe = load(file)
    today = recipe.step("clip_score").variant
    write_scores(scored, today, f"prompts/{ONE}", {"prompt": {A0: 0.5}})

    found = compare(scored, recipe, ["clip_score", SCORE_ONE])
    assert [each.variant for each in found.variants] == [today, SCORE_ONE]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((ONE,), "A comparison is of two to 8 variants, not 1. Known: prompts/write-aaaaaaaaaaaa,"),
        ((ONE,) * 9, "not 9"),
        ((ONE, "prompts/write-aaaaaaaaaaab"), "Did you mean `prompts/write-aaaaaaaaaaaa`?"),
        ((ONE, "wrote\x1b[31m"), "There is no variant `wrote`. Known: prompts/write-aaaaaaaaaaaa,"),
        ((ONE, ""), "There is no variant ``."),
        ((ONE, "write"), "`write` fits prompts/write-aaaaaaaaaaaa, prompts/write-bbbbbbbbbbbb"),
        ((ONE, ONE), "prompts/write-aaaaaaaaaaaa is named twice"),
        ((ONE, SCORE_ONE), "are of different tables"),
    ],
)
def test_a_name_that_cannot_be_meant_is_an_error(
    scored: Dataset, recipe: Recipe, names: tuple[str, ...], said: str
) -> None:
    with pytest.raises(DatasetError) as refused:
        compare(scored, recipe, names)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_variants_without_a_common_clip_are_an_error(scored: Dataset, recipe: Recipe) -> None:
    write(scored, PROMPTS, "write-cccccccccccc", [])

    with pytest.raises(DatasetError, match="have no clip in common"):
        compare(scored, recipe, [ONE, "write-c"])
