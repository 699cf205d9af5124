"""What the user asks to run, and which clips of a shard a step is then asked for."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatch

from pipeline.errors import DatasetError
from pipeline.removal.finding import refuse_unknown
from pipeline.removal.tombstones import gone
from pipeline.standing import Standing
from pipeline.store import Dataset
from schemas import CLIPS

_SHOWN = 3


@dataclass(frozen=True)
class Choice:
    """What the user asked to run."""

    only: tuple[str, ...] = ()
    shards: str = "*"
    force: bool = False
    retry_failed: bool = False
    clips: frozenset[str] = frozenset()
    """Only these; all where there is none."""


EVERYTHING = Choice()


@dataclass(frozen=True)
class Wish:
    """What a choice means for one shard."""

    chosen: frozenset[str] | None = None
    """The shard's clips that were chosen; None for all."""
    force: bool = False
    retry_failed: bool = False


@dataclass(frozen=True)
class Ask:
    """The clips of a shard that a step is to run on."""

    clips: frozenset[str] | None = None
    """None for all."""
    keep: bool = False
    """Whether rows and failures of other clips stay. If not, those clips count as not asked for."""


ALL = Ask()
"""Every clip, afresh."""


def ask(
    stands: Standing, wish: Wish, across: bool, clips: Callable[[], frozenset[str]]
) -> Ask | None:
    """What a wish comes to. None: nothing is to be done. No clips: what there is to do waits for a
    step before it.

    Args:
        stands: not blocked.
        across: whether the stage looks across clips: it runs on all clips that it was ever asked
            for.
        clips: all of the shard.
    """
    part = stands.part
    if part is None or stands.changed is None or (wish.force and wish.chosen is None):
        chosen = wish.chosen if part is None else None  # what is stale is stale as a whole
        if chosen is None and not stands.withheld:
            return ALL
        return Ask((clips() if chosen is None else chosen) - stands.withheld)
    failed, not_asked = {each.clip_id for each in part.failures}, frozenset(part.not_asked)
    open_ones = not_asked | failed if wish.retry_failed else not_asked
    if wish.chosen is None:
        wanted = open_ones
    else:
        wanted = wish.chosen if wish.force else wish.chosen & open_ones
    wanted |= stands.changed
    if not wanted:
        return None
    wanted -= stands.withheld
    if across and wanted:
        return Ask((wanted | (clips() - not_asked)) - stands.withheld, keep=True)
    return Ask(frozenset(wanted), keep=True)


@dataclass
class Selected:
    """The shards and clips that a choice names."""

    shards: list[str]
    clips: dict[str, frozenset[str]] | None = None
    """By shard; None for all."""
    outside: list[str] = field(default_factory=list)
    """Chosen clips in shards that were not chosen."""

    def wish(self, choice: Choice, shard: str) -> Wish:
        """What the choice means for one of the shards."""
        chosen = None if self.clips is None else self.clips[shard]
        return Wish(chosen, choice.force, choice.retry_failed)


def select(dataset: Dataset, choice: Choice) -> Selected:
    """The committed shards that match the choice's pattern; of them, where clips were chosen, those
    that hold one.

    Raises:
        DatasetError: nothing matches, or a chosen clip is not in the dataset.
    """
    shards = matching(dataset, choice.shards)
    if not choice.clips:
        return Selected(shards)
    held = {
        clip_id: shard
        for shard in matching(dataset, "*")
        for clip_id in dataset.read_column(CLIPS, shard, "clip_id")
    }
    unknown = sorted(choice.clips - held.keys())
    out = gone(dataset)
    if removed := [clip_id for clip_id in unknown if out.clip(clip_id)]:
        raise DatasetError(
            f"{len(removed)} of {len(choice.clips)} clips were removed from this dataset, such as "
            f"`{removed[0]}`: take them off the list."
        )
    refuse_unknown("clip", unknown, held)
    by_shard: defaultdict[str, set[str]] = defaultdict(set)
    for clip_id in choice.clips:
        by_shard[held[clip_id]].add(clip_id)
    inside = {shard: frozenset(by_shard[shard]) for shard in shards if shard in by_shard}
    if not inside:
        raise DatasetError(
            f"None of the {len(choice.clips)} clips lies in a shard that `{choice.shards}` "
            f"matches: they are in {', '.join(sorted(by_shard)[:_SHOWN])}."
        )
    outside = sorted(choice.clips.difference(*inside.values()))
    return Selected(list(inside), inside, outside)


def clips_of(dataset: Dataset, shard: str) -> frozenset[str]:
    """The ids of a shard's clips."""
    return frozenset(dataset.read_column(CLIPS, shard, "clip_id"))


def matching(dataset: Dataset, pattern: str) -> list[str]:
    """The committed shards whose names match a glob pattern.

    Raises:
        DatasetError: there are shards, but none matches.
    """
    shards = [shard for shard in dataset.shards() if dataset.shard_manifest(shard)]
    found = [shard for shard in shards if fnmatch(shard, pattern)]
    if shards and not found:
        raise DatasetError(
            f"No shard matches `{pattern}`. There are {len(shards)}, "
            f"from {shards[0]} to {shards[-1]}."
        )
    return found
