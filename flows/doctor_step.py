"""What one step of a recipe needs, and whether it is there."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flows.doctor_server import examine_server
from flows.finding import Finding
from flows.ready import ready_stage
from pipeline.audit.load import absolute
from pipeline.audit.texts.needs import check_needs
from pipeline.errors import FramesongError, MissingCheckpoint
from pipeline.models.checkpoint import bytes_on_disk, is_local
from pipeline.models.footprint import BFLOAT16, FLOAT32, Weights, weights
from pipeline.models.known import KNOWN, licence, size
from pipeline.recipe import Recipe
from pipeline.stages.needs import Needed, asks_for, needs
from pipeline.stages.served import Served
from pipeline.steps import Step

_SUBJECTS = {"model": "checkpoint", "tokenizer": "tokenizer", "dataset": "data"}


@dataclass(frozen=True)
class Machine:
    """Where a run would work."""

    devices: tuple[str, ...]
    """One for each worker."""
    free: dict[str, int]
    """Free bytes by device, of those that are there."""


def examine_step(recipe: Recipe, step: Step, machine: Machine) -> Iterator[Finding]:
    """Look at the files, the memory and the server that a step needs."""
    stage = recipe.runnable(step.stage)
    found = [finding for needed in needs(stage) for finding in _files(needed, machine)]
    model = asks_for(stage)
    if model is not None and isinstance(stage, Served):
        found += examine_server(stage, model)
    if not any(finding.mark == "MISSING" for finding in found):
        found += _whatever_else(recipe, step)
    for finding in found or [Finding("models", "ok", "none needed")]:
        yield replace(finding, step=step.name)


def examine_screen(recipe: Recipe, machine: Machine) -> Iterator[Finding]:
    """Look at the models that the checks of [screen] ask."""
    screen = recipe.screen.at(recipe.base)
    named = (
        (screen.clip_model, screen.clip_revision),
        (screen.speech_model, screen.speech_revision),
    )
    for model, revision in named:
        yield from _alone("screen", model, revision, machine)


def examine_audit(recipe: Recipe, machine: Machine) -> Iterator[Finding]:
    """Look at what the figures of [audit] need."""
    audit = absolute(recipe)
    yield from _alone("audit", audit.bert_score_model, audit.bert_score_revision, machine)
    try:
        check_needs(audit.model_copy(update={"bert_score_model": ""}))
    except FramesongError as error:
        yield Finding("data", "MISSING", str(error), step="audit")


def _alone(step: str, model: str, revision: str, machine: Machine) -> Iterator[Finding]:
    """A model that one worker at a time loads; nothing where none is named."""
    if model:
        one = replace(machine, devices=machine.devices[:1])
        for finding in _files(Needed(model, revision), one):
            yield replace(finding, step=step)


def _whatever_else(recipe: Recipe, step: Step) -> Iterator[Finding]:
    try:
        ready_stage(recipe, step).models()
    except FramesongError as error:
        yield Finding("step", "MISSING", str(error))


def _files(needed: Needed, machine: Machine) -> Iterator[Finding]:
    known = KNOWN.get(needed.model)
    held = Weights(known.parameters, known.bytes_each) if known else None
    try:
        path = needed.path()
    except MissingCheckpoint as error:
        yield _absent(needed, str(error))
    else:
        finding, there = _present(needed, path)
        held = held or there
        yield finding
    if needed.kind == "model" and held is not None:
        yield from _memory(held, needed.half_on_gpu, machine)
    if needed.kind != "tokenizer" and not is_local(needed.model):
        yield Finding("licence", "note", f"{needed.model}: {licence(needed.model)}")


def _absent(needed: Needed, error: str) -> Finding:
    command = needed.command()
    if command is None:
        return Finding(_SUBJECTS[needed.kind], "MISSING", error)
    known = KNOWN.get(needed.model)
    amount = f"{size(known.gb)} to download" if known else "size not known"
    where = "no folder here, and not (wholly) in the Hugging Face cache"
    return Finding(
        _SUBJECTS[needed.kind], "MISSING", f"{needed.name}: {where}; {amount}", (command,)
    )


def _present(needed: Needed, path: Path) -> tuple[Finding, Weights | None]:
    subject = _SUBJECTS[needed.kind]
    there = None
    if needed.kind == "model":
        try:
            there = weights(path)
        except MissingCheckpoint as error:
            command = needed.command()
            again = (f"{command} --force-download",) if command else ()
            return Finding(subject, "MISSING", f"{needed.name}: {error}", again), None
        if there is None:
            return _absent(needed, f"`{path}` holds no weights."), None
    amount = size(bytes_on_disk(path) / 1e9)
    return Finding(subject, "ok", f"{needed.name}: {amount} on disk"), there


def _memory(held: Weights, half_on_gpu: bool, machine: Machine) -> Iterator[Finding]:
    """One line for the CPU, and one for the GPU with the least free memory."""
    workers = Counter(machine.devices)
    gpus = [device for device in workers if device.startswith("cuda")]
    for device in gpus:
        if device not in machine.free:
            yield Finding("memory", "MISSING", f"{device} is not on this machine: see `devices`")
    there = [device for device in gpus if device in machine.free]
    fullest = sorted(there, key=lambda device: machine.free[device])[:1]
    for device in ["cpu"] * ("cpu" in workers) + fullest:
        width = BFLOAT16 if half_on_gpu and device != "cpu" else FLOAT32
        yield _on_device(held, width, device, workers[device], machine.free[device])


def _on_device(held: Weights, width: int, device: str, workers: int, free: int) -> Finding:
    def needed(count: int) -> int:
        return held.memory(width, count, on_cpu=device == "cpu")

    number = "1 worker" if workers == 1 else f"{workers} workers"
    kind = "bfloat16" if width == BFLOAT16 else "float32"
    text = f"{size(needed(workers) / 1e9)} for {number} on {device} ({kind}); "
    text += f"{size(free / 1e9)} free"
    fitting = sum(needed(count) <= free for count in range(1, workers + 1))
    if fitting == workers:
        return Finding("memory", "ok", text)
    if fitting:
        devices = f"devices = {[device] * fitting}"
        return Finding("memory", "note", f"{text}: {fitting} would fit. Set {devices} in [run]")
    return Finding("memory", "MISSING", f"{text}: a smaller model, or a larger machine")
