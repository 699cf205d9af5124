"""What is missing on this machine, and how to get it."""

import os
import platform
from collections.abc import Iterator

from flows.doctor_fetch import examine_downloader, examine_fetching
from flows.doctor_step import Machine, examine_audit, examine_screen, examine_step
from flows.finding import Finding
from pipeline.acquire.room import free_bytes, scarce, waiting_bytes
from pipeline.engines.local import cores, devices
from pipeline.engines.memory import free_memory
from pipeline.media.ffmpeg_cutter import find_ffmpeg
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.songs.audio import chromaprint
from pipeline.store import Dataset


def examine(recipe: Recipe | None) -> Iterator[Finding]:
    """Look at the machine and, with a recipe, at what each of its steps needs."""
    versions = ", ".join(f"{name} {version}" for name, version in software().items())
    yield Finding("python", "ok", f"{platform.python_version()}; {versions}")
    found = devices("auto", cpu_workers=max(1, cores() // 2))
    gpus = 0 if "cpu" in found else len(found)
    yield _processors(gpus)
    yield _ffmpeg()
    yield from examine_downloader()
    if recipe is not None:
        if recipe.sources:
            yield from examine_fetching(recipe)
        yield _disk(recipe)
        wanted = found if recipe.run.devices == "auto" else recipe.run.devices
        named = ("cuda:0" if device == "cuda" else device for device in wanted)
        machine = Machine(tuple(named), free_memory(gpus > 0))
        yield from examine_screen(recipe, machine)
        for step in recipe.steps:
            yield from examine_step(recipe, step, machine)
        yield from examine_audit(recipe, machine)


def _processors(count: int) -> Finding:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    gpus = f"{count} GPU" if count else "no GPU: large models will be slow"
    return Finding("hardware", "ok", f"{cores()} cores, {memory:.3g} GB of memory, {gpus}")


def _ffmpeg() -> Finding:
    found = find_ffmpeg()
    text = found or "no program; audio fingerprints and cutter = 'ffmpeg' need it"
    if found and chromaprint() is None:
        text = f"{found}, without chromaprint: no audio fingerprints"
        found = None
    commands = () if found else ("pip install 'framesong[ffmpeg]'",)
    return Finding("ffmpeg", "ok" if found else "absent", str(text), commands)


def _disk(recipe: Recipe) -> Finding:
    lack = scarce(recipe.root, recipe.fetch)
    if lack:
        return Finding("disk", "MISSING", lack)
    free = free_bytes(recipe.root) / 1e9
    waiting = waiting_bytes(Dataset(recipe.root)) / 1e9
    text = f"{free:.3g} GB free for {recipe.root}; 1,000 clips take about 1 GB"
    budget = f"{waiting:.3g} of {recipe.fetch.disk_budget_gb:g} GB of downloads wait to be cut"
    return Finding("disk", "ok", f"{text}; {budget}")
