"""Texts that say nearly the same: Jaccard similarity of their word triples of at least 0.7.

All such pairs are found, and not most of them, as hashing would. Two sets that are so alike share
one of the rarest three tenths of either's triples (prefix filtering: Chaudhuri, Ganti and Kaushik
2006; Bayardo, Ma and Srikant 2007), so only texts that share a rare triple are compared; a few bits
of each set rule most of these out (Sandes et al. 2020), and the rest are compared exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.texts.corpus import Corpus, Numbers, among, different

Hashes = NDArray[np.uint64]

NEIGHBOURS = 64
"""Of the texts that share a triple, each is compared with at least so many that follow it in the
dataset, where clips of one video stand together. More share one of their rarest triples only where
thousands are cut to one pattern; they must not become millions of millions of pairs."""
_PAIRS = 1 << 25
"""Up to so many pairs, each is compared with all that follow it."""
_WORDS = 3
_AT_ONCE = 1 << 20
"""Triples that are looked up at a time."""


def same_words(corpus: Corpus) -> Numbers:
    """For each text: the first text of the same words, itself perhaps."""
    firsts: dict[bytes, int] = {}
    starts = corpus.starts.tolist()
    keys = (corpus.ids[a:b].tobytes() for a, b in pairwise(starts))
    return np.fromiter(
        (firsts.setdefault(key, text) for text, key in enumerate(keys)), np.int64, len(corpus)
    )


def near_groups(corpus: Corpus, firsts: Numbers) -> Numbers:
    """For each text: the first text of its group. Texts that are nearly the same are in one group,
    and so is what either is nearly the same as.

    Args:
        firsts: from `same_words`.
    """
    sets = _triple_sets(corpus, firsts)
    groups = np.arange(len(corpus))
    for one, two in _candidates(sets):
        apart = groups[one] != groups[two]
        one, two = _near(sets, one[apart], two[apart])
        _join(groups, one, two)
    return groups[firsts]


@dataclass(frozen=True)
class _Sets:
    """Sets of triples, which are numbered so that rarer ones come first."""

    entries: Numbers
    """`text * kinds + triple` for each triple of each text, rising."""
    kinds: int
    starts: Numbers
    """Where each text's entries begin, and at last their number."""
    shared: NDArray[np.bool_]
    """For each triple: whether several texts have it."""
    sketches: Hashes
    """128 bits of each text, [texts, 2]: one set for each triple."""

    @property
    def sizes(self) -> Numbers:
        return np.diff(self.starts)


def _triple_sets(corpus: Corpus, firsts: Numbers) -> _Sets:
    """The sets of texts that are their own firsts; the others' are empty."""
    hashes, texts = _triples(corpus, firsts)
    _, triples = np.unique(hashes, return_inverse=True)
    kinds = max(1, int(triples.max(initial=0)) + 1)
    texts, triples = np.divmod(different(texts * kinds + triples), kinds)
    texts_with = np.bincount(triples, minlength=kinds)
    order = np.argsort(texts_with, kind="stable")
    rank = np.empty(kinds, np.int64)
    rank[order] = np.arange(kinds)
    entries = np.sort(texts * kinds + rank[triples])
    starts = np.searchsorted(entries, np.arange(len(corpus) + 1) * kinds)
    return _Sets(entries, kinds, starts, texts_with[order] > 1, _sketches(entries, kinds, starts))


def _triples(corpus: Corpus, firsts: Numbers) -> tuple[Hashes, Numbers]:
    """A hash of each three words in a row, and the text that they stand in. A text of one or two
    words has one triple, with blanks at its end."""
    texts = corpus.places()
    ends = corpus.starts[1:][texts]
    at = np.arange(len(corpus.ids))
    hashes = np.zeros(len(at), np.uint64)
    for shift in range(_WORDS):
        inside = at + shift < ends
        word = np.where(inside, corpus.ids[np.minimum(at + shift, len(at) - 1)] + 1, 0)
        hashes = _mixed(hashes + word.astype(np.uint64))
    whole = (at + _WORDS <= ends) | (at == corpus.starts[:-1][texts])
    wanted = whole & (firsts[texts] == texts)
    return hashes[wanted], texts[wanted]


