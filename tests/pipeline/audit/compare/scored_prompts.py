"""Two variants of prompts, scored by the same model."""

from pathlib import Path

from pipeline.store import Dataset
from tests.pipeline.audit.compare.variants_on_disk import (
    A0,
    A1,
    B,
    C,
    make,
    write_prompts,
    write_scores,
)

ONE, TWO = "write-aaaaaaaaaaaa", "write-bbbbbbbbbbbb"
SCORE_ONE, SCORE_TWO = "clip_score-111111111111", "clip_score-222222222222"
TEXTS = {A0: "a red barn", A1: "a blue barn", B: "a mill", C: "fog over the sea"}
OTHERS = {A0: "a red barn", A1: "a blue barn at night", B: "an old mill", C: "thick fog"}


def make_scored(root: Path) -> Dataset:
    """The small dataset with both variants and their scores."""
    dataset = make(root)
    write_prompts(dataset, ONE, TEXTS, config={"max_words": 70, "seed": 0})
    write_prompts(dataset, TWO, OTHERS, config={"max_words": 9, "seed": 0})
    of_one = {"prompt": {A0: 0.1, A1: 0.2, B: 0.3, C: -0.1}, "shuffled:prompt": {A0: 0.9}}
    of_two = {"prompt": {A0: 0.1, A1: 0.4, B: 0.2, C: 0.1}, "answer:style": {A0: 0.8}}
    write_scores(dataset, SCORE_ONE, f"prompts/{ONE}", of_one)
    write_scores(dataset, SCORE_TWO, f"prompts/{TWO}", of_two, config={"shuffled": True})
    return dataset
