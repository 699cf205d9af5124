"""What stages share that hold a clip's texts against its frame or its music."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from pipeline.stage import Failure, Inputs
from schemas.manifest import ModelRecord
from schemas.score import Score

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")

Texts = Mapping[str, Mapping[str, str]]
"""Each clip's texts by subject."""
Cosine = tuple[float, bool]
"""With whether the text was cut."""


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


def cosines(
    media: "Tensor",
    texts: Sequence[Mapping[str, str]],
    embed_texts: Callable[[Sequence[str]], tuple["Tensor", list[bool]]],
) -> list[dict[str, Cosine]]:
    """For each clip: subject to cosine.

    Args:
        media: unit vectors, [clips, width].
        texts: for each clip, by subject.
        embed_texts: gives unit vectors, and which texts were cut.
    """
    asked = [(n, subject, text) for n, one in enumerate(texts) for subject, text in one.items()]
    vectors, truncated = embed_texts([text for _, _, text in asked])
    values = (media[[n for n, _, _ in asked]] * vectors).sum(-1).tolist()
    found: list[dict[str, Cosine]] = [{} for _ in texts]
    for (n, subject, _), value, cut in zip(asked, values, truncated, strict=True):
        found[n][subject] = (value, cut)
    return found


def scores(
    clip_id: str, found: Mapping[str, Cosine], metric: str, used: ModelRecord
) -> Iterator[Score]:
    """A clip's rows."""
    for subject, (value, truncated) in found.items():
        yield Score(
            clip_id=clip_id,
            metric=metric,
            subject=subject,
            value=value,
            truncated=truncated,
            model=used.model,
            revision=used.revision,
        )
