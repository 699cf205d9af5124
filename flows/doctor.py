"""What is missing on this machine, and how to get it."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator

from flows.doctor_step import Machine, examine_step
from flows.finding import Finding
from pipeline.engines.local import cores, devices
from pipeline.engines.memory import free_memory
from pipeline.media.ffmpeg_cutter import find_ffmpeg
from pipeline.provenance import software
from pipeline.recipe import Recipe


def examine(recipe: Recipe | None) -> Iterator[Finding]:
    """Look at the machine and, with a recipe, at what each of its steps needs."""
    versions = ", ".join(f"{name} {version}" for name, version in software().items())
    yield Finding("python", "ok", f"{platform.python_version()}; {versions}")
    found = devices("auto", cpu_workers=max(1, cores() // 2))
    gpus = 0 if "cpu" in found else len(found)
    yield _processors(gpus)
    yield _ffmpeg()
    yield _javascript()
    if recipe is not None:
        yield _disk(recipe)
        wanted = found if recipe.run.devices == "auto" else recipe.run.devices
        named = ("cuda:0" if device == "cuda" else device for device in wanted)
        machine = Machine(tuple(named), free_memory(gpus > 0))
        for step in recipe.steps:
            yield from examine_step(recipe, step, machine)


def _processors(count: int) -> Finding:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    gpus = f"{count} GPU" if count else "no GPU: large models will be slow"
    return Finding("hardware", "ok", f"{cores()} cores, {memory:.3g} GB of memory, {gpus}")


def _ffmpeg() -> Finding:
    found = find_ffmpeg()
    text = found or "no program; only cutter = 'ffmpeg' needs it"
    commands = () if found else ("pip install 'framesong[ffmpeg]'",)
    return Finding("ffmpeg", "ok" if found else "absent", str(text), commands)


def _javascript() -> Finding:
    beside = shutil.which("deno", path=os.path.dirname(sys.executable))  # noqa: PTH120
    found = beside or shutil.which("deno") or shutil.which("node")
    text = found or "neither deno nor node found; YouTube needs one"
    commands = () if found else ("pip install 'yt-dlp[deno]'",)
    return Finding("javascript", "ok" if found else "absent", text, commands)


def _disk(recipe: Recipe) -> Finding:
    folder = next(path for path in (recipe.root, *recipe.root.parents) if path.exists())
    free = shutil.disk_usage(folder).free / 1e9
    text = f"{free:.3g} GB free under {folder}; 1,000 clips take about 1 GB"
    return Finding("disk", "ok" if free > 1 else "MISSING", text)
