"""One dataset's life: screened first, then cut, with thresholds that change, little room for its
downloads, and a site that asks it to stop. No annotation, so each run takes seconds."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.audit.load import is_current
from pipeline.recipe import load
from pipeline.store import Dataset
from schemas import CLIPS, MATCHES, MEASURES, SCREENING, VIDEOS
from tests.flows.commands import Done, framesong, on_a_terminal
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
path = "web.csv"
[source.songs]
kind = "folder"
path = "songs"
[cut]
clips_per_video = 1
[run]
min_yield = 0.1
[fetch]
gap_seconds = 0
block_pauses_s = [600]
{fetch}
[screen]
{screen}
"""
LITTLE_ROOM = "disk_budget_gb = 1e-5"
ANY_TITLE = "drop_titles = []"
ANY_MOTION = "drop_titles = []\nmin_motion = 0\nmin_moving = 0"

BAR = re.compile(r"(fetch train-\d{6}|screen|cut|audit) +[━╸╺]+ +\d+/\d+ +[-\d:]+( [\w./, ]*)?")


@dataclass
class Life:
    """A folder with a recipe, its dataset, and what the commands said."""

    folder: Path
    site: Site
    said: dict[str, Done] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    """Paths that the site was asked for meanwhile."""
    screened: dict[str, dict[Path, int]] = field(default_factory=dict)
    """Afterwards: when each manifest of screening was written."""
    cut: dict[str, list[str]] = field(default_factory=dict)
    """Afterwards: the shards that are committed."""

    @property
    def dataset(self) -> Dataset:
        return Dataset(self.folder / "data")

    def list(self, *addresses: str) -> None:
        """Add addresses to the list, each a path with a title or without."""
        with (self.folder / "web.csv").open("a", encoding="utf-8") as file:
            for address in addresses:
                path, _, title = address.partition(" ")
                print(f"{self.site.url(path)},{title}", file=file)

    def run(
        self,
        name: str,
        *command: object,
        fetch: str = "",
        screen: str = "",
        by: Callable[..., Done] = framesong,
    ) -> None:
        """Run a command with such a recipe."""
        before = len(self.site.requests)
        recipe = self.folder / "my.toml"
        recipe.write_text(RECIPE.format(fetch=fetch, screen=screen), encoding="utf-8")
        verb, *options = command
        self.said[name] = by(verb, recipe, *options)
        self.asked[name] = [path for path, _ in self.site.requests[before:]]
        self.screened[name] = {
            path: path.stat().st_mtime_ns
            for table in (SCREENING, MEASURES)
            for path in (self.folder / "data" / "tables" / table.name).glob("*.json")
        }
        uncut = self.dataset.uncut()
        self.cut[name] = [shard for shard in self.dataset.shards() if shard not in uncut]

    def shard_of(self, path: str) -> str:
        """Where the video at that path of the site was listed last."""
        rows = [video for video in self.dataset.read_all(VIDEOS) if video.url.endswith(path)]
        return rows[-1].shard


