"""What stages share that hold a clip's texts against its frame or its music."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pipeline.stage import Failure, Inputs
from pipeline.stages.shuffling import partners
from schemas import CLIPS
from schemas.manifest import ModelRecord
from schemas.score import Score, shuffled

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline.models.batches import DoesNotFit

T = TypeVar("T")

Texts = Mapping[str, Mapping[str, str]]
"""Each clip's texts by subject."""


@dataclass(frozen=True)
class EmbeddedText:
    """One text as the model reads it."""

    vector: "Tensor"
    """Of length 1, [width], on the CPU."""
    truncated: bool


@dataclass(frozen=True)
class EmbeddedClip:
    """One clip as the model sees or hears it."""

    media: "Tensor"
    """Of length 1, [width], on the CPU."""
    texts: Mapping[str, EmbeddedText]
    """By subject."""


@dataclass(frozen=True)
class Scale:
    """What the rows of one run say about their values."""

    metric: str
    used: ModelRecord


def without_empty(texts: Texts, inputs: Inputs) -> Texts:
    """An empty text says nothing that could fit or not: it gets no score, and `inputs` is told how
    many there were."""
    empty = sum(not text.strip() for by_subject in texts.values() for text in by_subject.values())
    if empty:
        inputs.note(f"{empty} empty text(s) were not scored.")
    return {
        clip_id: {subject: text for subject, text in by_subject.items() if text.strip()}
        for clip_id, by_subject in texts.items()
    }


def with_text(
    media: Iterator[tuple[str, T]], texts: Texts, failures: list[Failure], none: str
) -> Iterator[tuple[str, T]]:
    """The clips that have a text to be scored; `failures` gets the others, `none` as the detail of
    those that have no text at all."""
    for clip_id, one in media:
        if texts.get(clip_id):
            yield clip_id, one
        elif clip_id in texts:
            failures.append(Failure(clip_id, "empty_text", "all of the clip's texts are empty"))
        else:
            failures.append(Failure(clip_id, "no_text", none))


def embedded(
    media: "Tensor",
    texts: Sequence[Mapping[str, str]],
    embed_texts: Callable[[Sequence[str]], tuple["Tensor", list[bool]]],
) -> list[EmbeddedClip]:
    """The clips of one batch.

    Args:
        media: unit vectors, [clips, width].
        texts: for each clip, by subject.
        embed_texts: gives unit vectors, and which texts were cut.
    """
    vectors, truncated = embed_texts([text for one in texts for text in one.values()])
    read = iter(map(EmbeddedText, vectors.cpu(), truncated))
    return [
        EmbeddedClip(seen, {subject: next(read) for subject in one})
        for seen, one in zip(media.cpu(), texts, strict=True)
    ]


def score_all(
    clips: Iterable[tuple[str, "EmbeddedClip | DoesNotFit"]],
    scale: Scale,
    inputs: Inputs,
    with_shuffled: bool,
) -> Iterator[Score | Failure]:
    """Each clip's rows, or its failure; then, if asked for, those of shuffled pairs."""
    done: dict[str, EmbeddedClip] = {}
    for clip_id, clip in clips:
        if isinstance(clip, EmbeddedClip):
            yield from _scores(clip_id, clip.media, clip.texts, scale)
            if with_shuffled:
                done[clip_id] = clip
        else:
            yield Failure(clip_id, "out_of_memory", clip.detail)
    if done:
        yield from _shuffled(done, scale, inputs)


def _shuffled(clips: Mapping[str, EmbeddedClip], scale: Scale, inputs: Inputs) -> Iterator[Score]:
    """Each subject's texts, against the media of clips of other videos that have that subject too.
    `inputs` is told of which subjects there are none."""
    videos = {clip.clip_id: clip.video_id for clip in inputs.rows(CLIPS)}
    lonely = []
    for subject in sorted({subject for clip in clips.values() for subject in clip.texts}):
        having = {clip_id: videos[clip_id] for clip_id in clips if subject in clips[clip_id].texts}
        pairs = partners(having)
        if not pairs:
            lonely.append(subject)
        for clip_id, partner in pairs.items():
            texts = {shuffled(subject): clips[partner].texts[subject]}
            yield from _scores(clip_id, clips[clip_id].media, texts, scale)
    if lonely:
        inputs.note(f"One video alone has texts: no shuffled pairs of {', '.join(lonely)}.")


def _scores(
    clip_id: str, media: "Tensor", texts: Mapping[str, EmbeddedText], scale: Scale
) -> Iterator[Score]:
    for subject, text in texts.items():
        yield Score(
            clip_id=clip_id,
            metric=scale.metric,
            subject=subject,
            value=float(media @ text.vector),
            truncated=text.truncated,
            model=scale.used.model,
            revision=scale.used.revision,
        )
