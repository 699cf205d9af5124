"""Self-BLEU and distinct-n, by hand and against nltk."""

import random

import pytest
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from pipeline.audit.texts.diversity import distinct, self_bleu


def nltk_self_bleu(sentences: list[list[str]]) -> float:
    smooth = SmoothingFunction().method1
    values = [
        sentence_bleu(sentences[:n] + sentences[n + 1 :], sentence, smoothing_function=smooth)
        for n, sentence in enumerate(sentences)
    ]
    return float(sum(values) / len(values))


def test_distinct_counts_different_words_in_all_words() -> None:
    sentences = [["a", "b", "a", "b"], ["a", "b"], ["c"]]

    assert distinct(sentences, 1) == 3 / 7
    assert distinct(sentences, 2) == 2 / 4  # ab ba ab | ab
    assert distinct([], 1) == 0.0
    assert distinct([["a"]], 2) == 0.0


def test_equal_sentences_have_a_self_bleu_of_one() -> None:
    assert self_bleu([["a", "b", "c", "d", "e"]] * 3) == pytest.approx(1.0)


def test_sentences_without_a_common_word_have_a_self_bleu_of_zero() -> None:
    assert self_bleu([["a", "b", "c", "d"], ["e", "f", "g", "h"]]) == 0.0


def test_self_bleu_by_hand() -> None:
    # Of "a b c d e": 4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples; likewise back.
    sentences = [["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "f"]]
    expected = (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert self_bleu(sentences) == pytest.approx(expected)


def test_one_sentence_has_no_self_bleu() -> None:
    assert self_bleu([["a"]]) is None
    assert self_bleu([]) is None


@pytest.mark.parametrize("seed", range(20))
def test_self_bleu_is_nltks(seed: int) -> None:
    chance = random.Random(seed)
    known = [f"w{n}" for n in range(chance.choice([2, 6, 40]))]
    sentences = [chance.choices(known, k=chance.randrange(16)) for _ in range(25)]

    assert self_bleu(sentences) == pytest.approx(nltk_self_bleu(sentences), abs=1e-12)


def test_sentences_of_few_words_are_smoothed_as_nltk_does() -> None:
    sentences = [["a"], ["a", "b"], ["a", "b", "c"], []]

    assert self_bleu(sentences) == pytest.approx(nltk_self_bleu(sentences), abs=1e-12)