@pytest.fixture(scope="module")
def life(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("life")
    songs, web = built.world.folder / "songs", built.world.folder / "web"
    good, other = ((web / f"song{number}.mp4").read_bytes() for number in (3, 4))
    routes = {"/good.mp4": good, "/reaction.mp4": other, "/again.mp4": good, "/busy.mp4": 429}
    for number in (0, 1):
        still = make_video(folder / f"still{number}.mp4", still=True, seed=20 + number)
        routes[f"/still{number}.mp4"] = still.read_bytes()
    make_video(folder / "songs" / "short.mp4", 5, seed=9)
    for name in ("silent", "song1"):
        (folder / "songs" / f"{name}.mp4").write_bytes((songs / f"{name}.mp4").read_bytes())
    (folder / "web.csv").write_text("url,title\n", encoding="utf-8")
    (folder / "data").mkdir()
    built.world.copy_history("built", folder / "data")
    with Site(routes) as site:
        life = Life(folder, site)
        life.list("/reaction.mp4 My Reaction to a song", "/good.mp4", "/still0.mp4", "/still1.mp4")
        life.list("/again.mp4", "/dead.mp4")
        life.run("cramped", "build", "--screen-only", fetch=LITTLE_ROOM)
        life.run("screened", "build", "--screen-only", screen=ANY_TITLE)
        life.run("unchanged", "build", "--screen-only", screen=ANY_TITLE)
        life.run("cut", "build", fetch=LITTLE_ROOM, screen=ANY_TITLE)
        life.run("retried", "failures", "--retry", screen=ANY_MOTION)
        life.list("/busy.mp4", "/never.mp4")
        life.run("blocked", "build", fetch=LITTLE_ROOM, screen=ANY_MOTION, by=on_a_terminal)
        life.run("resting", "build", screen=ANY_MOTION)
        life.run("failures", "failures", "--json", screen=ANY_MOTION)
        life.run("status", "status", "--json", screen=ANY_MOTION)
        yield life


def errors(done: Done) -> list[str]:
    return [line for line in done.lines if line.startswith("framesong: ")]


def test_downloads_that_nothing_cuts_end_the_fetching_with_one_line(life: Life) -> None:
    done = life.said["cramped"]
    assert done.code == 1
    (line,) = errors(done)
    assert "disk_budget_gb" in line
    assert "--screen-only" in line
    assert set(life.asked["cramped"]) == {"/good.mp4"}
    assert re.search(r"^title +\d+ +1 ", done.out, re.MULTILINE)


def test_screening_shows_what_each_check_drops_and_cuts_nothing(life: Life) -> None:
    done = life.said["screened"]
    assert done.code == 0, done.err
    assert done.out.split()[:3] == ["check", "videos", "dropped"]
    for line in (r"moving +7 +2 ", r"reupload by file +1 +1 ", r"bandwidth +7 +0 "):
        assert re.search(f"^{line}", done.out, re.MULTILINE), line
    assert life.cut["screened"] == []
    assert "9 shards wait to be cut" in done.lines[-1]
    assert not any(line.startswith("cut:") for line in done.lines)


def test_screening_where_nothing_is_new_shows_the_same_and_starts_nothing(life: Life) -> None:
    assert life.said["unchanged"].out == life.said["screened"].out
    assert life.asked["unchanged"] == []
    assert [line.split()[0] for line in life.said["unchanged"].lines] == ["Listed:", "9"]


def test_for_another_threshold_only_what_it_had_kept_from_download_is_fetched(life: Life) -> None:
    assert "/reaction.mp4" in life.asked["screened"]
    assert "/good.mp4" not in life.asked["screened"]
    before, after = life.screened["cramped"], life.screened["screened"]
    assert len(before) == 4
    assert all(after[path] > before[path] for path in before)


def test_what_was_screened_is_cut_without_being_fetched_or_screened_again(life: Life) -> None:
    assert life.asked["cut"] == []
    assert life.screened["cut"] == life.screened["screened"]


def test_a_full_budget_keeps_nothing_back_that_is_there_to_be_cut(life: Life) -> None:
    assert life.said["cut"].code == 0, life.said["cut"].err
    assert len(life.cut["cut"]) == 9


def test_a_loosened_threshold_brings_dropped_videos_back_in_new_shards(life: Life) -> None:
    assert "Listed again: 2 videos" in life.said["retried"].err
    new = life.cut["blocked"][9:]
    assert new == [life.shard_of("/still0.mp4"), life.shard_of("/still1.mp4")]
    assert [len(life.dataset.read(CLIPS, shard)) for shard in new] == [1, 1]


def test_where_room_is_short_fetching_waits_for_cutting_and_goes_on(life: Life) -> None:
    (line,) = [line for line in life.said["blocked"].lines if "Waiting for shards" in line]
    assert "disk_budget_gb" in line


def test_a_site_that_asks_to_stop_ends_the_fetching_and_what_is_there_is_cut(life: Life) -> None:
    done = life.said["blocked"]
    assert done.code == 1
    (line,) = errors(done)
    assert "asks us to stop (http_429)" in line
    assert set(life.asked["blocked"]) == {"/still0.mp4", "/still1.mp4", "/busy.mp4"}
    assert "5 clips of 11 listed videos" in done.err
    assert is_current(life.dataset, load(life.folder / "my.toml"))
    assert life.dataset.uncut() == [life.shard_of("/busy.mp4"), life.shard_of("/never.mp4")]


def test_the_next_run_does_not_ask_before_the_pause_is_over(life: Life) -> None:
    assert life.said["resting"].code == 1
    assert life.asked["resting"] == []
    assert errors(life.said["resting"]) == errors(life.said["blocked"])


def test_on_a_terminal_neither_lines_nor_bars_run_into_one_another(life: Life) -> None:
    lines = [line for line in life.said["blocked"].lines if line.strip()]
    bars = [line for line in lines if BAR.fullmatch(line.rstrip())]
    assert {line.split()[0] for line in bars} == {"fetch", "screen", "cut", "audit"}
    others = [line.split()[0] for line in lines if line not in bars]
    assert others == ["Listed:", "Downloads", "5", "Look", "What", "framesong:"]


def test_a_copy_in_another_shard_is_dropped_and_says_of_what(life: Life) -> None:
    shard = life.shard_of("/again.mp4")
    (again,) = life.dataset.read(VIDEOS, shard)
    (good,) = life.dataset.read(VIDEOS, life.shard_of("/good.mp4"))
    assert again.song_id == good.song_id
    assert {row.consequence for row in life.dataset.read(MATCHES, shard)} == {"reupload"}
    losses = json.loads(life.said["failures"].out)
    (loss,) = [loss for loss in losses if loss["subject"] == again.video_id]
    assert loss["reason"] == "reupload"
    assert loss["detail"].startswith(f"a copy of {good.video_id} (")


def test_listed_are_kept_and_dropped_and_failed_and_waiting(life: Life) -> None:
    listed = {video.video_id for video in life.dataset.read_all(VIDEOS)}
    kept = {clip.video_id for clip in life.dataset.read_all(CLIPS)}
    losses = json.loads(life.said["failures"].out)
    lost = {loss["subject"] for loss in losses}
    assert len(lost) == len(losses)
    assert kept.isdisjoint(lost)
    waiting = listed - kept - lost
    assert {each.split("-")[1] for each in waiting} == {"busy", "never"}
    assert Counter(loss["reason"] for loss in losses) == dict.fromkeys(
        ("http_404", "no_audio_stream", "reupload", "too_short"), 1
    )
    status = json.loads(life.said["status"].out)
    assert (status["videos"], status["uncut_shards"], sum(status["losses"].values())) == (11, 2, 4)
    report = json.loads((life.dataset.report_folder / "report.json").read_text(encoding="utf-8"))
    counts = report["counts"]["total"]
    assert (counts["listed"], counts["dropped"], counts["waiting"]) == (11, 4, 2)
    assert counts["with_clips"] == len(kept) == 5
