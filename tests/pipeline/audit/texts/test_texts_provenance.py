"""Where prompts' words come from, by hand."""

import pytest

from pipeline.audit.texts.corpus import Vocabulary, read
from pipeline.audit.texts.kinds import Captions
from pipeline.audit.texts.provenance import provenance
from schemas.report import Provenance

Texts = dict[str, str] | list[tuple[str, str]]


def found(prompts: Texts, frames: Texts, music: Texts) -> Provenance | None:
    vocabulary = Vocabulary()
    said = [
        read(texts.items() if isinstance(texts, dict) else texts, vocabulary)
        for texts in (frames, music, prompts)
    ]
    return provenance(said[2], Captions(said[0], said[1]))


def test_each_word_is_counted_where_it_stands() -> None:
    said = found(
        {"c": "A cat drums on the red neon, neon drums."},
        {"c": "the cat is red"},
        {"c": "drums on a red night"},
    )

    # cat: frame; drums: music; red: both; neon: neither. Stop words and repeats do not count.
    assert said == Provenance(prompts=1, both=0.25, frame_only=0.25, music_only=0.25, neither=0.25)


def test_shares_are_means_over_prompts_and_add_up_to_one() -> None:
    said = found(
        {"c": "cat", "d": "cat dog bird", "e": "..."},
        [("c", "nothing"), ("c", "cat"), ("d", "dog")],
        {"d": "dog", "e": "cat"},
    )

    assert said is not None
    assert said.prompts == 2
    assert said.frame_only == pytest.approx(1 / 2)
    assert said.both == pytest.approx(1 / 6)
    assert said.neither == pytest.approx(1 / 3)
    assert said.both + said.frame_only + said.music_only + said.neither == pytest.approx(1.0)


def test_another_clips_captions_do_not_count() -> None:
    said = found({"c": "cat", "d": "cat"}, {"d": "cat", "c": "dog"}, {})

    assert said is not None
    assert (said.frame_only, said.neither) == (0.5, 0.5)


def test_a_prompt_without_captions_is_left_out() -> None:
    said = found({"c": "cat", "d": "dog"}, {"c": "cat"}, {"gone": "dog"})

    assert said == Provenance(prompts=1, both=0, frame_only=1, music_only=0, neither=0)


def test_without_captions_or_words_there_is_no_provenance() -> None:
    assert found({"c": "cat"}, {}, {}) is None
    assert found({}, {"c": "cat"}, {}) is None
    assert found({"c": "the of \U0001f3b8"}, {"c": "cat"}, {}) is None
