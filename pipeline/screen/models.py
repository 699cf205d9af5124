"""The models that some checks ask, if the recipe names any: loaded once per process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.screen.settings import Screen
from schemas.manifest import ModelRecord

if TYPE_CHECKING:
    from pipeline.models.audio_tags import AudioTagger
    from pipeline.models.clip import ClipModel


@dataclass(frozen=True)
class Models:
    """What is loaded; None where the recipe names none."""

    clip: ClipModel | None = None
    tagger: AudioTagger | None = None


def load(screen: Screen, device: str) -> Models:
    """The models that the checks need.

    Raises:
        MissingCheckpoint: one is not on this machine.
        FramesongError: a checkpoint is of another kind.
    """
    if not screen.clip_model and not screen.speech_model:
        return Models()
    from pipeline.models import audio_tags, clip
    from pipeline.models.checkpoint import folder

    return Models(
        clip=clip.load(folder(screen.clip_model, screen.clip_revision), device)
        if screen.clip_model
        else None,
        tagger=audio_tags.load(folder(screen.speech_model, screen.speech_revision), device)
        if screen.speech_model
        else None,
    )


def records(screen: Screen) -> dict[str, ModelRecord]:
    """Which checkpoints the checks ask, by option. Cheap: loads nothing.

    Raises:
        MissingCheckpoint: one is not on this machine.
    """
    named = {
        "clip_model": (screen.clip_model, screen.clip_revision),
        "speech_model": (screen.speech_model, screen.speech_revision),
    }
    if not any(model for model, _ in named.values()):
        return {}
    from pipeline.models.checkpoint import resolve

    return {option: resolve(*model) for option, model in named.items() if model[0]}