def _mixed(values: Hashes) -> Hashes:
    """SplitMix64 (Steele, Lea and Flood 2014): neighbouring numbers end far apart."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def _sketches(entries: Numbers, kinds: int, starts: Numbers) -> Hashes:
    bits = _mixed((entries % kinds).astype(np.uint64)) % np.uint64(128)
    sketches = np.zeros((len(starts) - 1, 2), np.uint64)
    place = entries // kinds, (bits // np.uint64(64)).astype(np.int64)
    np.bitwise_or.at(sketches, place, np.uint64(1) << bits % np.uint64(64))
    return sketches


def _candidates(sets: _Sets) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of texts that share one of their rarest triples, the earlier first. Each time, of each
    two texts that are so many places apart among those that share it."""
    texts, triples = np.divmod(sets.entries, sets.kinds)
    sizes = sets.sizes[texts]
    place = np.arange(len(texts)) - sets.starts[texts]
    prefix = sizes - (7 * sizes + 9) // 10 + 1
    wanted = (place < prefix) & sets.shared[triples]
    texts, triples = texts[wanted], triples[wanted]
    order = np.argsort(triples, kind="stable")
    texts, triples = texts[order], triples[order]
    for distance in range(1, 1 + max(NEIGHBOURS, _PAIRS // max(1, len(texts)))):
        together = triples[distance:] == triples[:-distance]
        if not together.any():
            return
        yield texts[:-distance][together], texts[distance:][together]


def _near(sets: _Sets, one: Numbers, two: Numbers) -> tuple[Numbers, Numbers]:
    """Those pairs that are near-duplicates."""
    pairs = different(one * len(sets.starts) + two)
    one, two = np.divmod(pairs, len(sets.starts))
    both = sets.sizes[one] + sets.sizes[two]
    needed = (7 * both + 16) // 17  # shared >= 0.7 * (both - shared)
    differing = np.bitwise_count(sets.sketches[one] ^ sets.sketches[two]).sum(axis=1)
    possible = (differing.astype(np.int64) <= both - 2 * needed) & (
        np.minimum(sets.sizes[one], sets.sizes[two]) >= needed
    )
    one, two, needed = one[possible], two[possible], needed[possible]
    near = _shared(sets, one, two) >= needed
    return one[near], two[near]


def _shared(sets: _Sets, one: Numbers, two: Numbers) -> Numbers:
    """How many triples each pair has in common."""
    sizes = sets.sizes[one]
    shared = np.zeros(len(one), np.int64)
    batches = np.flatnonzero(np.diff(np.cumsum(sizes) // _AT_ONCE)) + 1
    for pairs in np.split(np.arange(len(one)), batches):
        of = np.repeat(pairs, sizes[pairs])
        within = np.arange(len(of)) - np.repeat(
            np.cumsum(sizes[pairs]) - sizes[pairs], sizes[pairs]
        )
        triples = sets.entries[sets.starts[one[of]] + within] % sets.kinds
        wanted = two[of] * sets.kinds + triples
        shared += np.bincount(of[among(wanted, sets.entries)], minlength=len(one))
    return shared


def _join(groups: Numbers, one: Numbers, two: Numbers) -> None:
    """Make one group of each pair's two, known by its first text."""
    while len(apart := np.flatnonzero(groups[one] != groups[two])):
        one, two = one[apart], two[apart]
        low = np.minimum(groups[one], groups[two])
        np.minimum.at(groups, groups[one], low)
        np.minimum.at(groups, groups[two], low)
        while not np.array_equal(higher := groups[groups], groups):
            groups[:] = higher
