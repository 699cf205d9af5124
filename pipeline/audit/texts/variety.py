"""How much prompts repeat one another, and themselves."""

import numpy as np

from pipeline.audit.texts.chance import drawn
from pipeline.audit.texts.corpus import Corpus, Numbers
from pipeline.audit.texts.diversity import distinct, self_bleu
from pipeline.audit.texts.near import near_groups, same_words
from pipeline.audit.texts.overused import Reference, overused
from pipeline.lines import clean_line
from schemas.report import Alike, Variety

GROUPS = 20
"""Groups of near-duplicates that a report names."""
_NAMED = 5
"""Clips of a group that it names."""
_SHOWN = 500
"""Characters of a group's text."""


def variety(prompts: Corpus, reference: Reference, sample: int) -> Variety | None:
    """The variety of one step's prompts, one for each clip; None where there are none.

    Args:
        prompts: in the dataset's order.
        reference: what `overused` holds them against.
        sample: prompts that `distinct_1`, `distinct_2` and `self_bleu` are measured on.
    """
    if not len(prompts):
        return None
    firsts = same_words(prompts)
    groups = near_groups(prompts, firsts)
    texts = {clip_id: text for text, clip_id in enumerate(prompts.clip_ids)}
    sentences = [prompts.sequence(texts[clip_id]) for clip_id in drawn(texts, sample)]
    return Variety(
        vocabulary=int(np.count_nonzero(prompts.uses())),
        repeated=int(np.count_nonzero(firsts != np.arange(len(prompts)))),
        near=int(np.count_nonzero(np.bincount(groups)[groups] > 1)),
        groups=_largest(prompts, groups),
        sample=len(sentences),
        distinct_1=distinct(sentences, 1),
        distinct_2=distinct(sentences, 2),
        self_bleu=self_bleu(sentences),
        overused=overused(prompts, reference),
        reference=reference.name,
    )


def _largest(prompts: Corpus, groups: Numbers) -> list[Alike]:
    """The largest groups of at least two; of equal ones, the earliest first."""
    sizes = np.bincount(groups)
    largest = np.argsort(-sizes, kind="stable")[:GROUPS]
    return [
        Alike(
            prompts=int(sizes[group]),
            text=clean_line(prompts.texts[group][:_SHOWN], _SHOWN),
            clip_ids=[prompts.clip_ids[text] for text in np.flatnonzero(groups == group)[:_NAMED]],
        )
        for group in largest.tolist()
        if sizes[group] > 1
    ]
