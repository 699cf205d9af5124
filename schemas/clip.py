"""Clips: ten seconds of mono audio with one frame from the same ten seconds."""

from schemas.table import Decibels, Hertz, Row, Seconds, Sha256, Table
from schemas.video import Split


class Clip(Row):
    """One clip as it lies in its shard. Times are on the video's presentation timeline."""

    clip_id: str
    """`<video_id>-<start in ms, 8 digits>`: file name and WebDataset key."""
    video_id: str
    split: Split
    shard: str
    start_s: Seconds
    end_s: Seconds
    frame_s: Seconds
    """The time that was drawn."""
    frame_pts_s: Seconds
    """The presentation time of the frame that was taken: the first at or after `frame_s`."""
    frame_width: int
    frame_height: int
    sample_rate: Hertz
    rms: float
    """Root mean square before the gain, full scale = 1."""
    gain_db: Decibels
    """The one linear gain that was applied."""
    audio_sha256: Sha256
    frame_sha256: Sha256


CLIPS = Table("clips", Clip, key=("clip_id",))
