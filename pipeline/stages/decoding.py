"""A shard's media, decoded one after the other for the stages that look at them or listen."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from PIL import Image

from pipeline.errors import MediaError
from pipeline.stage import Failure, Inputs, Sample
from pipeline.stages.samples import expected_samples
from schemas.table import Hertz

if TYPE_CHECKING:
    from pipeline.media.raw import Mono

T = TypeVar("T")


def decoded_frames(inputs: Inputs, failures: list[Failure]) -> Iterator[tuple[str, Image.Image]]:
    """`(clip_id, RGB image)` for each clip whose frame can be decoded; `failures` gets the others.

    `failures` is complete once the iterator is used up: every clip of `inputs` is then in one of
    the two.
    """
    from pipeline.media.decode import decode_frame

    return _decoded(inputs, failures, lambda sample: decode_frame(sample.frame))


def decoded_audio(
    inputs: Inputs, failures: list[Failure], rate: Hertz
) -> Iterator[tuple[str, "Mono"]]:
    """`(clip_id, samples)` for each clip whose audio can be decoded, as mono at `rate`; `failures`
    as with frames."""
    from pipeline.media.decode import decode_audio

    return _decoded(inputs, failures, lambda sample: decode_audio(sample.audio, rate))


def _decoded(
    inputs: Inputs, failures: list[Failure], decode: Callable[[Sample], T]
) -> Iterator[tuple[str, T]]:
    for clip, sample in expected_samples(inputs, failures):
        try:
            media = decode(sample)
        except MediaError as error:
            failures.append(Failure(clip.clip_id, error.reason, error.detail))
        else:
            yield clip.clip_id, media
