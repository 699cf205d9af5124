"""What a removal is about: which videos and clips, and where they are."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.removal.finding import holdings, refuse_unknown
from pipeline.removal.tombstones import Gone, read_removals, url_digest
from pipeline.store import Dataset, now
from schemas.removal import Pending, Removals, Removed


@dataclass(frozen=True)
class Survey:
    """What is to be taken out, and where it is."""

    before: Removals
    videos: list[str]
    """Not removed before, as are `clips`."""
    clips: list[str]
    chosen_clips: list[str]
    """Those of the clips that are to have a tombstone of their own."""
    already: list[str]
    urls: dict[str, str]
    out: Gone
    """All that was ever removed, and this."""
    holding: list[str]
    """Shards that hold any of it."""
    tars: set[str]
    """Those of them that are cut, and those that an interrupted removal may have made anew."""

    @property
    def left(self) -> list[str]:
        """What an interrupted removal left."""
        return self.before.pending.ids if self.before.pending else []

    @property
    def ids(self) -> list[str]:
        """Of everything that is taken out by this call."""
        return sorted({*self.videos, *self.clips, *self.left})

    def tombstones(self, reason: str) -> Removals:
        """With what this call is to finish."""
        stamp = now()
        added = [
            Removed(
                id=each,
                kind="video",
                reason=reason,
                removed_at=stamp,
                url_sha256=url_digest(self.urls[each]),
            )
            for each in self.videos
        ]
        added += [
            Removed(id=each, kind="clip", reason=reason, removed_at=stamp)
            for each in self.chosen_clips
        ]
        pending = Pending(ids=self.ids, shards=sorted(self.tars)) if self.ids else None
        return Removals(removed=[*self.before.removed, *added], pending=pending)


def survey(dataset: Dataset, ids: Iterable[str]) -> Survey:
    """Look for videos and clips in the whole dataset, and for what an interrupted removal left.

    Raises:
        DatasetError: an id names nothing, or a file is damaged.
    """
    before = read_removals(dataset)
    known, held = Gone.of(before), holdings(dataset)
    wanted = list(dict.fromkeys(ids))
    already = [each for each in wanted if each in known.videos or known.clip(each)]
    here = sorted(set(wanted) - set(already))
    refuse_unknown(
        "video or clip",
        [each for each in here if each not in held.videos and each not in held.clips],
        [*held.videos, *held.clips],
    )
    videos = [each for each in here if each in held.videos]
    chosen = [each for each in here if each in held.clips]
    added = Gone(frozenset(videos), frozenset(chosen))
    out = Gone(known.videos | added.videos, known.clips | added.clips, known.urls)
    old = set(before.pending.shards) if before.pending else set()
    clips = [each for each in held.clips if out.clip(each)]
    return Survey(
        before=before,
        videos=videos,
        clips=sorted(each for each in clips if not known.clip(each)),
        chosen_clips=chosen,
        already=already,
        urls=held.urls,
        out=out,
        holding=sorted(held.shards_with(out)),
        tars=old | {held.clips[each] for each in clips},
    )
