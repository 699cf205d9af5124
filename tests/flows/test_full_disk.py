"""A disk that is full, which is a real one: a small file system under the downloads."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.commands import framesong
from tests.flows.conftest import Built
from tests.sites import Site
from tests.videos import make_video

pytestmark = pytest.mark.timeout(900)

RECIPE = """
[dataset]
path = "data"
videos_per_shard = 1
eval_fraction = 0
[source.web]
kind = "urls"
path = "web.txt"
[fetch]
gap_seconds = 0
keep_free_gb = 0
[cut]
clips_per_video = 1
"""


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A file system of so many bytes at `folder`."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_waits_for_cutting_and_ends_with_one_line_when_that_does_not_help(
    built: Built, tmp_path: Path
) -> None:
    videos = [make_video(tmp_path / f"{seconds}.mp4", seconds) for seconds in (12, 13, 40)]
    routes = {f"/{video.name}": ("unsized", video.read_bytes()) for video in videos}
    (tmp_path / "my.toml").write_text(RECIPE, encoding="utf-8")
    first, second, large = (video.stat().st_size for video in videos)
    room = second * 3 // 2
    assert first < room < first + second < large
    with Site(routes) as site, small_disk(tmp_path / "data" / "media", room):
        addresses = "\n".join(site.url(path) for path in routes)
        (tmp_path / "web.txt").write_text(addresses, encoding="utf-8")
        built.world.copy_history("built", tmp_path / "data")
        done = framesong("build", tmp_path / "my.toml")
        status = json.loads(framesong("status", tmp_path / "my.toml", "--json").out)
        (partial,) = (tmp_path / "data" / "media").rglob("*.part")
        assert partial.stat().st_size > room // 2
    assert done.code == 1
    (waits,) = [line for line in done.lines if "Waiting for shards to be cut" in line]
    assert "No space left on device" in waits
    assert done.lines[-1].startswith("framesong: ")
    assert "Make room there" in done.lines[-1]
    assert "2 clips of 3 listed videos" in done.err
    assert (status["clips"], status["uncut_shards"], status["losses"]) == (2, 1, {})
