"""From captions to trainers: audit with gates, compare, export, take out, and make again."""

import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.recipe import load
from pipeline.store import Dataset
from schemas import CLIPS, PROMPTS
from schemas.clip import Clip
from tests.flows.commands import Done, framesong
from tests.flows.conftest import Built, Call
from tests.flows.world import STEPS, World

pytestmark = pytest.mark.timeout(900)

WRITER = """
[stage.summarise]
model = "checkpoints/mistral"
backend = "transformers"
clip_tokenizer = "checkpoints/clip"
max_words = {words}
"""


def steps(words: int = 70) -> str:
    return STEPS + WRITER.format(words=words)


@dataclass(frozen=True)
class Story:
    """A dataset with prompts, of which a second variant was tried on one clip."""

    world: World
    recipe: Path
    dataset: Dataset
    clips: list[Clip]
    marked: Path
    variants: tuple[str, str]
    tried: Done

    def copy(self, name: str) -> tuple[Path, Dataset]:
        dataset = self.world.copy(self.dataset.root.name, name)
        return self.world.recipe(name, steps=steps()), dataset


@pytest.fixture(scope="module")
def story(built: Built) -> Story:
    world = built.world
    dataset = world.copy("built", "prompted")
    recipe = world.recipe("prompted", steps=steps())
    assert framesong("annotate", recipe).code == 0
    first = load(recipe).step("summarise").variant
    clips = list(dataset.read_all(CLIPS))
    marked = world.folder / "marked-clips.txt"
    marked.write_text(f"# from the report\n{clips[0].clip_id}\n", encoding="utf-8")
    other = world.recipe("prompted", steps=steps(words=60))
    second = load(other).step("summarise").variant
    tried = framesong("annotate", other, "--only", "summarise", "--clips", marked)
    world.recipe("prompted", steps=steps())
    return Story(world, recipe, dataset, clips, marked, (first, second), tried)


def test_a_new_variant_is_tried_on_the_marked_clips_alone(story: Story) -> None:
    assert story.tried.code == 0, story.tried.err
    rows = list(story.dataset.read_all(PROMPTS, story.variants[1]))
    assert [row.clip_id for row in rows] == [story.clips[0].clip_id]


def test_two_variants_are_compared_on_the_clips_that_both_have(call: Call, story: Story) -> None:
    done = call("audit", story.recipe, "--compare", *story.variants)
    assert done.code == 0, done.err
    assert "words" in done.out
    page = Path(done.lines[-1].removeprefix("Look at "))
    found = json.loads((page.parent / "comparison.json").read_text())
    assert found["common"] == 1
    assert [each["variant"] for each in found["variants"]] == list(story.variants)
    assert [each["changed"] for each in found["variants"]] == [{"max_words": 70}, {"max_words": 60}]


def test_an_unknown_variant_is_one_line_with_the_known_ones(call: Call, story: Story) -> None:
    done = call("audit", story.recipe, "--compare", story.variants[0], "summarise-nothing")
    assert done.code == 1
    assert story.variants[1] in done.lines[-1]


def test_a_build_keeps_the_reports_summary_as_artifacts(built: Built) -> None:
    with closing(sqlite3.connect(built.dataset.prefect_home / "prefect.db")) as history:
        kept = dict(history.execute("select key, data from artifact where key is not null"))
    assert set(kept) == {"framesong-report", "framesong-measures"}
    clips = sum(1 for _ in built.dataset.read_all(CLIPS))
    assert f"{clips} clips of" in kept["framesong-report"]
    measures = json.loads(json.loads(kept["framesong-measures"]))
    assert {"measure": "clips", "value": float(clips)} in measures


def test_the_flow_holds_a_dataset_to_its_gates(built: Built) -> None:
    recipe = str(built.world.folder / "built.toml")
    script = (
        "import sys\nfrom flows.audit import audit\naudit(sys.argv[1], fail_under=['clips=999'])"
    )
    command = [sys.executable, "-c", script, recipe]
    environment = {**os.environ, "PREFECT_HOME": str(built.dataset.prefect_home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "BelowGate: clips is" in done.stderr


def test_a_gate_that_holds_is_0_and_one_that_does_not_is_3(call: Call, story: Story) -> None:
    good = call("audit", story.recipe, "--fail-under", "clips=1", "--fail-over", "violating=1")
    assert good.code == 0, good.err
    assert f"{len(story.clips)} clips of" in good.out
    bad = call("audit", story.recipe, "--fail-under", "clips=1000", "--fail-over", "clips=1")
    assert bad.code == 3
    assert len([line for line in bad.lines if line.startswith("framesong: ")]) == 2
    assert (story.dataset.report_folder / "index.html").exists()


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("clipscor=0.25", "Did you mean `clipscore`?"),
        ("truncated=5", "truncated=0.05"),
        ("clipscore", "NAME=VALUE"),
        ("clap_cosine=0.1", "no step has measured"),
    ],
)
def test_a_gate_that_cannot_be_judged_is_1(call: Call, story: Story, gate: str, said: str) -> None:
    done = call("audit", story.recipe, "--fail-under", gate)
    assert done.code == 1
    assert said in done.lines[-1]


