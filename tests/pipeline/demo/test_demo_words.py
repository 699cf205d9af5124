from itertools import combinations
from typing import get_args

import pytest

from pipeline.demo.instruments import Timbre
from pipeline.demo.looks import Background, Colour, Shape, Style, TimeOfDay, Weather
from pipeline.demo.scenes import MOST_SHAPES, draw_scene
from pipeline.demo.tunes import Density, Drums, Pace, draw_tune
from pipeline.demo.words import WORDS, Truth, named, truth_of

VALUES = {
    "shape": get_args(Shape),
    "colour": get_args(Colour),
    "count": tuple(str(number) for number in range(1, MOST_SHAPES + 1)),
    "style": get_args(Style),
    "background": get_args(Background),
    "weather": get_args(Weather),
    "time of day": get_args(TimeOfDay),
    "tempo": get_args(Pace),
    "timbre": get_args(Timbre),
    "density": get_args(Density),
    "drums": get_args(Drums),
}
TRUTH = Truth({"shape": "ring", "colour": "red", "count": "1"})


def test_every_value_of_every_attribute_has_words() -> None:
    assert {name: tuple(words) for name, words in WORDS.items()} == VALUES
    assert all(phrases for words in WORDS.values() for phrases in words.values())


@pytest.mark.parametrize("attribute", WORDS)
def test_no_phrase_names_two_values(attribute: str) -> None:
    for one, other in combinations(WORDS[attribute].values(), 2):
        assert not set(one) & set(other)
    for value, phrases in WORDS[attribute].items():
        for phrase in phrases:
            assert named(f"Here, {phrase}!", attribute) == {value}


def test_a_text_without_such_a_word_names_nothing() -> None:
    assert named("", "shape") == set()
    assert named("something beautiful", "colour") == set()


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("ringing bells", "shape"),
        ("a starry sky", "shape"),
        ("a blue-green lake", "colour"),
        ("a neonatal ward", "style"),
        ("someone alone", "count"),
        ("today", "time of day"),
        ("breakfast", "tempo"),
    ],
)
def test_a_part_of_a_word_names_nothing(text: str, attribute: str) -> None:
    assert named(text, attribute) == set()


def test_capitals_and_plurals_do_not_matter() -> None:
    assert named("Five RINGS", "shape") == {"ring"}
    assert named("Five RINGS", "count") == {"5"}


def test_the_right_value_alone_is_the_truth() -> None:
    assert TRUTH.named_by("a single red ring", "shape", "colour", "count")
    assert not TRUTH.named_by("a single red star", "shape", "colour", "count")
    assert not TRUTH.named_by("a single ring", "shape", "colour", "count")


def test_a_wrong_value_beside_the_right_one_is_not_the_truth() -> None:
    assert not TRUTH.named_by("a red ring and a red star", "shape")
    assert not TRUTH.named_by("a red and blue ring", "colour")


def test_the_truth_has_all_attributes_of_scene_and_tune() -> None:
    scene, tune = draw_scene(1), draw_tune(2)
    heard = {"tempo", "timbre", "density", "drums"}
    assert truth_of(scene, tune).values.keys() == WORDS.keys()
    assert truth_of(scene).values.keys() == WORDS.keys() - heard
    assert truth_of(scene, tune).values["tempo"] == tune.pace
