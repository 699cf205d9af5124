"""What each two kinds of text about the same clips have in common."""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from pipeline.audit.bootstrap import interval_of_mean
from pipeline.audit.data import AuditData
from pipeline.audit.texts.bert import Values, bert_scores
from pipeline.audit.texts.chance import drawn
from pipeline.audit.texts.kinds import Kinds, Pair, kinds
from pipeline.audit.texts.rouge import Floats, rouge_1, rouge_l, words_of
from pipeline.audit.texts.words import words
from schemas.report import Interval, Overlap

COMPARISONS = 2_000_000
"""Of two texts, over which ROUGE takes less than a minute: 100,000 clips and 15 pairs of kinds, and
some more. Beyond that, a sample of clips is measured."""
_AT_ONCE = 1_000
"""Clips whose words are held at a time."""


def overlaps(data: AuditData) -> list[Overlap]:
    """Each two kinds of text that some clips both have.

    Raises:
        MissingCheckpoint: BERTScore is asked for, and its model is not on this machine.
        FramesongError: its model is no language encoder, or has no such layer.
    """
    texts = kinds(data)
    pairs = list(combinations(texts, 2))
    clips = [clip.clip_id for clip in data.clips]
    if len(clips) * len(pairs) > COMPARISONS:
        clips = drawn(clips, max(1, COMPARISONS // len(pairs)))
    rouge = _rouge(texts, pairs, clips)
    sample = drawn(clips, data.settings.sample)
    bert = bert_scores(texts, list(rouge), sample, data.settings) if rouge else {}
    videos = {clip.clip_id: clip.video_id for clip in data.clips}
    return [_overlap(pair, *rouge[pair], bert.get(pair, {}), videos) for pair in rouge]


def _rouge(
    texts: Kinds, pairs: Sequence[Pair], clips: Sequence[str]
) -> dict[Pair, tuple[Floats, Floats]]:
    """For each pair that some clips both have: F1 of ROUGE-1 and ROUGE-L over these clips."""
    parts: dict[Pair, list[tuple[Floats, Floats]]] = defaultdict(list)
    for start in range(0, len(clips), _AT_ONCE):
        some = clips[start : start + _AT_ONCE]
        found = {
            kind: {
                clip_id: words_of(words(by_clip[clip_id])) for clip_id in some if clip_id in by_clip
            }
            for kind, by_clip in texts.items()
        }
        for a, b in pairs:
            both = [clip_id for clip_id in some if clip_id in found[a] and clip_id in found[b]]
            ones, twos = ([found[kind][clip_id] for clip_id in both] for kind in (a, b))
            if both:
                parts[a, b].append((rouge_1(ones, twos), rouge_l(ones, twos)))
    return {
        pair: (
            np.concatenate([part[0] for part in done]),
            np.concatenate([part[1] for part in done]),
        )
        for pair in pairs
        if (done := parts.get(pair))
    }


def _overlap(
    pair: Pair, singles: Floats, sequences: Floats, bert: Values, videos: dict[str, str]
) -> Overlap:
    return Overlap(
        a=pair[0],
        b=pair[1],
        clips=len(singles),
        rouge_1=float(singles.mean()),
        rouge_l=float(sequences.mean()),
        bert_score=math.fsum(bert.values()) / len(bert) if bert else None,
        bert_score_interval=_interval(pair, bert, videos) if bert else None,
        bert_score_clips=len(bert),
    )


def _interval(pair: Pair, values: Values, videos: dict[str, str]) -> Interval:
    by_video: dict[str, list[float]] = defaultdict(list)
    for clip_id, value in values.items():
        by_video[videos[clip_id]].append(value)
    return interval_of_mean(by_video, f"bert_score {pair[0]} {pair[1]}")
