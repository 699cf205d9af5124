"""`framesong build`, with real processes on real files."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter

import pytest

from pipeline.recipe import load
from pipeline.verify import verify
from tests.flows.commands import framesong
from tests.flows.conftest import Built
from tests.flows.world import TWO_WORKERS

pytestmark = pytest.mark.timeout(900)

SHARDS = [f"train-{number:06d}" for number in range(4)]


def test_one_command_goes_from_the_sources_to_the_report(built: Built) -> None:
    assert built.said.code == 0, built.said.err
    assert built.dataset.shards() == SHARDS
    assert built.dataset.uncut() == []
    assert (built.dataset.report_folder / "index.html").is_file()


def test_it_says_what_was_done_what_was_dropped_and_where_things_are(built: Built) -> None:
    said = built.said.err
    assert built.said.out == ""
    assert "8 new videos in 4 shards" in said
    for step, share in (
        ("fetch", "5 of 8"),
        ("screen", "5 of 5"),
        ("cut", "5 of 5"),
        ("blip2", "7 of 7"),
    ):
        assert any(line.startswith(f"{step}: ") and share in line for line in built.said.lines)
    for reason in ("not_media", "no_audio_stream", "http_404"):
        assert f"1 {reason}" in said
    assert str(built.dataset.report_folder / "index.html") in said
    assert f"framesong failures {built.dataset.root}" in said
    assert "Traceback" not in said


def test_every_listed_video_ends_as_clips_or_as_a_loss_with_its_reason(built: Built) -> None:
    told = framesong("failures", built.dataset.root, "--json")
    losses = {loss["subject"].split("-")[1]: loss["reason"] for loss in json.loads(told.out)}
    assert losses == {"broken": "not_media", "silent": "no_audio_stream", "dead": "http_404"}
    status = json.loads(framesong("status", built.dataset.root, "--json").out)
    assert (status["videos"], status["fetched"], status["clips"]) == (8, 5, 7)
    assert [(step["step"], step["done"], step["failed_clips"]) for step in status["steps"]] == [
        ("blip2", 4, 0),
        ("clip_score", 4, 0),
    ]


def test_the_history_holds_one_completed_task_run_for_each_step_of_each_shard(
    built: Built,
) -> None:
    with sqlite3.connect(built.dataset.prefect_home / "prefect.db") as history:
        runs = history.execute("select name, state_type from task_run").fetchall()
        flows = history.execute("select state_type from flow_run").fetchall()
    steps = ("fetch", "screen", "cut", "blip2", "clip_score")
    expected = [f"{step}/{shard}" for step in steps for shard in SHARDS]
    assert Counter(runs) == Counter((name, "COMPLETED") for name in [*expected, "report"])
    assert flows == [("COMPLETED",)]


def test_downloads_are_gone_and_files_of_the_users_are_not(built: Built) -> None:
    assert list((built.dataset.root / "media").iterdir()) == []
    assert len(list((built.world.folder / "songs").iterdir())) == 5


def test_a_second_run_does_nothing_and_starts_no_server(built: Built) -> None:
    log = built.dataset.prefect_home / "server.log"
    before = log.stat().st_mtime_ns
    again = framesong("build", built.world.folder / "built.toml")
    assert again.code == 0
    assert "Nothing to do: 7 clips in 4 shards, up to date." in again.lines
    assert log.stat().st_mtime_ns == before


def test_two_builds_are_byte_identical_whatever_the_number_of_workers(built: Built) -> None:
    world = built.world
    world.copy_history("built", "twice")
    said = framesong("build", world.recipe("twice", TWO_WORKERS))
    assert said.code == 0, said.err
    other = world.dataset("twice")
    for shard in SHARDS:
        assert other.tar(shard).read_bytes() == built.dataset.tar(shard).read_bytes()
    recipe = load(other.root)
    tables = [(table, variant) for table, variant in recipe.tables() if table.name != "media"]
    for table, variant in tables:
        for shard in SHARDS:
            ours, theirs = (d.part(table, shard, variant) for d in (built.dataset, other))
            assert ours.read_bytes() == theirs.read_bytes(), f"{table.name}/{shard}"
    verdict = verify(other, recipe, lambda shard: None)
    assert verdict.problems == ()
    assert verdict.digest == built.digest


PLAIN_READER = """
import io, json, sys
import webdataset as wds

ids = []
for sample in wds.WebDataset(sys.argv[1:], shardshuffle=False).decode("pil"):
    assert sample["flac"][:4] == b"fLaC", sample.keys()
    assert min(sample["jpg"].size) > 0
    assert sample["json"]["clip_id"] == sample["__key__"]
    ids.append(sample["__key__"])
ours = {"schemas", "pipeline", "flows"} & {name.partition(".")[0] for name in sys.modules}
print(json.dumps({"ids": ids, "ours": sorted(ours)}))
"""


def test_plain_webdataset_reads_the_shards_without_us(built: Built) -> None:
    tars = [str(built.dataset.tar(shard)) for shard in SHARDS]
    read = subprocess.run(
        [sys.executable, "-c", PLAIN_READER, *tars],
        cwd=built.dataset.root,
        capture_output=True,
        text=True,
    )
    assert read.returncode == 0, read.stderr
    found = json.loads(read.stdout)
    assert found["ours"] == []
    assert len(set(found["ids"])) == len(found["ids"]) == 7


def test_a_moved_dataset_folder_still_says_what_it_is(built: Built) -> None:
    built.world.copy("built", "moved")
    elsewhere = built.world.folder / "far" / "away"
    elsewhere.parent.mkdir()
    shutil.move(built.world.folder / "moved", elsewhere)
    told = framesong("verify", elsewhere)
    assert told.code == 0, told.err
    assert built.digest in told.out
    status = json.loads(framesong("status", elsewhere, "--json").out)
    assert (status["clips"], status["dataset"]) == (7, str(elsewhere))
    assert all(step["done"] == 4 for step in status["steps"])


def test_a_copied_dataset_folder_is_worked_on_where_it_lies(built: Built) -> None:
    copy = built.world.copy("built", "copied")
    step = load(built.world.folder / "copied.toml").step("clip_score")
    part = copy.part(step.table, copy.shards()[0], step.variant)
    part.with_suffix(".json").unlink()
    assert framesong("annotate", copy.root).code == 0
    assert part.with_suffix(".json").exists()
