"""Which kinds of text a dataset has about its clips."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.audit.data import AuditData, StepData
from pipeline.audit.texts.corpus import Corpus, Vocabulary, read
from schemas.captions import FrameCaption, MusicCaption
from schemas.prompt import Prompt

Kinds = dict[str, dict[str, str]]
"""For each kind of text, its text for each clip that has one."""
Pair = tuple[str, str]
"""Two kinds."""


@dataclass(frozen=True)
class Captions:
    """What captioners said, of all steps together."""

    frames: Corpus
    music: Corpus


def captions(data: AuditData, vocabulary: Vocabulary) -> Captions:
    """All captions of a dataset, as words of one vocabulary."""
    frames = (
        (row.clip_id, row.answer)
        for step in data.steps
        for row in step.rows
        if isinstance(row, FrameCaption)
    )
    music = (
        (row.clip_id, row.text)
        for step in data.steps
        for row in step.rows
        if isinstance(row, MusicCaption)
    )
    return Captions(read(frames, vocabulary), read(music, vocabulary))


def kinds(data: AuditData) -> Kinds:
    """All texts by kind: prompts, then answers, then music captions, each in the order of steps.

    A kind is named `prompt`, `answer:QUESTION` or `music_caption`, with ` (STEP)` where several
    steps write it. Texts of clips that the dataset does not have are left out.
    """
    known = {clip.clip_id for clip in data.clips}
    found: dict[tuple[int, str], dict[str, dict[str, str]]] = {}
    for step in data.steps:
        for order, name, clip_id, text in _texts(step):
            if clip_id in known:
                steps = found.setdefault((order, name), {})
                steps.setdefault(step.name, {})[clip_id] = text
    return {
        name if len(steps) == 1 else f"{name} ({step})": texts
        for (_, name), steps in sorted(found.items(), key=lambda each: each[0][0])
        for step, texts in steps.items()
    }


def _texts(step: StepData) -> Iterator[tuple[int, str, str, str]]:
    """Each text's place among the kinds, its kind, its clip, and itself."""
    for row in step.rows:
        if isinstance(row, Prompt):
            yield 0, "prompt", row.clip_id, row.text
        elif isinstance(row, FrameCaption):
            yield 1, f"answer:{row.question}", row.clip_id, row.answer
        elif isinstance(row, MusicCaption):
            yield 2, "music_caption", row.clip_id, row.text
