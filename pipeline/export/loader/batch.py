"""What a trainer gets."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import DatasetError
from pipeline.export.loader.clips import LoadedClip

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Batch:
    """Clips that are used together."""

    audio: "torch.Tensor"
    """float32 [clips, samples], full scale = 1."""
    image: "torch.Tensor"
    """uint8 [clips, 3, height, width], RGB."""
    prompt: list[str]
    clip_id: list[str]
    meta: list[dict[str, Any]] = field(default_factory=list)
    """Each clip's columns, if they were asked for."""

    def __len__(self) -> int:
        return len(self.clip_id)

    def to(self, device: "torch.device | str", non_blocking: bool = False) -> "Batch":
        """The same batch with its tensors on `device`."""
        return replace(
            self,
            audio=self.audio.to(device, non_blocking=non_blocking),
            image=self.image.to(device, non_blocking=non_blocking),
        )

    def pin_memory(self) -> "Batch":
        """The same batch in page-locked memory; torch's DataLoader calls it."""
        return replace(self, audio=self.audio.pin_memory(), image=self.image.pin_memory())


def batch_of(clips: Sequence[LoadedClip]) -> Batch:
    """Clips as one batch.

    Raises:
        DatasetError: their sounds or pictures are not of one size.
    """
    import torch

    for name, remedy in (("audio", "export clips of one length"), ("image", "set `image_size`")):
        shapes = {getattr(clip, name).shape: clip.clip_id for clip in clips}
        if len(shapes) > 1:
            (one, first), (other, second) = list(shapes.items())[:2]
            raise DatasetError(
                f"The {name} of `{first}` is {list(one)}, that of `{second}` {list(other)}: a "
                f"batch needs one size; {remedy}, or take batches of one clip."
            )
    return Batch(
        audio=torch.from_numpy(np.stack([clip.audio for clip in clips])),
        image=torch.from_numpy(np.stack([clip.image for clip in clips])),
        prompt=[clip.prompt for clip in clips],
        clip_id=[clip.clip_id for clip in clips],
        meta=[clip.meta for clip in clips if clip.meta is not None],
    )
