"""The `[duplicates]` options of a recipe."""

from pydantic import Field

from pipeline.settings import Settings


class Duplicates(Settings):
    """When two videos count as one song, and when as one video. 0 turns a comparison off."""

    title_similarity: float = Field(default=88.0, ge=0, le=100)
    """Least token-sort similarity, in percent, of two artists and titles that are one song."""
    audio_similarity: float = Field(default=0.8, ge=0, le=1)
    """Least share of equal bits of two audio fingerprints that are one recording. Unrelated music
    gives 0.5 to 0.65, a copy in another coding 0.99, a copy with an echo 0.85 to 0.9, one that is
    3 % higher 0.77. Needs an ffmpeg with chromaprint."""
    frame_similarity: float = Field(default=0.85, ge=0, le=1)
    """Least share of equal bits of two videos' frame hashes that are one picture track. Unrelated
    pictures give 0.5 to 0.65, a copy in another coding or size 0.97, one cropped by 5 % 0.85."""