def test_variants_without_compare_are_1(call: Call, story: Story) -> None:
    done = call("audit", story.recipe, "summarise-1")
    assert done.code == 1
    assert "--compare" in done.lines[-1]


def test_an_export_holds_what_the_condition_says_and_counts_the_rest(
    call: Call, story: Story, tmp_path: Path
) -> None:
    wanted = story.clips[0].clip_id
    where = f"clip_id = '{wanted}' and words > 0"
    out = tmp_path / "out"
    done = call("export", story.recipe, out, "--format", "webdataset", "--where", where)
    assert done.code == 0, done.err
    assert "Exported 1 clip in 1 file" in done.err
    assert "Left out: " in done.err
    (tar,) = out.glob("*.tar")
    with tarfile.open(tar) as file:
        assert sorted(file.getnames()) == [
            f"{wanted}.{end}" for end in ("flac", "jpg", "json", "txt")
        ]


def test_an_export_of_nothing_is_1_and_leaves_no_folder(
    call: Call, story: Story, tmp_path: Path
) -> None:
    where = "words > 100000"
    done = call("export", story.recipe, tmp_path / "o", "--format", "parquet", "--where", where)
    assert done.code == 1
    assert not (tmp_path / "o").exists()


def test_a_typing_error_in_a_condition_names_the_columns(
    call: Call, story: Story, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    done = call("export", story.recipe, out, "--format", "parquet", "--where", "wrods > 1")
    assert done.code == 1
    assert "words" in done.lines[-1]


def test_what_is_removed_is_out_of_shards_tables_and_exports_and_stays_out(
    story: Story, tmp_path: Path, call: Call
) -> None:
    recipe, dataset = story.copy("taken")
    out = tmp_path / "out"
    assert call("export", recipe, out, "--format", "webdataset").code == 0
    gone = story.clips[0].video_id
    assert call("remove", recipe, gone, "--dry-run").code == 0
    assert gone in {clip.video_id for clip in dataset.read_all(CLIPS)}
    done = call("remove", recipe, gone, "--reason", "asked for by its maker")
    assert done.code == 0, done.err
    assert "Trainers must read again: " in done.err
    assert str(out) in done.err
    assert gone not in {clip.video_id for clip in dataset.read_all(CLIPS)}
    for tar in (*dataset.tar("x").parent.glob("*.tar"), *out.glob("*.tar")):
        assert gone.encode() not in io.BytesIO(tar.read_bytes()).getvalue()
    assert call("verify", recipe).code == 0
    again = framesong("build", recipe)
    assert gone not in {clip.video_id for clip in dataset.read_all(CLIPS)}
    assert "no new videos" in again.err
    assert "summarise: nothing to do" in again.err or "Nothing to do" in again.err


def test_removing_what_is_not_there_is_1_and_changes_nothing(call: Call, story: Story) -> None:
    before = story.dataset.content_digest(load(story.recipe).tables())
    done = call("remove", story.recipe, "folder-nothing-at-all")
    assert done.code == 1
    assert "folder-nothing-at-all" in done.lines[-1]
    assert story.dataset.content_digest(load(story.recipe).tables()) == before
    assert call("remove", story.recipe).code == 1


def test_metadata_alone_makes_the_same_clips_again(
    story: Story, tmp_path: Path, call: Call
) -> None:
    out = tmp_path / "meta"
    assert call("export", story.recipe, out, "--format", "metadata").code == 0
    recipe = out / "recipe.toml"
    copies = f'videos = "{story.world.folder / "songs"}"\n'
    text = recipe.read_text()
    text = text.replace('# videos = "../my-copies"', copies + "#")
    recipe.write_text(text.replace("\nformat = ", "\ngap_seconds = 0\nformat = ", 1))
    done = framesong("build", recipe)
    assert done.code == 0, done.err
    rebuilt = Dataset(load(recipe).root)
    digests = {clip.clip_id: clip.audio_sha256 for clip in rebuilt.read_all(CLIPS)}
    assert digests == {clip.clip_id: clip.audio_sha256 for clip in story.clips}
    assert f"Of {len(story.clips)} clips of the export, {len(story.clips)} are equal." in done.err
    prompts = {row.clip_id for row in rebuilt.read_all(PROMPTS, load(recipe).steps[-2].variant)}
    assert prompts == set(digests)


def test_parquet_reads_back(call: Call, story: Story, tmp_path: Path) -> None:
    out = tmp_path / "hf"
    assert call("export", story.recipe, out, "--format", "parquet").code == 0
    tables = [pq.read_table(path) for path in out.glob("data/*.parquet")]
    assert sum(table.num_rows for table in tables) == len(story.clips)
