"""ROUGE (Lin 2004): the words that two texts share, in any order or in theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cpdist

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Words:
    """The words of one text."""

    written: list[str]
    sorted: list[str]


def words_of(found: list[str]) -> Words:
    """Words in both orders."""
    return Words(found, sorted(found))


def rouge_1(ones: Sequence[Words], twos: Sequence[Words]) -> Floats:
    """F1 of single words, pair by pair; a word counts as often as both have it."""
    # Of sorted words, the longest common subsequence is all that both have.
    return _f1([one.sorted for one in ones], [two.sorted for two in twos])


def rouge_l(ones: Sequence[Words], twos: Sequence[Words]) -> Floats:
    """F1 of the longest common subsequence, pair by pair."""
    return _f1([one.written for one in ones], [two.written for two in twos])


def _f1(ones: Sequence[Sequence[str]], twos: Sequence[Sequence[str]]) -> Floats:
    """0 where a text has no words."""
    common = cpdist(ones, twos, scorer=LCSseq.similarity, dtype=np.int32)
    lengths = np.array([len(one) + len(two) for one, two in zip(ones, twos, strict=True)])
    return np.asarray(2.0 * common / np.maximum(lengths, 1), np.float64)
