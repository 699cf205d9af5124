"""All words that the demo's models read or say."""

import re

import numpy as np

from infra.demo_models.sentences import QUESTIONS, answers, full_prompt, music_caption
from pipeline.demo.scenes import draw_scene
from pipeline.demo.tunes import draw_tune
from pipeline.stages.prompts.examples import BUILTIN, pool
from pipeline.stages.prompts.message import builtin_instruction, message

DRAWS = 6_000
"""Scenes and tunes whose sentences are read; from a tenth of them on no new word comes."""


def seen_words() -> list[str]:
    """Of BLIP-2's questions and answers, and of CLIP's texts."""
    rng = np.random.default_rng(0)
    texts = ["Question: Answer:", "A photo depicts", *(q for qs in QUESTIONS.values() for q in qs)]
    for seed in range(DRAWS):
        scene, tune = draw_scene(seed), draw_tune(seed)
        texts += [*answers(scene, rng).values(), full_prompt(scene, tune, rng)]
    return _words(texts)


def heard_words() -> list[str]:
    """Of LP-MusicCaps' captions."""
    rng = np.random.default_rng(0)
    return _words([music_caption(draw_tune(seed), rng) for seed in range(DRAWS)])


def all_words() -> list[str]:
    """Of Mistral's messages and prompts."""
    fixed = message(builtin_instruction(), pool(BUILTIN).to_pylist(), ["prompt: style:"], "x")
    return sorted({*seen_words(), *heard_words(), *_words([fixed])})


def _words(texts: list[str]) -> list[str]:
    return sorted({word for text in texts for word in re.findall(r"[A-Za-z]+", text)})
