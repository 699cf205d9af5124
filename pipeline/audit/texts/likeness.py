"""How alike the vocabularies of prompts and of DiffusionDB are."""

import numpy as np

from pipeline.audit.texts.chance import drawn
from pipeline.audit.texts.corpus import Corpus, Numbers, among, different
from schemas.report import Likeness

LARGEST = 20_000
"""Prompts of each side: more change the similarity, since vocabularies grow, and say no more."""


def likeness(prompts: Corpus, others: Corpus) -> Likeness | None:
    """Hold equally many prompts of each side against each other; vocabularies grow with the number
    of texts, so others than equal ones do not compare. None where there are no prompts.

    Args:
        prompts: one for each clip.
        others: prompts of DiffusionDB in random order, of the same vocabulary; at least two.
    """
    each = min(len(prompts), len(others) // 2, LARGEST)
    if not each:
        return None
    texts = {clip_id: text for text, clip_id in enumerate(prompts.clip_ids)}
    ours = np.array([texts[clip_id] for clip_id in drawn(texts, each)])
    theirs = np.arange(each)
    sides = _words(prompts, ours), _words(others, theirs), _words(others, theirs + each)
    return Likeness(
        prompts=each, jaccard=_jaccard(sides[0], sides[1]), ceiling=_jaccard(sides[1], sides[2])
    )


def _words(corpus: Corpus, texts: Numbers) -> Numbers:
    wanted = np.zeros(len(corpus), bool)
    wanted[texts] = True
    return different(corpus.ids[wanted[corpus.places()]])


def _jaccard(one: Numbers, two: Numbers) -> float:
    """Of two sets; 0 where both are empty."""
    both = int(np.count_nonzero(among(one, two)))
    either = len(one) + len(two) - both
    return both / either if either else 0.0
