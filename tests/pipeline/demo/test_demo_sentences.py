"""The sentences that the demo's models learn are true, and every word of them is known."""

import re

import numpy as np
import pytest

from infra.demo_models.lexicon import all_words, heard_words, seen_words
from infra.demo_models.sentences import (
    LIGHTS,
    MOODS,
    QUESTIONS,
    answers,
    full_prompt,
    music_caption,
)
from pipeline.demo.judging import HEARD, Told, judge
from pipeline.demo.scenes import Scene, draw_scene
from pipeline.demo.tunes import Tune, draw_tune
from pipeline.demo.words import WORDS, named, truth_of
from pipeline.stages.prompts.rules import violations
from schemas.prompt import Prompt

SEEDS = range(10_000_000, 10_000_400)
SCENES = [draw_scene(seed) for seed in SEEDS]
TUNES = [draw_tune(seed + 10_000_000) for seed in SEEDS]
SEEN = ("shape", "colour", "count", "background", "weather", "time of day", "style")
SAID = {
    "description": {"shape", "colour", "count", "background", "weather", "time of day"},
    "prompt": {"shape", "colour", "count", "background", "weather", "time of day", "style"},
} | {name: {name} for name in SEEN}
"""What each answer may name."""


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def names_only(text: str, scene: Scene, tune: Tune, may: set[str]) -> set[str]:
    """The attributes that a text names, all of them among `may` and all of them right."""
    truth = truth_of(scene, tune)
    found = {name for name in WORDS if named(text, name)}
    assert found <= may, text
    assert truth.named_by(text, *found), text
    return found


def silent_about(scene: Scene) -> set[str]:
    """A starry sky is clear and at night anyway."""
    return {"weather", "time of day"} if scene.background == "stars" else set()


def test_every_answer_names_the_truth_and_nothing_else(rng: np.random.Generator) -> None:
    for scene, tune in zip(SCENES, TUNES, strict=True):
        said = answers(scene, rng)
        assert said.keys() == QUESTIONS.keys() == SAID.keys()
        for name, text in said.items():
            found = names_only(text, scene, tune, SAID[name])
            left_out = silent_about(scene) if name in ("description", "prompt") else set()
            if name == "prompt" and scene.weather == "clear":
                left_out = left_out | {"weather"}
            assert found == SAID[name] - left_out, text


def test_every_music_caption_names_the_truth_and_all_of_it(rng: np.random.Generator) -> None:
    for scene, tune in zip(SCENES, TUNES, strict=True):
        text = music_caption(tune, rng)
        assert names_only(text, scene, tune, set(HEARD)) == set(HEARD), text


def test_no_sentence_says_a_before_a_vowel(rng: np.random.Generator) -> None:
    for scene, tune in zip(SCENES, TUNES, strict=True):
        said = [
            *answers(scene, rng).values(),
            music_caption(tune, rng),
            full_prompt(scene, tune, rng),
        ]
        assert not [text for text in said if re.search(r"\b[Aa] [aeiou]", text)]


def test_no_music_caption_has_three_words_twice(rng: np.random.Generator) -> None:
    """The released model's search never repeats three tokens in a row."""
    for tune in TUNES:
        words = re.findall(r"\w+|[^\w\s]", music_caption(tune, rng))
        triples = list(zip(words, words[1:], words[2:], strict=False))
        assert len(set(triples)) == len(triples), words


def test_every_full_prompt_names_what_is_seen_and_passes_the_checks(
    rng: np.random.Generator,
) -> None:
    for scene, tune in zip(SCENES, TUNES, strict=True):
        for heard in (tune, None):
            text = full_prompt(scene, heard, rng)
            found = names_only(text, scene, tune, set(SEEN))
            assert found >= {"shape", "colour", "count", "background", "style"}
            assert violations(text, max_words=70) == [], text


def test_the_mood_and_the_light_follow_the_tune_alone(rng: np.random.Generator) -> None:
    moods = [phrase for phrases in MOODS.values() for phrase in phrases]
    lights = [phrase for phrases in LIGHTS.values() for phrase in phrases]
    assert len(set(moods)) == len(moods)
    assert len(set(lights)) == len(lights)
    for scene, tune in zip(SCENES, TUNES, strict=True):
        silent, text = full_prompt(scene, None, rng), full_prompt(scene, tune, rng)
        assert not any(phrase in silent for phrase in (*moods, *lights))
        (mood,) = (phrase for phrase in moods if phrase in text)
        (light,) = (phrase for phrase in lights if phrase in text)
        assert mood in MOODS[tune.pace, tune.drums]
        assert light in LIGHTS[tune.timbre]


def test_true_sentences_are_judged_to_be_true_throughout(rng: np.random.Generator) -> None:
    clips = []
    for scene, tune in zip(SCENES, TUNES, strict=True):
        text = full_prompt(scene, tune, rng)
        prompt = Prompt(clip_id="c", text=text, first_answer=text, words=9, model="m", revision="r")
        clips.append(Told("c", scene, tune, answers(scene, rng), music_caption(tune, rng), prompt))
    assert {name: rate.share for name, rate in judge(clips).items() if rate.share < 1} == {}


def test_no_sentence_needs_an_unknown_word(rng: np.random.Generator) -> None:
    seen, heard, everything = set(seen_words()), set(heard_words()), set(all_words())
    assert seen | heard <= everything
    for scene, tune in zip(SCENES, TUNES, strict=True):
        for text in (*answers(scene, rng).values(), full_prompt(scene, tune, rng)):
            assert words_of(text) <= seen, text
        assert words_of(music_caption(tune, rng)) <= heard


def test_every_question_is_of_known_words() -> None:
    seen = set(seen_words())
    for questions in QUESTIONS.values():
        for question in questions:
            assert words_of(question) <= seen


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]+", text))
