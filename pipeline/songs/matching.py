"""Compares a shard with all that was accepted before it, and within itself, and decides.

Two videos are copies if their files are equal, if sound and pictures both are, or if the pictures
are and the sound is not: pitch and speed are changed to get past a site's own search, and a muted
copy may get other music. Equal sound under other pictures is another video to the same song.

Of copies one stays: the one in an earlier shard, for shards never change, else the best of this
shard. All of a song is on one side of the split: what turns out to be of a song on the other side
is dropped.
"""

from collections.abc import Iterator

from pipeline.songs.library import Library, Matched
from pipeline.songs.links import Link, Links, Shard, entries
from pipeline.songs.merging import Merged, merge
from schemas.match import MATCHES, Consequence, Match

_LISTED_AS_ONE = 100.0
"""Score for a video that has nothing in common with the other side but what listing said."""


def match_shard(library: Library, shard: Shard) -> Matched:
    """What is to be written for a shard: its matches, and the song of each of its videos.

    Changes nothing, so it may be called again; once all is written, tell the library by
    `Library.add`. Does not depend on the order of the rows.
    """
    links = _all_links(library, shard)
    merged = merge(library, shard, links)
    rows = {MATCHES.key_of(row): row for row in _rows(library, shard, links, merged)}
    told = {row.video_id for row in rows.values() if row.consequence != "same_song"}
    for video_id in sorted(links.keys() - told):
        if merged[video_id].goes:
            row = _by_listing(video_id, library, merged)
            rows[MATCHES.key_of(row)] = row
    songs = {video_id: merged[video_id].song for video_id in sorted(merged)}
    return Matched([rows[key] for key in sorted(rows)], songs)


def _all_links(library: Library, shard: Shard) -> Links:
    """Each accepted video is compared with the library and with the better ones of its own shard,
    those that are copies left out."""
    ranked = entries(shard)
    own = Library(library.settings)
    for entry in ranked:
        if not entry.renamed:
            own.name(entry, entry.video_id, is_news=False)
    links: Links = {}
    for entry in ranked:
        found = links[entry.video_id] = [*library.links(entry), *own.links(entry)]
        if not any(link.is_copy for link in found):
            own.hold(entry)
        if entry.renamed:
            own.name(entry, entry.video_id, is_news=False)
    return links


def _rows(
    library: Library, shard: Shard, links: Links, merged: dict[str, Merged]
) -> Iterator[Match]:
    """What listing wrote, as it is now, and then the links; the later of one key counts."""
    accepted = links.keys()
    for row in shard.matches:
        if row.by == "title":
            mine = merged[row.video_id]
            goes = row.video_id in accepted and mine.goes_with_all
            consequence: Consequence = "other_split" if goes else "same_song"
            yield row.model_copy(update={"song_id": mine.shared, "consequence": consequence})
    for video_id, found in links.items():
        for link in found:
            other = merged.get(link.other_id)
            song = other.shared if other else library.song_of(link.other_id)
            yield _row(video_id, link, merged[video_id], song)


def _row(video_id: str, link: Link, merged: Merged, other: str) -> Match:
    """`other`: the song of the video that the link leads to."""
    is_there = other in merged.away or merged.goes_with_all
    consequence: Consequence = "other_split" if is_there else "same_song"
    return Match(
        video_id=video_id,
        other_id=link.other_id,
        by=link.by,
        score=round(link.score, 4),
        threshold=link.threshold,
        consequence="reupload" if link.is_copy else consequence,
        song_id=merged.song if is_there else merged.shared,
    )


def _by_listing(video_id: str, library: Library, merged: dict[str, Merged]) -> Match:
    song = merged[video_id].song
    first = library.first(song)
    return Match(
        video_id=video_id,
        other_id=first[0] if first else video_id,
        by="title",
        score=_LISTED_AS_ONE,
        threshold=library.settings.title_similarity,
        consequence="other_split",
        song_id=song,
    )
