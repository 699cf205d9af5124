"""The prompts that the demo's Mistral is taught keep to the limit and say what the notes say."""

import numpy as np
import pytest

from infra.demo_models.message_data import FULL, SEEN, SUBJECT, Notes, answer, lesson
from pipeline.demo.scenes import draw_scene
from pipeline.demo.tunes import draw_tune
from pipeline.demo.words import truth_of
from pipeline.stages.prompts.rules import words

KNOWN = (frozenset({*SEEN, "style"}), frozenset(SUBJECT), frozenset({"background", "style"}))


@pytest.mark.parametrize("known", KNOWN, ids=["all", "subject", "the rest"])
def test_every_answer_has_fewer_words_than_the_limit(known: frozenset[str]) -> None:
    rng = np.random.default_rng(1)
    for limit in range(6, FULL + 20):
        for seed in range(20):
            text = answer(Notes([], draw_scene(seed), known), draw_tune(seed), limit, rng)
            assert 0 < words(text) < limit, text


def test_an_answer_with_room_names_all_that_is_known() -> None:
    rng = np.random.default_rng(2)
    for seed in range(200):
        scene = draw_scene(seed)
        text = answer(Notes([], scene, KNOWN[0]), draw_tune(seed), FULL, rng)
        assert truth_of(scene).named_by(text, *SUBJECT, "background", "style"), text


def test_the_same_draws_give_the_same_lesson() -> None:
    first, second = (lesson(np.random.default_rng(3), "whole") for _ in range(2))
    assert first == second
