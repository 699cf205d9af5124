"""Light stages for tests of planning and running: real stages, no models. Each run is recorded."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pipeline.models.checkpoint import resolve
from pipeline.stage import Failure, Inputs, Stage, runtime
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS
from schemas.captions import FrameCaption, MusicCaption
from schemas.manifest import ModelRecord
from schemas.prompt import Prompt
from schemas.table import Row

RUNS: list[tuple[str, str]] = []
"""(stage, shard), in the order of running."""
TARS_OPENED: list[str] = []
POISON: set[str] = set()
"""Clips that the looking stage cannot see."""


@dataclass(frozen=True)
class Look(Stage):
    """Says the length of each frame's file."""

    name = "look"
    reads = (CLIPS,)
    writes = FRAME_CAPTIONS

    question: str = "what?"
    model: str = ""
    batch_size: int = runtime(16)

    def models(self) -> dict[str, ModelRecord]:
        return {"model": resolve(self.model, "main")} if self.model else {}

    def run(self, inputs: Inputs) -> Iterator[Row | Failure]:
        RUNS.append((self.name, inputs.shard))
        TARS_OPENED.append(inputs.shard)
        for sample in inputs.samples():
            if sample.clip_id in POISON:
                yield Failure(sample.clip_id, "poison", "it is poisoned")
                continue
            answer = hashlib.sha256(sample.frame).hexdigest()
            yield FrameCaption(
                clip_id=sample.clip_id,
                question="q",
                prompt=self.question,
                answer=f"{self.question} {answer}",
                model="none",
                revision="0",
            )


@dataclass(frozen=True)
class Listen(Stage):
    """Says the size of each clip's audio."""

    name = "listen"
    reads = (CLIPS,)
    writes = MUSIC_CAPTIONS

    def run(self, inputs: Inputs) -> Iterator[Row | Failure]:
        RUNS.append((self.name, inputs.shard))
        for sample in inputs.samples():
            yield MusicCaption(
                clip_id=sample.clip_id, text=str(len(sample.audio)), model="none", revision="0"
            )


@dataclass(frozen=True)
class Write(Stage):
    """Joins the captions into a prompt. Opens no tar."""

    name = "write"
    reads = (CLIPS, FRAME_CAPTIONS)
    may_read = (MUSIC_CAPTIONS,)
    writes = PROMPTS
    crash_on: ClassVar[set[str]] = set()

    instruction: str = "join"
    words: dict[str, str] = field(default_factory=dict)

    def run(self, inputs: Inputs) -> Iterator[Row | Failure]:
        RUNS.append((self.name, inputs.shard))
        if inputs.shard in self.crash_on:
            raise KeyError("crash")
        captions = {row.clip_id: row for row in inputs.rows(FRAME_CAPTIONS)}
        music = {row.clip_id: row.text for row in inputs.rows(MUSIC_CAPTIONS)}
        for clip in inputs.rows(CLIPS):
            if clip.clip_id not in captions:
                yield Failure(clip.clip_id, "no_caption")
                continue
            caption = captions[clip.clip_id]
            text = f"{self.instruction} {caption.answer} {music.get(clip.clip_id, '')}"
            yield Prompt(
                clip_id=clip.clip_id,
                text=text,
                first_answer=text,
                words=len(text.split()),
                model="none",
                revision="0",
            )


LIGHT: dict[str, type[Stage]] = {"look": Look, "listen": Listen, "write": Write}
