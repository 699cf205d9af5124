"""What screening measured of a video's content and is more than one number."""

from schemas.table import Row, Seconds, Table


class Measures(Row):
    """Fingerprints of one downloaded video, and where its picture is."""

    video_id: str
    audio: list[int] = []
    """Chromaprint's raw fingerprint of the first two minutes: 32 unsigned bits for each 0.1238 s.
    Empty where no chromaprint is installed."""
    frames: list[int] = []
    """Perceptual hashes of frames at fixed shares of the duration: 64 bits each, as signed
    integers."""
    frame_times_s: list[Seconds] = []
    """When those frames are shown."""
    picture: list[int] = []
    """Left, top, right, bottom: the pixels inside black borders, of the picture as displayed
    before scaling. Empty where borders were not measured."""


MEASURES = Table("measures", Measures, key=("video_id",))
