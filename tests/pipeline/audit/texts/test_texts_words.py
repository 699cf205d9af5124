"""What a word is, and which kinds of text there are."""

import time

import pytest

from pipeline.audit.texts.chance import drawn
from pipeline.audit.texts.corpus import Vocabulary
from pipeline.audit.texts.kinds import captions, kinds
from pipeline.audit.texts.words import READ, stop_words, words
from tests.pipeline.audit.audit_data import answer, clip, dataset, music, prompt, step, video
from tests.pipeline.audit.texts.corpora import corpus


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A whimsical, neon-lit city!", ["a", "whimsical", "neon", "lit", "city"]),
        ("the singer's don\u2019t 'quoted'", ["the", "singer's", "don't", "quoted"]),
        ("Cafe\u0301 CAFÉ \uff23\uff21\uff26\uff25", ["café", "café", "cafe"]),
        ("4k, 8K_render", ["4k", "8k", "render"]),
        ("夜の city 都市", ["夜", "の", "city", "都", "市"]),
        ("\U0001f3b8\U0001f300 ... \n\t", []),
        ("a\x00b \ud800c", ["a", "b", "c"]),
        ("", []),
    ],
)
def test_words_are_lower_case_without_punctuation(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_only_the_beginning_of_a_huge_text_is_read() -> None:
    assert len(words("a b " * 250_000)) == READ // 2
    assert words("x" * 1_000_000) == ["x" * READ]


def test_a_pile_of_accents_takes_no_time() -> None:
    start = time.process_time()
    words("a" + "\u0301\u0316" * 500_000)
    assert time.process_time() - start < 0.5


def test_stop_words_are_words_as_texts_have_them() -> None:
    assert {"the", "of", "don't", "it's"} <= stop_words()
    assert [word for word in stop_words() if words(word) != [word]] == []


def test_a_corpus_gives_equal_words_equal_numbers() -> None:
    vocabulary = Vocabulary()
    ours, theirs = corpus(["a cat", "", "a a dog"], vocabulary), corpus(["Dog"], vocabulary)

    assert [ours.sequence(n) for n in range(3)] == [[0, 1], [], [0, 0, 2]]
    assert theirs.sequence(0) == [2]
    assert ours.uses().tolist() == [2, 1, 1]
    assert ours.lengths.tolist() == [2, 0, 3]


def test_a_draw_stays_when_clips_are_added() -> None:
    few = [f"c{n}" for n in range(50)]
    first = drawn(few, 10)
    again = drawn([*reversed(few), *(f"d{n}" for n in range(5))], 10)

    assert len(set(first)) == 10
    assert len(set(first) & set(again)) >= 7
    assert drawn(few, 100) != few
    assert sorted(drawn(few, 100)) == sorted(few)


def test_kinds_are_named_by_question_and_by_step_where_several_write_them() -> None:
    clips = [clip("v", 0.0)]
    c = clips[0].clip_id
    steps = [
        step("lp", "music_captions", [music(c, "music one")]),
        step("blip2", "frame_captions", [answer(c, "first"), answer(c, "red", "colour")]),
        step("vlm", "frame_captions", [answer(c, "second")]),
        step("summarise", "prompts", [prompt(c, text="the prompt"), prompt("gone", text="x")]),
        step("waiting", "prompts", []),
    ]
    found = kinds(dataset([video("v")], clips, steps))

    assert {name: texts[c] for name, texts in found.items()} == {
        "prompt": "the prompt",
        "answer:describe (blip2)": "first",
        "answer:describe (vlm)": "second",
        "answer:colour": "red",
        "music_caption": "music one",
    }
    assert next(iter(found)) == "prompt"
    assert list(found["prompt"]) == [c]


def test_captions_are_told_apart_by_what_they_describe() -> None:
    steps = [
        step("blip2", "frame_captions", [answer("c", "a cat"), answer("c", "red", "colour")]),
        step("lp", "music_captions", [music("c", "a drum")]),
    ]
    found = captions(dataset([], [], steps), Vocabulary())

    assert found.frames.texts == ["a cat", "red"]
    assert found.music.texts == ["a drum"]
    assert found.frames.vocabulary is found.music.vocabulary
