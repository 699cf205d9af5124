"""Facts of sound and picture."""

from schemas.report.part import Distribution, Part


class MediaFacts(Part):
    """How the clips sound and look. None where nothing was measured."""

    loudness_dbfs: Distribution | None = None
    """Root mean square before the gain, 0 = full scale. Clips without any sound are left out."""
    gain_db: Distribution | None = None
    """That brought each clip to its peak."""
    brightness: Distribution | None = None
    """Mean luma of the frame (ITU-R BT.601), 0 to 1."""
    contrast: Distribution | None = None
    """Standard deviation of the luma, 0 to 0.5."""
    sharpness: Distribution | None = None
    """Variance of the Laplacian of the frame's luma from 0 to 255 (Pech-Pacheco et al. 2000), the
    frame 256 pixels wide, or less where it is smaller."""
    tempo_bpm: Distribution | None = None
    """Beats a minute of a sample, if asked for; clips in which nothing pulsates are left out. It
    may be twice or half of what a listener taps."""
    shown: dict[str, float] = {}
    """By the texts that screening looked for: mean share of a video's frames that show it, over
    the videos that have clips."""
    frames: int = 0
    """Clips whose frame was measured."""
    unreadable: int = 0
    """Clips whose frame cannot be read or decoded."""
