"""What a stage needs before it can work, named without loading or asking anything.

A stage with the options `model` and `revision` needs that checkpoint on disk. One that needs
something else says so here.
"""

from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path
from typing import Literal

from pipeline.models import checkpoint
from pipeline.models.lp_music_caps_files import BART, BART_FILES, BART_REVISION, has_own_bart
from pipeline.stage import Stage
from pipeline.stages.alm import Alm
from pipeline.stages.blip2 import Blip2
from pipeline.stages.lp_music_caps import LpMusicCaps
from pipeline.stages.prompts.examples import DIFFUSIONDB, DIFFUSIONDB_FILE, DIFFUSIONDB_ID
from pipeline.stages.served import Served
from pipeline.stages.summarise import Summarise
from pipeline.stages.vlm import Vlm


@dataclass(frozen=True)
class Needed:
    """A hub repository, or a local folder or file."""

    model: str
    """A hub id or a path."""
    revision: str = "main"
    files: tuple[str, ...] = ()
    """Those of the repository that are read; all by default."""
    kind: Literal["model", "tokenizer", "dataset"] = "model"
    """Only a model's weights are loaded."""
    half_on_gpu: bool = False
    """Whether a GPU gets them in bfloat16; float32 elsewhere."""

    @property
    def name(self) -> str:
        """For people: the repository, its revision unless it is `main`, and its files if few."""
        revision = "" if self.revision == "main" else f"@{self.revision}"
        file = f" {self.files[0]}" if len(self.files) == 1 else ""
        return f"{self.model}{revision}{file}"

    def path(self) -> Path:
        """Where it lies.

        Raises:
            MissingCheckpoint: it is not on this machine, or only a part of it is.
        """
        if self.kind == "dataset":
            return checkpoint.data_file(self.model, *self.files)
        if self.kind == "model" and self.files:
            return checkpoint.file(self.model, self.revision, *self.files)
        return checkpoint.folder(self.model, self.revision, self.files)

    def command(self) -> str | None:
        """What downloads it; None if it is no repository of the hub."""
        if checkpoint.is_local(self.model) or self.model.count("/") != 1:
            return None
        kind = "dataset" if self.kind == "dataset" else "model"
        return checkpoint.command(self.model, self.revision, self.files, kind)


_BART = Needed(BART, BART_REVISION, BART_FILES, kind="tokenizer")


@singledispatch
def needs(stage: Stage) -> list[Needed]:
    """What the stage needs on disk. One that asks a server needs no model here."""
    model = getattr(stage, "model", "")
    return [Needed(model, getattr(stage, "revision", "main"))] if model else []


@needs.register
def _(stage: Served) -> list[Needed]:
    return []


@needs.register
def _(stage: Blip2) -> list[Needed]:
    return [Needed(stage.model, stage.revision, half_on_gpu=True)]


@needs.register
def _(stage: LpMusicCaps) -> list[Needed]:
    local = Path(stage.model).expanduser()
    weights = local / "any" if local.is_dir() else local
    files = () if local.is_dir() else (f"{stage.checkpoint}.pth",)
    found = [Needed(stage.model, stage.revision, files)]
    return found if has_own_bart(weights) else [*found, _BART]


@needs.register
def _(stage: Summarise) -> list[Needed]:
    found = []
    if stage.backend == "transformers":
        found.append(Needed(stage.model, stage.revision, half_on_gpu=True))
    if stage.clip_tokenizer:
        found.append(Needed(stage.clip_tokenizer, kind="tokenizer"))
    if stage.examples == DIFFUSIONDB:
        found.append(Needed(DIFFUSIONDB_ID, files=(DIFFUSIONDB_FILE,), kind="dataset"))
    return found


@singledispatch
def asks_for(stage: Stage) -> str | None:
    """The name of the model that it asks a server for; None if it asks none."""
    return None


@asks_for.register
def _(stage: Vlm | Alm) -> str | None:
    return stage.model


@asks_for.register
def _(stage: Summarise) -> str | None:
    return stage.model if stage.backend == "endpoint" else None
