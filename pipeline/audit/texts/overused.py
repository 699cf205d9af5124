"""Words that prompts use more than other texts do."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.texts.corpus import Corpus
from pipeline.audit.texts.words import stop_words
from pipeline.lines import clean_line
from schemas.report import WordUse

Uses = NDArray[np.float64]

SHOWN = 30
FEWEST = 5
"""Prompts that must have a word: what fewer have is chance, whatever its z."""
_CERTAIN = 1.96
"""z of a two-sided 95 %."""
_LONGEST = 40
"""Characters of a word that are shown."""


@dataclass(frozen=True)
class Reference:
    """What prompts are held against."""

    name: str
    """For people."""
    texts: int
    uses: Mapping[str, int]
    """For each word, the texts that have it."""


def reference(name: str, *corpora: Corpus) -> Reference:
    """All texts of corpora that share a vocabulary."""
    vocabulary = corpora[0].vocabulary
    uses = sum((corpus.uses() for corpus in corpora), np.zeros(len(vocabulary), np.int64))
    return Reference(
        name,
        sum(len(corpus) for corpus in corpora),
        {word: use for word, use in zip(vocabulary, uses.tolist(), strict=True) if use},
    )


def overused(prompts: Corpus, against: Reference) -> list[WordUse]:
    """The words that prompts overuse most, by the z of the log-odds ratio with an informative
    Dirichlet prior (Monroe, Colaresi and Quinn 2008, equations 15 to 22).

    The prior is how often both sides together use a word, so that rare words must differ more to
    count. A text uses a word once, however often it repeats it: one prompt that stammers makes no
    overuse. Stop words count on neither side, since captions are sentences and prompts are not.
    """
    vocabulary = list(prompts.vocabulary)
    ours = np.where(prompts.vocabulary.telling(), prompts.uses(), 0).astype(float)
    uses = (against.uses.get(word, 0) for word in vocabulary)
    theirs = np.where(ours > 0, np.fromiter(uses, float, len(vocabulary)), 0.0)
    stopped = stop_words()
    all_theirs = sum(use for word, use in against.uses.items() if word not in stopped)
    frequent = np.flatnonzero(ours >= FEWEST)
    z = _z(ours, ours.sum(), theirs, float(all_theirs))
    found = [
        WordUse(
            word=clean_line(vocabulary[word], _LONGEST),
            prompts=int(ours[word]),
            share=float(ours[word]) / len(prompts),
            reference_share=float(theirs[word]) / against.texts,
            z=float(z[word]),
        )
        for word in frequent[z[frequent] > _CERTAIN]
    ]
    return sorted(found, key=lambda use: (-use.z, use.word))[:SHOWN]


def _z(ours: Uses, all_ours: float, theirs: Uses, all_theirs: float) -> Uses:
    prior = ours + theirs
    known = (prior > 0) & (prior < all_ours + all_theirs)  # one word alone has no odds
    odds = [
        np.log((uses + prior)[known] / (total + all_ours + all_theirs - uses - prior)[known])
        for uses, total in ((ours, all_ours), (theirs, all_theirs))
    ]
    variance = 1 / (ours + prior)[known] + 1 / (theirs + prior)[known]
    z = np.zeros(len(ours))
    z[known] = (odds[0] - odds[1]) / np.sqrt(variance)
    return z
