"""Random access to the clips of an export, decoded."""

import json
import os
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.errors import DatasetError, MediaError
from pipeline.export.loader.tars import Tars
from pipeline.media.decode import decode_audio, decode_frame
from pipeline.media.members import Member, members_of
from pipeline.media.raw import Mono, Rgb
from pipeline.media.shard import AUDIO_FORMATS
from schemas.table import Hertz

_OPEN = 32
"""Tars that a process keeps open: more than an order mixes by default."""


@dataclass(frozen=True)
class LoadedClip:
    """One clip, decoded."""

    clip_id: str
    audio: Mono
    """[samples]"""
    image: Rgb
    """[3, height, width]"""
    prompt: str
    meta: dict[str, Any] | None


@dataclass(frozen=True)
class Form:
    """What clips are decoded to."""

    rate: Hertz
    image_size: int | None
    """The side of the square that is cut from the middle of each frame, scaled; None leaves the
    frames as they are."""
    meta: bool = False
    """Also give each clip's columns."""


class Clips:
    """A map-style data set for `torch.utils.data.DataLoader`: clip number to clip, the numbers
    counted through all tars in the order of their names.

    A tar's headers are read when its first clip is asked for. Each process has its own open files.
    """

    def __init__(self, tars: Tars, form: Form) -> None:
        self._tars = tars
        self._form = form
        self._ends = list(accumulate(tars.clips))
        self._open: OrderedDict[int, _OpenTar] = OrderedDict()
        self._process = os.getpid()

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, number: int) -> LoadedClip:
        """
        Raises:
            DatasetError: the tar or the clip is damaged.
        """
        tar = bisect_right(self._ends, number)
        within = number - (self._ends[tar - 1] if tar else 0)
        opened = self._opened(tar)
        clip_id, members = opened.clips[within]
        try:
            return _loaded(clip_id, opened.read(members), self._form)
        except (MediaError, ValueError, KeyError) as error:
            what = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raise DatasetError(
                f"Clip `{clip_id}` in {opened.path} is damaged: {what} Copy that file again, or "
                "export the dataset again."
            ) from None

    def _opened(self, tar: int) -> "_OpenTar":
        if self._process != os.getpid():  # forked: positions in open files would be shared
            self._open, self._process = OrderedDict(), os.getpid()
        if tar not in self._open:
            self._open[tar] = _OpenTar(self._tars.paths[tar], self._tars.clips[tar])
        self._open.move_to_end(tar)
        if len(self._open) > _OPEN:
            self._open.popitem(last=False)[1].file.close()
        return self._open[tar]

    def __getstate__(self) -> dict[str, Any]:
        """Without open files: what a spawned process gets."""
        return vars(self) | {"_open": OrderedDict()}


class _OpenTar:
    """A tar and where its clips lie in it."""

    def __init__(self, path: Path, declared: int) -> None:
        self.path = path
        by_clip: dict[str, dict[str, Member]] = {}
        for member in members_of(path, ("txt",), "copy it again"):
            by_clip.setdefault(member.clip_id, {})[member.extension] = member
        if len(by_clip) != declared:
            raise DatasetError(
                f"{path} holds {len(by_clip)} clips, but its export declares {declared}: copy it "
                "again."
            )
        self.clips = list(by_clip.items())
        self.file: IO[bytes] = path.open("rb")

    def read(self, members: dict[str, Member]) -> dict[str, bytes]:
        found = {}
        for extension, member in members.items():
            found[extension] = member.read(self.file)
            if len(found[extension]) != member.size:
                raise ValueError(f"its {extension} ends too early.")
        return found


def _loaded(clip_id: str, parts: dict[str, bytes], form: Form) -> LoadedClip:
    audio_format = next((each for each in AUDIO_FORMATS if each in parts), "flac")
    meta = json.loads(parts["json"])
    if not isinstance(meta, dict):
        raise ValueError("its json holds no columns.")
    audio = decode_audio(parts[audio_format], form.rate)
    expected = round((meta["end_s"] - meta["start_s"]) * form.rate)
    if len(audio) != expected:
        raise ValueError(f"its audio has {len(audio):,} samples instead of {expected:,}.")
    return LoadedClip(
        clip_id=clip_id,
        audio=audio,
        image=_image(decode_frame(parts["jpg"]), form.image_size),
        prompt=parts["txt"].decode(),
        meta=meta if form.meta else None,
    )


def _image(picture: Image.Image, size: int | None) -> NDArray[np.uint8]:
    if size is not None:
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1))
