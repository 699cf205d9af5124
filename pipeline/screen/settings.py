"""The `[screen]` options of a recipe."""

import re
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline.screen.title_kinds import TitleKind
from pipeline.settings import Settings
from schemas.table import Seconds

LiveStatus = Literal["is_live", "is_upcoming", "post_live", "was_live"]


class Screen(Settings):
    """Which videos are dropped before they are cut, by what their site states about them before
    anything is downloaded, and then by what is seen and heard. 0, `false` or nothing turns a check
    off; a fact that nobody states drops nothing. The figures that are called measured are those of
    `infra/bench/screening.py`."""

    min_duration_s: Seconds = Field(default=0.0, ge=0)
    """Shorter videos are dropped, by the stated and by the measured duration. What is too short for
    one clip gives none anyway."""
    max_duration_s: Seconds = Field(default=1200.0, ge=0)
    """Longer videos are compilations or concerts."""
    drop_live: list[LiveStatus] = ["is_live", "is_upcoming", "post_live"]
    """Live streams that are dropped: those that run, are announced, have just ended and are not
    yet a normal video, and (`was_live`) recordings of streams."""
    max_age_limit: int = Field(default=0, ge=0)
    """Highest age, in years, from which a site shows the video: 17 drops what is for adults."""
    uploaded_after: str = ""
    """First day of upload, `YYYYMMDD`."""
    uploaded_before: str = ""
    """Last day of upload, `YYYYMMDD`: a fixed one keeps a listing the same on every day."""
    need_labels: list[str] = []
    """A video must have all of these labels; capitals do not matter."""
    drop_labels: list[str] = []
    """A video must have none of these labels."""
    drop_titles: list[TitleKind] = [
        "compilation",
        "full_album",
        "gameplay",
        "lyric_video",
        "mix",
        "reaction",
        "trailer",
        "tutorial",
    ]
    """Kinds of video that are dropped by their titles. Also known: `audio_only`, `interview`,
    `karaoke`, `making_of`, `review`. None of them drops a title for `AMV`, `Chain Reaction`, or
    `Anime Mix`."""
    drop_title_patterns: list[str] = []
    """Regular expressions of Python, searched for in the first 200 characters of each title;
    capitals do not matter. Avoid nested repetition such as `(a+)+`: titles are anybody's."""
    min_short_side: int = Field(default=0, ge=0)
    """Least length in pixels of the picture's shorter side."""
    drop_upscaled: bool = True
    """Drop what the site itself enlarged ("AI-upscaled"), as the format's id tells."""
    min_motion: float = Field(default=100.0, ge=0)
    """Median size in bytes of a video packet that is no keyframe, below which a video counts as a
    still image. Measured: still image 17, slow zoom 19, real motion above 2,000."""
    min_moving: float = Field(default=0.25, ge=0, le=1)
    """Least share of eight moments at which something moves for half a second. Finds still
    pictures, slow zooms and slide shows under grain, which fills packets. Measured: those 0 to
    0.13, one singer before a still scene 0.9, pans and cuts 1."""
    max_border: float = Field(default=0.0, ge=0, le=1)
    """Largest share of the picture that may be black border. A wide film in 16:9 has 0.25, and so
    has 4:3 in 16:9; an upright video in 16:9 has 0.68. See also `crop_borders` in `[cut]`."""
    max_combed: float = Field(default=0.0, ge=0, le=1)
    """Largest share of pixels where brightness goes up and down from line to line: interlaced video
    that was stored as progressive. Measured: 0.0145 with combing, below 0.0005 without; 0.005
    would be between. Off by default, as an effect that imitates a tube looks the same."""
    min_bandwidth_hz: float = Field(default=14_000.0, ge=0)
    """Lowest frequency at which the sound may end as if cut off. Measured: AAC 128k 18.2 kHz, Opus
    128k 20.3, from 32 kHz 15.5, AAC 64k 13, from 22 kHz 10.7, from 8 kHz 4; music with few highs
    that fades is not cut off."""
    min_correlation: float = Field(default=-0.7, ge=-1, le=0)
    """Least correlation of left and right. Measured: one side inverted -1, stereo above 0.9."""
    max_clipped: float = Field(default=0.05, ge=0, le=1)
    """Largest share of samples at 0.985 of full scale or above. Measured, as AAC and Opus hide some
    of them: 18 dB over 0.06 to 0.27, 12 dB over 0.02 to 0.13, a loud master below 0.01."""
    max_silence: float = Field(default=0.5, ge=0, le=1)
    """Largest share of tenths of a second below an RMS of 0.002."""
    speech_model: str = ""
    """An audio classifier that knows the classes Speech and Music, such as
    `MIT/ast-finetuned-audioset-10-10-0.4593`: a hub id, or a folder."""
    speech_revision: str = "main"
    """Of the hub id."""
    max_speech: float = Field(default=0.5, ge=0, le=1)
    """With `speech_model`: largest share of eight excerpts in which Speech is likelier than
    Music."""
    clip_model: str = ""
    """A CLIP or SigLIP that tells what is shown, such as `openai/clip-vit-base-patch32`: a hub id,
    or a folder."""
    clip_revision: str = "main"
    """Of the hub id."""
    drop_shown: dict[str, float] = {}
    """With `clip_model`: texts, each with the largest share of eight frames that it may fit better
    than all other texts, such as `{ "a screenshot of a video game" = 0.5 }`."""
    keep_shown: list[str] = [
        "a cartoon",
        "a landscape",
        "a scene from a film",
        "people in a room",
        "people outdoors",
    ]
    """What else a frame may show: the texts that those of `drop_shown` compete with."""

    @property
    def uses_models(self) -> bool:
        """Whether any check asks a model."""
        return bool(self.clip_model or self.speech_model)

    def at(self, base: Path) -> "Screen":
        """The same options, with local folders of models made absolute: `base` is where the
        recipe's relative paths start from."""
        named = {"clip_model": self.clip_model, "speech_model": self.speech_model}
        found = {
            option: str((base / model).resolve())
            for option, model in named.items()
            if model and (base / model).exists()
        }
        return self.model_copy(update=found)

    @field_validator("uploaded_after", "uploaded_before")
    @classmethod
    def _is_a_day(cls, day: str) -> str:
        if day and not (re.fullmatch(r"\d{8}", day) and _exists(day)):
            raise ValueError('a day in quotes, such as "20240131"')
        return day

    @field_validator("drop_title_patterns")
    @classmethod
    def _compile(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except (re.error, RecursionError, OverflowError) as error:
                raise ValueError(f"regular expressions: {pattern!r} is none ({error})") from None
        return patterns

    @field_validator("drop_shown")
    @classmethod
    def _are_shares(cls, texts: dict[str, float]) -> dict[str, float]:
        if not all(0 <= share < 1 for share in texts.values()):
            raise ValueError("texts with shares from 0 to below 1")
        return texts

    @model_validator(mode="after")
    def _texts_and_model_go_together(self) -> Self:
        if bool(self.clip_model) != bool(self.drop_shown):
            raise ValueError("`clip_model` and `drop_shown` go together: set both or none")
        if self.drop_shown and not set(self.keep_shown) - set(self.drop_shown):
            raise ValueError("`keep_shown` must name something else that a frame may show")
        return self


def _exists(day: str) -> bool:
    try:
        datetime.strptime(day, "%Y%m%d")
    except ValueError:
        return False
    return True
