"""The table by which datasets are compared: CLIPScore, B-CLIPScore, and the floor of both."""

from collections.abc import Mapping

from pipeline.audit.bootstrap import interval_of_mean
from pipeline.audit.data import AuditData
from pipeline.audit.groups import grouped, groups_of
from pipeline.audit.scores import CLIPSCORE_METRIC, Scored, clipscore, scored
from schemas.report import ClipScores, Mean
from schemas.score import shuffled

ANSWER = "answer:"
"""What the subjects of a frame captioner's answers begin with."""


def clipscores(data: AuditData) -> list[ClipScores]:
    """The whole dataset, then each source (a source is such as AMV or YT8m-MV), if there are
    several. Empty without CLIP scores.

    All figures are of one step, since those of two models do not compare: the first that scores
    prompts by CLIP; without one, the first that scores answers.
    """
    steps = [scored(step).get(CLIPSCORE_METRIC, {}) for step in data.steps]
    with_prompts = [step for step in steps if "prompt" in step]
    with_answers = [step for step in steps if _answers(step)]
    if not with_prompts and not with_answers:
        return []
    subjects = [*with_prompts, *with_answers][0]
    groups = groups_of(data)
    sources = sorted(set(groups.source.values()))
    of_source = {
        source: {clip: groups.video[clip] for clip, name in groups.source.items() if name == source}
        for source in sources
    }
    whole = _row(data.dataset, subjects, groups.video)
    if len(sources) == 1:
        return [whole]
    return [whole, *(_row(source, subjects, videos) for source, videos in of_source.items())]


def _answers(subjects: Mapping[str, Scored]) -> list[Scored]:
    return [one for subject, one in sorted(subjects.items()) if subject.startswith(ANSWER)]


def _row(name: str, subjects: Mapping[str, Scored], videos: Mapping[str, str]) -> ClipScores:
    """One line of the table.

    Args:
        videos: of each of its clips.
    """
    prompts = _of([subjects.get("prompt", Scored())], videos)
    answers = _of(_answers(subjects), videos)
    floor = _of([subjects.get(shuffled("prompt"), Scored())], videos)
    return ClipScores(
        name=name,
        clips=len({clip for clip, _ in (*prompts, *answers)}),
        clipscore=_mean(prompts, videos, "prompt"),
        b_clipscore=_mean(answers, videos, "answers"),
        shuffled=_mean(floor, videos, "shuffled prompt"),
    )


def _of(subjects: list[Scored], videos: Mapping[str, str]) -> list[tuple[str, float]]:
    """max(cosine, 0) of each text of these clips."""
    return [
        (clip, max(cosine, 0.0))
        for one in subjects
        for clip, cosine in one.values.items()
        if clip in videos
    ]


def _mean(values: list[tuple[str, float]], videos: Mapping[str, str], name: str) -> Mean | None:
    """None without values. What is drawn depends on the kind of text alone, so that equal values
    have equal intervals, be they a dataset's or a source's."""
    if not values:
        return None
    interval = interval_of_mean(grouped(values, videos), f"clipscore {name}")
    return Mean(value=clipscore([value for _, value in values]), interval=interval)
