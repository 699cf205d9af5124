"""In which order an epoch goes through the clips, and which share of it is a rank's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """The order of every epoch. It follows from these facts alone, on every machine and with every
    number of workers."""

    clips: tuple[int, ...]
    """In each tar."""
    batch_size: int
    seed: int
    rank: int
    world: int
    shuffle: bool
    drop_last: bool
    window: int
    """How many tars are mixed with each other."""

    @property
    def clips_per_rank(self) -> int:
        """Equal for all ranks."""
        total = sum(self.clips)
        return total // self.world if self.drop_last else -(-total // self.world)

    @property
    def batches(self) -> int:
        """Of a rank in an epoch."""
        count = self.clips_per_rank
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def of_epoch(self, epoch: int) -> Numbers:
        """The numbers of the rank's clips, counted through all tars.

        The tars are put in a new order. Of the row of clips that they then make, each rank takes
        one stretch, so that it reads few of the tars; and in each stretch, the clips of `window`
        neighbouring tars are mixed. Where the clips are no multiple of the ranks, some at the end
        of the row go without their turn in this epoch, or without `drop_last`, some at its start
        have two.

        Returns:
            [clips_per_rank].
        """
        tars = np.arange(len(self.clips))
        if self.shuffle:
            tars = np.argsort(_lots(len(tars), self.seed, epoch, 0), kind="stable")
        counts, ends = np.array(self.clips)[tars], np.cumsum(self.clips)[tars]
        row = np.concatenate([np.arange(end - n, end) for n, end in zip(counts, ends, strict=True)])
        size = self.clips_per_rank
        mine = np.arange(self.rank * size, (self.rank + 1) * size) % len(row)
        if self.shuffle:
            windows = np.repeat(np.arange(len(tars)) // self.window, counts)[mine]
            lots = _lots(len(row), self.seed, epoch, 1)[mine]
            mine = mine[np.lexsort((lots, windows))]
        numbers: Numbers = row[mine]
        return numbers


def _lots(count: int, *seeds: int) -> NDArray[np.uint64]:
    """Raw output of PCG64, which numpy promises not to change, unlike its shuffling (NEP 19)."""
    raw: NDArray[np.uint64] = np.random.PCG64(np.random.SeedSequence(seeds)).random_raw(count)
    return raw
