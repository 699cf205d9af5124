"""Overused words, against the formula worked out by hand."""

import math

import pytest

from pipeline.audit.texts.corpus import Vocabulary
from pipeline.audit.texts.overused import FEWEST, overused, reference
from tests.pipeline.audit.texts.corpora import corpus


def z(ours: int, all_ours: int, theirs: int, all_theirs: int) -> float:
    """Monroe et al. 2008, equations 15, 19 and 22, with both sides' counts as the prior."""
    prior, all_prior = ours + theirs, all_ours + all_theirs
    one = math.log((ours + prior) / (all_ours + all_prior - ours - prior))
    two = math.log((theirs + prior) / (all_theirs + all_prior - theirs - prior))
    return (one - two) / math.sqrt(1 / (ours + prior) + 1 / (theirs + prior))


def test_an_overused_word_has_the_z_of_the_paper() -> None:
    prompts = corpus(["whimsical city"] * 30 + ["city lights"] * 6)
    captions = corpus(["a city at night"] * 60 + ["whimsical cat"] * 2)
    (use,) = overused(prompts, reference("the captions", captions))

    # Words that count: whimsical 30, city 36, lights 6; city 60, night 60, whimsical 2, cat 2.
    assert use.word == "whimsical"
    assert use.z == pytest.approx(z(30, 72, 2, 124))
    assert (use.prompts, use.share) == (30, 30 / 36)
    assert use.reference_share == pytest.approx(2 / 62)
    assert z(6, 72, 0, 124) < 1.96


def test_a_word_that_the_reference_has_not_is_overused() -> None:
    prompts = corpus([f"whimsical thing{n} of many kinds{n}" for n in range(50)])
    captions = corpus([f"thing{n} on a table{n}" for n in range(50)])
    found = overused(prompts, reference("the captions", captions))

    assert [use.word for use in found] == ["whimsical"]
    assert found[0].reference_share == 0.0


def test_a_prompt_that_stammers_makes_no_overuse() -> None:
    prompts = corpus(["neon " * 500, *["grey street"] * 40])

    assert [use.word for use in overused(prompts, reference("x", corpus(["lamp"] * 40)))] == [
        "grey",
        "street",
    ]


def test_words_of_few_prompts_and_stop_words_are_left_out() -> None:
    captions = reference("the captions", corpus(["city lights"] * 10_000))
    few = corpus(["rareword"] * (FEWEST - 1) + ["city"] * 9 + ["the the of"] * 200)

    assert z(FEWEST - 1, FEWEST + 8, 0, 20_000) > 1.96
    assert [use.word for use in overused(few, captions)] == []


def test_nothing_is_overused_against_the_same_texts_or_none() -> None:
    texts = ["a whimsical city", "a grey street"] * 50

    assert overused(corpus(texts), reference("x", corpus(texts))) == []
    assert overused(corpus(texts), reference("x", corpus([]))) == []
    assert overused(corpus(["city"] * 9), reference("x", corpus(["city"] * 9))) == []
    assert overused(corpus([""] * 9), reference("x", corpus(["city"]))) == []


def test_a_reference_may_be_several_corpora_of_one_vocabulary() -> None:
    vocabulary = Vocabulary()
    frames = corpus(["a cat", "a cat"], vocabulary)
    music = corpus(["a drum, a cat"], vocabulary)
    found = reference("the captions", frames, music)

    assert (found.name, found.texts) == ("the captions", 3)
    assert dict(found.uses) == {"a": 3, "cat": 3, "drum": 1}


def test_a_huge_word_is_shown_cut() -> None:
    prompts = corpus(["x" * 4000] * 60)
    (use,) = overused(prompts, reference("x", corpus(["city"] * 60)))

    assert use.word == "x" * 37 + "..."
