"""Batches for one rank of a trainer, in an order that can be repeated and taken up again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import DatasetError, FramesongError
from pipeline.export.loader.batch import Batch, batch_of
from pipeline.export.loader.clips import Clips, Form
from pipeline.export.loader.order import Order
from pipeline.export.loader.tars import tars_of

StartMethod = Literal["fork", "forkserver", "spawn"]


class ClipLoader:
    """Iterates over batches of clips, epoch after epoch.

    Each iteration goes on where the one before it stopped, to the end of that epoch; the next one
    is the next epoch. One iteration at a time.
    """

    def __init__(
        self,
        folder: Path | str,
        split: str = "train",
        *,
        batch_size: int,
        rate: int = 48_000,
        image_size: int | None = None,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        workers: int = 0,
        shuffle: bool = True,
        drop_last: bool = True,
        window: int = 8,
        meta: bool = False,
        pin_memory: bool = False,
        start_method: StartMethod | None = None,
    ) -> None:
        """
        Args:
            folder: of a webdataset export, on a disk.
            split: `train` or `eval`.
            batch_size: of each rank.
            rate: of the audio, in hertz; resampled where the clips have another.
            image_size: the side of the square that is cut from the middle of each frame and scaled,
                in pixels; without it, frames stay as they are, and those of a batch must be alike.
            seed: with the number of the epoch, it decides the order; nothing else does.
            rank: of this process, from 0.
            world: how many ranks share an epoch.
            workers: processes that decode; with 0, this one does. Any number gives the same.
            shuffle: without it, clips come in the order of the tars.
            drop_last: leave out the clips that do not fill a batch on every rank, others in each
                epoch. Without it, the last batch is smaller, and up to `world` - 1 clips come
                twice, so that the ranks stay equal. Evaluate with one rank and without it: then
                each clip comes once.
            window: how many tars are mixed with each other. More mix better; fewer read closer
                together.
            meta: also give each clip's columns.
            pin_memory: give tensors in page-locked memory.
            start_method: of the workers; torch's choice by default.

        Raises:
            ValueError: an argument is out of its range.
            DatasetError: there is no such export, or it has too few clips.
        """
        _check_least(1, batch_size=batch_size, world=world, window=window, rate=rate)
        _check_least(0, seed=seed, rank=rank, workers=workers)
        if image_size is not None:
            _check_least(1, image_size=image_size)
        if rank >= world:
            raise ValueError(f"`rank` is {rank}, but with `world` = {world} it is below {world}.")
        tars = tars_of(Path(folder), split)
        self._order = Order(tars.clips, batch_size, seed, rank, world, shuffle, drop_last, window)
        if not self._order.batches:
            raise DatasetError(
                f"{folder} has {sum(tars.clips)} clips of split `{split}`, too few for a batch of "
                f"{batch_size} on each of {world} ranks: lower `batch_size`, or set `drop_last` to "
                "False."
            )
        self._facts: dict[str, Any] = {
            "export": tars.digest,
            "split": split,
            "batch_size": batch_size,
            "seed": seed,
            "world": world,
            "shuffle": shuffle,
            "drop_last": drop_last,
            "window": window,
        }
        self._place = _Place()
        self._iteration = 0
        self._batches = _torch_loader(
            _Batches(Clips(tars, Form(rate, image_size, meta))),
            _Remaining(self._order, self._place),
            workers,
            pin_memory,
            start_method,
        )

    @property
    def epoch(self) -> int:
        """The epoch of the batch that comes next, from 0."""
        return self._place.epoch

    def __len__(self) -> int:
        """Batches of an epoch; equal for all ranks."""
        return self._order.batches

    def __iter__(self) -> Iterator[Batch]:
        """The batches that are left of the epoch.

        Raises:
            DatasetError: a tar or clip is damaged; names both.
        """
        self._iteration += 1
        mine = self._iteration
        for found in self._batches:
            if isinstance(found, FramesongError):
                raise found
            if self._iteration != mine:
                raise RuntimeError("another iteration of this loader was begun meanwhile")
            self._place.given += 1
            if self._place.given == len(self):
                self.set_epoch(self.epoch + 1)
            yield found

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of an epoch."""
        _check_least(0, epoch=epoch)
        self._place.epoch, self._place.given = epoch, 0

    def state_dict(self) -> dict[str, Any]:
        """The place of the batch that comes next: after those that were given out, whatever the
        workers have prepared. JSON-safe, and the same for all ranks."""
        return {**self._facts, "epoch": self.epoch, "batch": self._place.given}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there. Nothing that was given out before is read again. The number of workers,
        `rate` and `image_size` may be others than they were.

        Raises:
            DatasetError: the state is of another export, or of another order.
        """
        if missing := [key for key in self.state_dict() if key not in state]:
            raise DatasetError(f"This is no state of a ClipLoader: it has no `{missing[0]}`.")
        for key, value in self._facts.items():
            if state[key] == value:
                continue
            if key == "export":
                raise DatasetError(
                    "The state was saved with another export, or before clips were removed from "
                    "this one: go on with that one, or start an epoch by `set_epoch`."
                )
            raise DatasetError(
                f"The state was saved with `{key}` = {state[key]!r}, this loader has {value!r}: "
                "set it back, or start an epoch by `set_epoch`."
            )
        epoch, given = state["epoch"], state["batch"]
        if not (isinstance(epoch, int) and isinstance(given, int) and 0 <= given < len(self)):
            raise DatasetError(f"There is no batch {given!r} in epoch {epoch!r}.")
        self.set_epoch(epoch)
        self._place.given = given


@dataclass
class _Place:
    """The batch that comes next."""

    epoch: int = 0
    given: int = 0


@dataclass(frozen=True)
class _Remaining:
    """What torch asks for the numbers of each batch: those that are left of the epoch. It does not
    know the loader: in a circle, workers would live until the next garbage collection."""

    order: Order
    place: _Place

    def __iter__(self) -> Iterator[list[int]]:
        numbers, size = self.order.of_epoch(self.place.epoch), self.order.batch_size
        for batch in range(self.place.given, self.order.batches):
            yield numbers[batch * size : (batch + 1) * size].tolist()


class _Batches:
    """What torch asks for clips: gives them as a batch, or the error, which would otherwise come
    out of a worker wrapped in its traceback."""

    def __init__(self, clips: Clips) -> None:
        self._clips = clips

    def __len__(self) -> int:
        return len(self._clips)

    def __getitems__(self, numbers: Sequence[int]) -> Batch | FramesongError:
        try:
            return batch_of([self._clips[number] for number in numbers])
        except FramesongError as error:
            return error


def _as_it_is(batch: Any) -> Any:
    return batch


def _torch_loader(
    batches: _Batches,
    sampler: _Remaining,
    workers: int,
    pin_memory: bool,
    start_method: StartMethod | None,
) -> Any:
    import torch
    from torch.utils.data import DataLoader

    return DataLoader(
        batches,  # type: ignore[arg-type]  # no Dataset, but it has what is asked of one
        batch_sampler=sampler,
        num_workers=workers,
        collate_fn=_as_it_is,
        pin_memory=pin_memory,
        multiprocessing_context=start_method if workers else None,
        persistent_workers=workers > 0,
        generator=torch.Generator(),  # or each epoch would draw from the trainer's own
    )


def _check_least(least: int, **given: object) -> None:
    for name, value in given.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(
                f"`{name}` is {value!r}, but should be a whole number from {least} on."
            )
