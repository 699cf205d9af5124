"""The `[screen]` options of a recipe."""

from pydantic import Field

from pipeline.settings import Settings
from schemas.table import Seconds


class Screen(Settings):
    """Which videos are dropped before they are cut. `false` or 0 turns a check off."""

    duplicates: bool = True
    """Drop a video whose file is byte for byte that of an earlier one."""
    min_motion: float = Field(default=100.0, ge=0)
    """Median size in bytes of a video packet that is no keyframe, below which a video counts as a
    still image. Measured: still image 17, slow zoom 19, real motion above 2,000."""
    max_duration_s: Seconds = Field(default=1200.0, ge=0)
    """Longer videos are compilations or concerts."""
