"""Clips a second of `ClipLoader`, against plain webdataset and against reading the raw tars.

    python infra/bench/loader.py [--clips 400] [--tars 4] [--repeats 3] [--workers 0 2]

Makes an export of ten-second clips, noise at 48 kHz as FLAC and 480x360 pictures as JPEG, and goes
through it once in each way, in the same run: bytes alone by `tarfile`; plain webdataset with the
same decoders, which reads from front to back; and `ClipLoader`, shuffled. Prints the best of some
runs, per second of wall time and of processor time (workers included).
"""

import argparse
import hashlib
import io
import json
import resource
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import webdataset as wds
from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.export.loader import ClipLoader
from pipeline.export.loader.clips import Form, _loaded
from pipeline.media.encode import encode_audio
from schemas.export import ExportFile, ExportManifest

RATE, SECONDS, SIDE, BATCH = 48_000, 10.0, 224, 16
FORM = Form(24_000, SIDE)


def make_export(folder: Path, clips: int, tars: int) -> list[Path]:
    """`clips` clips in `tars` tars, with their `export.json`."""
    rng = np.random.default_rng(0)
    kinds = [(_sound(rng), _picture(rng)) for _ in range(8)]
    files = []
    for number in range(tars):
        path = folder / f"bench-train-{number:06d}.tar"
        mine = range(number, clips, tars)
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
            for each in mine:
                for extension, data in sorted(_members(each, *kinds[each % 8]).items()):
                    info = tarfile.TarInfo(f"bench-{each:08d}.{extension}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        size = path.stat().st_size
        files.append(
            ExportFile(file=path.name, split="train", clips=len(mine), bytes=size, sha256=digest)
        )
    manifest = ExportManifest(
        format="webdataset",
        name="bench",
        where="",
        splits=["train"],
        seed=0,
        clips=clips,
        left_out={},
        content_digest="0" * 64,
        files=files,
    )
    (folder / "export.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    return [folder / file.file for file in files]


def _members(number: int, sound: bytes, picture: bytes) -> dict[str, bytes]:
    meta = {"clip_id": f"bench-{number:08d}", "start_s": 0.0, "end_s": SECONDS}
    text = b"a quiet street at night, watercolour"
    return {"flac": sound, "jpg": picture, "json": json.dumps(meta).encode(), "txt": text}


def _sound(rng: np.random.Generator) -> bytes:
    walk = np.cumsum(rng.normal(size=round(RATE * SECONDS)))
    walk -= np.convolve(walk, np.ones(256) / 256, "same")
    return encode_audio((0.5 * walk / np.abs(walk).max()).astype(np.float32), RATE, "flac")


def _picture(rng: np.random.Generator) -> bytes:
    noise = Image.fromarray(rng.integers(0, 255, (90, 120, 3), np.uint8))
    out = io.BytesIO()
    smooth = noise.resize((480, 360), Image.Resampling.BICUBIC).filter(ImageFilter.BLUR)
    smooth.save(out, "JPEG", quality=95)
    return out.getvalue()


def raw(tars: list[Path]) -> int:
    """Every member's bytes, nothing decoded."""
    count = 0
    for path in tars:
        with tarfile.open(path, "r|") as tar:
            for member in tar:
                content = tar.extractfile(member)
                count += bool(content and content.read()) and member.name.endswith(".flac")
    return count


def _decoded(sample: dict[str, bytes]) -> object:
    parts = {key: sample[key] for key in ("flac", "jpg", "json", "txt")}
    clip = _loaded(str(sample["__key__"]), parts, FORM)
    return clip.audio, clip.image, clip.prompt, clip.clip_id


def plain(tars: list[Path], workers: int) -> int:
    """webdataset's own way, with our decoders."""
    data = wds.WebDataset([str(path) for path in tars], shardshuffle=False)
    batches = data.map(_decoded).batched(BATCH)
    loader = wds.WebLoader(batches, batch_size=None, num_workers=workers)
    return sum(len(batch[3]) for batch in loader)


def ours(folder: Path, workers: int) -> int:
    """`ClipLoader`, shuffled, with its workers started anew."""
    loader = ClipLoader(
        folder,
        batch_size=BATCH,
        rate=FORM.rate,
        image_size=SIDE,
        workers=workers,
        drop_last=False,
    )
    return sum(len(batch) for batch in loader)


def measured(work: Callable[[], int], repeats: int) -> tuple[int, float, float]:
    """Clips, and the least wall and processor seconds of some runs."""
    clips, walls, cpus = 0, [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), _cpu()
        clips = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(_cpu() - cpu)
    return clips, min(walls), min(cpus)


def _cpu() -> float:
    """Of this process and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--tars", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 2])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tars = make_export(folder, asked.clips, asked.tars)
        size = sum(path.stat().st_size for path in tars)
        ways: dict[str, Callable[[], int]] = {"raw bytes, tarfile": lambda: raw(tars)}
        for workers in asked.workers:
            ways[f"webdataset, {workers} workers"] = lambda n=workers: plain(tars, n)
            ways[f"ClipLoader, {workers} workers"] = lambda n=workers: ours(folder, n)
        found = {way: measured(work, asked.repeats) for way, work in ways.items()}
    print(f"{asked.clips} clips of {size / asked.clips / 1000:.0f} kB in {asked.tars} tars\n")
    print("| way | clips | clips per wall s | clips per CPU s |\n|---|---|---|---|")
    for way, (clips, wall, cpu) in found.items():
        print(f"| {way} | {clips} | {clips / wall:.0f} | {clips / cpu:.0f} |")


if __name__ == "__main__":
    main()
