"""The clips on which variants differ most."""

from collections.abc import Mapping

from rapidfuzz.distance import Levenshtein

from pipeline.audit.compare.sides import Side, Sides
from pipeline.audit.links import at_second
from pipeline.store import Dataset
from schemas import VIDEOS
from schemas.clip import Clip
from schemas.report.comparison import ComparedClip, ComparedText

SHOWN = 20


def differing(
    dataset: Dataset, sides: Sides, clips: Mapping[str, Clip], measure: str | None
) -> list[ComparedClip]:
    """Half of them those on which the last variant is furthest above the first, half those on
    which it is furthest below, from the greatest difference to the least. Without a measure: those
    whose texts differ most. Frames and audio are not there yet.

    Args:
        clips: that all variants have.
        measure: of scores.
    """
    first, last = sides.variants[0], sides.variants[-1]
    gaps = _gaps(first, last, clips, measure) if measure else {}
    chosen = _extremes(gaps) if gaps else _unlike(first, last, clips)
    videos = {video.video_id: video for video in dataset.read_all(VIDEOS)}
    found = []
    for clip_id in chosen:
        clip = clips[clip_id]
        video = videos.get(clip.video_id)
        found.append(
            ComparedClip(
                clip_id=clip_id,
                title=video.title if video else None,
                url=at_second(video.url, clip.start_s) if video else None,
                start_s=clip.start_s,
                frame=None,
                audio=None,
                difference=gaps.get(clip_id),
                variants=[_said(side, clip_id) for side in sides.variants],
            )
        )
    return found


def _gaps(first: Side, last: Side, clips: Mapping[str, Clip], measure: str) -> dict[str, float]:
    """Last minus first, where they differ."""
    a, b = first.scores[measure], last.scores[measure]
    gaps = {clip: b[clip] - a[clip] for clip in clips if clip in a and clip in b}
    return {clip: gap for clip, gap in gaps.items() if gap}


def _extremes(gaps: Mapping[str, float]) -> list[str]:
    falling = sorted(gaps, key=lambda clip: (-gaps[clip], clip))
    above = [clip for clip in falling if gaps[clip] > 0][: SHOWN // 2]
    below = [clip for clip in falling if gaps[clip] < 0][-(SHOWN // 2) :]
    return [*above, *below]


def _unlike(first: Side, last: Side, clips: Mapping[str, Clip]) -> list[str]:
    """By the share of words that would have to be changed."""

    def words(side: Side, clip: str) -> list[str]:
        texts = side.said.texts.get(clip, {})
        return [word for _, text in sorted(texts.items()) for word in text.lower().split()]

    distances = {
        clip: Levenshtein.normalized_distance(words(first, clip), words(last, clip))
        for clip in clips
    }
    unlike = [clip for clip in distances if distances[clip] > 0]
    return sorted(unlike, key=lambda clip: (-distances[clip], clip))[:SHOWN]


def _said(side: Side, clip: str) -> ComparedText:
    values = {**side.scores, **side.said.values}
    return ComparedText(
        letter=side.letter,
        texts=side.said.texts.get(clip, {}),
        violations=side.said.violations.get(clip, []),
        values={measure: float(by[clip]) for measure, by in values.items() if clip in by},
    )
