"""Which videos are copies of one another, or versions of one song, and what followed from it."""

from typing import Literal

from schemas.table import Row, Table

Evidence = Literal["title", "file", "audio", "frames"]
"""`title`: artist and title agree. `file`: equal bytes. `audio`: equal audio fingerprints.
`frames`: equal pictures at equal times, under other audio."""
Consequence = Literal["same_song", "reupload", "other_split"]
"""`same_song`: both stay, as one song. `reupload`: this one is dropped, the other is kept.
`other_split`: this one is dropped, because its song is on the other side of the split."""
DROPPING = ("reupload", "other_split")
"""Consequences that keep a video out."""


class Match(Row):
    """That a video has something in common with another, and what was decided."""

    video_id: str
    other_id: str
    """The video that it was held against, in this shard or an earlier one."""
    by: Evidence
    score: float
    """`title`: token-sort similarity, 0 to 100. `audio`: share of equal fingerprint bits, 0.5 by
    chance. `frames`: share of equal hash bits. `file`: 1."""
    threshold: float
    consequence: Consequence
    song_id: str
    """The song that both belong to."""


MATCHES = Table("matches", Match, key=("video_id", "other_id", "by"))
