"""A shard's media, held against its table."""

from collections.abc import Iterator

from pipeline.stage import Failure, Inputs, Sample
from schemas import CLIPS
from schemas.clip import Clip


def expected_samples(inputs: Inputs, failures: list[Failure]) -> Iterator[tuple[Clip, Sample]]:
    """Each clip of the table with its media, in the tar's order; `failures` gets the clips that
    the tar lacks, once the iterator is used up."""
    expected = {clip.clip_id: clip for clip in inputs.rows(CLIPS)}
    for sample in inputs.samples():
        if clip := expected.pop(sample.clip_id, None):
            yield clip, sample
    failures += [
        Failure(clip_id, "no_media", "the clip is in the table but not in its shard")
        for clip_id in sorted(expected)
    ]
