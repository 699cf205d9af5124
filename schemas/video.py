"""Listed videos: what a source says about a video before anything is downloaded."""

from typing import Literal

from schemas.table import Row, Seconds, Table

Split = Literal["train", "eval"]


class Video(Row):
    """One listed music video and its place in the dataset."""

    video_id: str
    """`<site>-<id at the site>`: letters, digits, `_` and `-` only."""
    source: str
    """The recipe's name for the source that listed it first."""
    url: str
    """Where to get it: a page or media address, or a local path for folder sources."""
    title: str | None = None
    artist: str | None = None
    track: str | None = None
    channel: str | None = None
    duration_s: Seconds | None = None
    """As the site states it; the real one is in the media table."""
    upload_date: str | None = None
    """`YYYYMMDD`."""
    licence: str | None = None
    live_status: str | None = None
    """As yt-dlp states it: `not_live`, `was_live`, `is_live`, `is_upcoming`, `post_live`."""
    age_limit: int | None = None
    """Years, as the site states it."""
    labels: list[str] = []
    versions: list[str] = []
    """What the title says of this recording, such as `live`, `lyrics`, `cover`, `sped_up`."""
    song_id: str
    """Group of duplicates and versions of one song. All that is accepted of a song is on one side
    of the split."""
    listed_song_id: str | None = None
    """The song by the list's word alone, where what was fetched told otherwise."""
    split: Split
    shard: str
    """`<split>-<6 digits>`; never changes. A video that is retried later is listed again in a new
    shard."""


VIDEOS = Table("videos", Video, key=("shard", "video_id"), volatile=("url",))
