"""What became of each listed video, read from a dataset's tables."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.failures import kept_out, last_attempts
from pipeline.store import Dataset
from schemas import CLIPS
from tests.hostile.faults import FAULTS, Outcome
from tests.hostile.items import GOOD, LYRICS, PAIRS
from tests.hostile.world import World

KEPT: Outcome = ("kept", None)


def fates(dataset: Dataset, world: World) -> dict[str, Outcome]:
    """By the number of each listed video: `kept`, `dropped` or a class of failure, and why. What is
    `unaccounted` should not be."""
    clips = {clip.video_id for clip in dataset.read_all(CLIPS)}
    out: dict[str, dict[str, tuple[str, str]]] = {}
    found: dict[str, Outcome] = {}
    for video, media in last_attempts(dataset):
        if video.shard not in out:
            out[video.shard] = kept_out(dataset, video.shard)
        dropped = out[video.shard].get(video.video_id)
        if media is None:
            fate: Outcome = ("unaccounted", None)
        elif media.status != "ok":
            fate = (media.status, media.reason)
        elif dropped:
            fate = ("dropped", dropped[0])
        else:
            fate = KEPT if video.video_id in clips else ("lost clips", None)
        found[world.number_of(video.url)] = fate
    return found


def expected(kind: str, recovered: bool) -> set[Outcome]:
    """What may become of a video of that kind."""
    if kind in PAIRS:
        return {KEPT, ("dropped", "reupload")}
    if kind == LYRICS:
        return {("dropped", "title")}
    if kind == GOOD:
        return {KEPT}
    outcome = FAULTS[kind].last if recovered else FAULTS[kind].first
    return {KEPT if outcome[0] == "ok" else outcome}


@dataclass(frozen=True)
class Surprise:
    """A video that became something else."""

    number: str
    kind: str
    fate: Outcome

    def __str__(self) -> str:
        return f"{self.number} ({self.kind}): {said(self.fate)}"


def surprises(world: World, found: Mapping[str, Outcome], recovered: bool) -> list[Surprise]:
    """Where the fates differ from what the world's makers meant, and whole kinds that do."""
    wrong = [
        Surprise(number, kind, found.get(number, ("not listed", None)))
        for number, kind in world.kinds.items()
        if found.get(number) not in expected(kind, recovered)
    ]
    for kind in PAIRS:
        mine = [found.get(number) for number in world.numbers(kind)]
        if 2 * mine.count(KEPT) != len(mine):
            wrong.append(Surprise("all", kind, (f"{mine.count(KEPT)} of {len(mine)} kept", None)))
    return wrong


def by_kind(world: World, found: Mapping[str, Outcome]) -> dict[str, Counter[Outcome]]:
    """How often each fate came over each kind of video."""
    counts: dict[str, Counter[Outcome]] = defaultdict(Counter)
    for number, kind in world.kinds.items():
        counts[kind][found.get(number, ("not listed", None))] += 1
    return dict(counts)


def said(fate: Outcome) -> str:
    """A fate in a few words."""
    return f"{fate[0]} ({fate[1]})" if fate[1] else fate[0]
