"""How varied a sample of texts is."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain, pairwise

Sentence = Sequence[Hashable]

_ORDER = 4
_EPSILON = 0.1
"""Of smoothing, where no n-gram matches: nltk's `method1` (Chen and Cherry 2014), which Texygen,
the code of Zhu et al. 2018, takes."""


def distinct(sentences: Sequence[Sentence], order: int) -> float:
    """Different n-grams in all n-grams (Li et al. 2016); 0 where there are none."""
    grams = list(chain.from_iterable(_grams(sentence, order) for sentence in sentences))
    return len(set(grams)) / len(grams) if grams else 0.0


def self_bleu(sentences: Sequence[Sentence]) -> float | None:
    """Mean BLEU-4 of each sentence against all others (Zhu et al. 2018), 0 to 1.

    The same number as nltk's `sentence_bleu` with `method1` gives, in linear time: what a sentence
    may match of an n-gram is the most that any other has of it, and for that the two highest
    counts suffice.
    """
    if len(sentences) < 2:
        return None
    matched = [_matched(sentences, order) for order in range(1, _ORDER + 1)]
    closest = _closest_lengths([len(sentence) for sentence in sentences])
    values = [
        _bleu([found[number] for found in matched], len(sentence), closest[number])
        for number, sentence in enumerate(sentences)
    ]
    return math.fsum(values) / len(values)


def _matched(sentences: Sequence[Sentence], order: int) -> list[int]:
    """For each sentence: its n-grams that another has too, each as often as that other at most."""
    counts = [Counter(_grams(sentence, order)) for sentence in sentences]
    most: dict[Hashable, tuple[int, int, int]] = {}
    for number, grams in enumerate(counts):
        for gram, count in grams.items():
            first, holder, second = most.get(gram, (0, -1, 0))
            if count > first:
                most[gram] = (count, number, first)
            else:
                most[gram] = (first, holder, max(second, count))
    return [
        sum(
            min(count, second if holder == number else first)
            for gram, count in grams.items()
            for first, holder, second in (most[gram],)
        )
        for number, grams in enumerate(counts)
    ]


def _bleu(matched: list[int], length: int, closest: int) -> float:
    if not matched[0]:
        return 0.0
    logs = [
        math.log((count or _EPSILON) / max(1, length - order))
        for order, count in enumerate(matched)
    ]
    brevity = min(0.0, 1 - closest / length)
    return math.exp(brevity + math.fsum(logs) / _ORDER)


def _closest_lengths(lengths: list[int]) -> list[int]:
    """For each sentence: the length of another that is closest to its own; of two, the shorter."""
    known = Counter(lengths)
    ordered = sorted(known)
    closest = {}
    for length in ordered:
        place = bisect_left(ordered, length)
        others = [*ordered[max(0, place - 1) : place], *ordered[place + 1 : place + 2]]
        if known[length] > 1:
            others = [length]
        closest[length] = min(others, key=lambda other: (abs(other - length), other))
    return [closest[length] for length in lengths]


def _grams(sentence: Sentence, order: int) -> list[Hashable]:
    if order == 1:
        return list(sentence)
    if order == 2:
        return list(pairwise(sentence))
    shifted = (sentence[start:] for start in range(order))
    return list(zip(*shifted, strict=False))
