"""From a dataset to a metadata export, and from that to the same clips again."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import steps
from pipeline.acquire.settings import Fetching
from pipeline.cutting import WINDOWS, check_cut
from pipeline.errors import DatasetError, SourceError
from pipeline.export.recreate import Recreated, recreated
from pipeline.recipe import Recipe
from pipeline.sources.addresses import parse_address
from pipeline.sources.base import Asking
from pipeline.sources.export import Export
from pipeline.sources.ids import video_id
from pipeline.stages.given import Given
from pipeline.store import Dataset
from schemas import CLIPS, FRAME_CAPTIONS, PROMPTS
from schemas.clip import Clip
from tests.light_stages import LIGHT, RUNS
from tests.pipeline.export.rebuilding import RECIPE, build, export, make_videos
from tests.videos import make_video


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with videos, the dataset `data` of them, and its export `out`."""
    root = tmp_path_factory.mktemp("made")
    make_videos(root / "videos")
    (root / "my.toml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "STAGES", LIGHT | {"given": Given})
        export(*build(root / "my.toml"), root / "out")
    return root


@pytest.fixture
def world(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a receiver has: the export, and copies of the videos."""
    monkeypatch.setattr(steps, "STAGES", LIGHT | {"given": Given})
    shutil.copytree(made / "out", tmp_path / "out")
    shutil.copytree(made / "videos", tmp_path / "copies")
    RUNS.clear()
    return tmp_path


def clips_of(dataset: Dataset) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in dataset.read_all(CLIPS)}


def original(made: Path) -> dict[str, Clip]:
    return clips_of(Dataset(made / "data"))


def rebuilt(world: Path, notes: list[str] | None = None) -> tuple[Dataset, Recipe, Recreated]:
    dataset, recipe = build(world / "out" / "recipe.toml", notes)
    found = recreated(dataset, recipe)
    assert found is not None
    return dataset, recipe, found


def change(path: Path, column: str, values: list[object], kind: pa.DataType | None = None) -> None:
    """Give a column of a Parquet file other values, the first ones."""
    table = pq.read_table(path)
    field = table.schema.field(column)
    rest = table[column].to_pylist()[len(values) :]
    array = pa.array([*values, *rest], kind or field.type)
    table = table.set_column(table.schema.get_field_index(column), column, array)
    pq.write_table(table, path)


def test_the_same_videos_give_the_same_clips(made: Path, world: Path) -> None:
    dataset, _, found = rebuilt(world)
    then, now = original(made), clips_of(dataset)
    assert then.keys() == now.keys()
    assert len(then) == 8
    for name, clip in then.items():
        assert now[name].model_copy(update={"shard": clip.shard}) == clip
    assert {clip.split for clip in then.values()} == {"train", "eval"}
    assert (found.clips, found.equal, found.others) == (8, 8, [])
    assert list(found.lines()) == ["Of 8 clips of the export, 8 are equal."]


def test_captions_and_prompts_come_back_without_a_model(made: Path, world: Path) -> None:
    dataset, recipe, _ = rebuilt(world)
    then = Dataset(made / "data")
    for table in (FRAME_CAPTIONS, PROMPTS):
        (before,) = then.variants(table)
        (after,) = dataset.variants(table)
        rows = sorted(then.read_all(table, before), key=table.key_of)
        assert sorted(dataset.read_all(table, after), key=table.key_of) == rows != []
    assert RUNS == []
    assert [step.stage.name for step in recipe.steps] == ["given", "given"]


def test_an_export_tells_no_local_path(made: Path) -> None:
    for path in (made / "out").iterdir():
        assert str(made).encode() not in path.read_bytes()
        if path.suffix == ".parquet":
            assert str(made) not in str(pq.read_table(path).to_pylist())


def test_an_export_repeats_byte_for_byte(made: Path, world: Path) -> None:
    from pipeline.recipe import load

    recipe = load(made / "my.toml")
    export(Dataset(made / "data"), recipe, world / "again")
    for path in (world / "again").iterdir():
        assert path.read_bytes() == (made / "out" / path.name).read_bytes()


def test_windows_are_the_given_ones_whatever_the_seed(made: Path, world: Path) -> None:
    file = world / "out" / "recipe.toml"
    file.write_text(file.read_text().replace("seed = 3", "seed = 4"))
    assert rebuilt(world)[2].equal == 8


def test_a_missing_video_is_gone_and_comes_when_it_is_there(world: Path) -> None:
    path = world / "copies" / "live" / "Cat - Three.mp4"
    path.rename(world / "aside.mp4")
    notes: list[str] = []
    _, _, found = rebuilt(world, notes)
    assert (found.equal, [clip.outcome for clip in found.others]) == (6, ["gone", "gone"])
    assert "there is no file 'live/Cat - Three.mp4' in `videos`" in next(
        iter(list(found.lines())[1:])
    )
    assert any("Cat - Three" in note for note in notes)
    (world / "aside.mp4").rename(path)
    assert rebuilt(world)[2].equal == 8


def test_another_encoding_differs_and_is_told_from_the_same_file(world: Path) -> None:
    make_video(world / "copies" / "Ann - One.mp4", 8, seed=9)
    found = rebuilt(world)[2]
    assert found.equal == 6
    assert {clip.outcome for clip in found.others} == {"differs"}
    assert {clip.same_file for clip in found.others} == {False}
    assert all(clip.differs == ["audio", "frame"] for clip in found.others)
    assert "audio and frame differ; the video's file is another" in list(found.lines())[1]


def test_a_shorter_copy_says_why_it_gave_no_clip(world: Path) -> None:
    make_video(world / "copies" / "Ann - One.mp4", 2.5, seed=0)
    found = rebuilt(world)[2]
    reasons = {clip.reason for clip in found.others if clip.outcome == "not_cut"}
    assert reasons
    assert "" not in reasons
    assert found.equal + len(found.others) == 8


def test_a_file_that_is_no_video_is_gone_with_the_reason(world: Path) -> None:
    (world / "copies" / "Ann - One.mp4").write_bytes(b"no video")
    found = rebuilt(world)[2]
    assert [(clip.outcome, clip.reason) for clip in found.others] == [("gone", "not_media")] * 2


def test_copies_may_be_named_after_ids(world: Path) -> None:
    videos = pq.read_table(world / "out" / "videos.parquet").to_pylist()
    for row in videos:
        (world / "copies" / row["file"]).rename(world / "copies" / f"{row['video_id']}.mp4")
    change(world / "out" / "videos.parquet", "file", [None] * 4)
    assert rebuilt(world)[2].equal == 8


def test_an_unchanged_export_is_built_again_without_a_change(world: Path) -> None:
    dataset, recipe, first = rebuilt(world)
    tars = {shard: dataset.shard_manifest(shard) for shard in dataset.shards()}
    check_cut(dataset, recipe)
    assert rebuilt(world)[2] == first
    assert {shard: dataset.shard_manifest(shard) for shard in dataset.shards()} == tars


def test_a_shard_that_does_not_say_which_windows_it_was_cut_from_is_not_taken_for_the_exports(
    world: Path,
) -> None:
    dataset, recipe, _ = rebuilt(world)
    made = dataset.shard_manifest(dataset.shards()[0])
    assert made
    cut = {option: value for option, value in made.cut.items() if option != WINDOWS}
    dataset.write_shard_manifest(made.model_copy(update={"cut": cut}))
    with pytest.raises(DatasetError, match="was cut with None"):
        check_cut(dataset, recipe)


def test_shards_do_not_change_when_windows_do(world: Path) -> None:
    rebuilt(world)
    path = world / "out" / "clips.parquet"
    first = pq.read_table(path)
    pq.write_table(first.slice(1), path)
    with pytest.raises(DatasetError, match=r"`windows` is .* Shards never change"):
        rebuilt(world)


def test_a_recipe_without_an_export_has_nothing_to_compare(made: Path, world: Path) -> None:
    from pipeline.recipe import load

    assert recreated(Dataset(made / "data"), load(made / "my.toml")) is None


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("start_s", float("nan"), "no usable times"),
        ("start_s", 1e300, "no usable times"),
        ("frame_s", 1e5, "not within its clip"),
        ("end_s", 1e5, "long, but `clip_seconds`"),
        ("clip_id", "../../etc/passwd", "does not begin at"),
        ("clip_id", None, "does not begin at"),
    ],
)
def test_a_window_that_cannot_be_is_one_line(
    world: Path, column: str, value: object, said: str
) -> None:
    path = world / "out" / "clips.parquet"
    change(path, column, [value])
    with pytest.raises(SourceError, match=said) as caught:
        rebuilt(world)
    assert "\n" not in str(caught.value)


def test_windows_beyond_the_file_fail_by_themselves(world: Path) -> None:
    path = world / "out" / "clips.parquet"
    name = pq.read_table(path)["video_id"][0].as_py()
    for column, value in (
        ("start_s", 500.0),
        ("end_s", 502.0),
        ("frame_s", 501.0),
        ("clip_id", f"{name}-00500000"),
    ):
        change(path, column, [value])
    dataset, _, found = rebuilt(world)
    assert found.equal == 7
    assert [clip.outcome for clip in found.others] == ["not_cut"]
    assert len(clips_of(dataset)) == 7


def test_windows_without_end_are_refused(world: Path) -> None:
    path = world / "out" / "clips.parquet"
    row = pq.read_table(path, columns=["clip_id", "video_id", "start_s", "end_s", "frame_s"])
    pq.write_table(pa.concat_tables([row.slice(0, 1)] * 20_000), path)
    with pytest.raises(SourceError, match="more than 10000 clips"):
        build(world / "out" / "recipe.toml")


@pytest.mark.parametrize("kind", [pa.int64(), pa.binary()])
def test_columns_of_another_type_are_named(world: Path, kind: pa.DataType) -> None:
    videos = world / "out" / "videos.parquet"
    change(videos, "song_id", [None] * 4, kind)
    with pytest.raises(SourceError, match="column `song_id` should be string"):
        rebuilt(world)


def test_what_is_no_parquet_file_is_named(world: Path) -> None:
    (world / "out" / "videos.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(SourceError, match=r"videos\.parquet cannot be read"):
        rebuilt(world)
    (world / "out" / "videos.parquet").unlink()
    with pytest.raises(SourceError, match="There is no file"):
        rebuilt(world)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"video_id": "../../etc/passwd"}, "its id is none of ours"),
        ({"video_id": "folder-a\n"}, "its id is none of ours"),
        ({"video_id": "x" * 97}, "its id is none of ours"),
        ({"file": "/etc/passwd"}, "leads out of the folder"),
        ({"file": "../out/clips.parquet"}, "leads out of the folder"),
        ({"file": "a\nb.mp4"}, "leads out of the folder"),
        ({"file": None, "url": "file:///etc/passwd"}, "starts with http"),
        ({"file": None, "url": "/etc/passwd"}, "starts with http"),
        ({"file": None, "url": "http://a.example/\nX: y"}, "no spaces or control"),
        ({"file": None, "url": "https://youtu.be/aqz-KE-bpKQ"}, "its id is of folder"),
        ({"file": None, "url": None}, "starts with http"),
        ({"split": "test"}, "no song and side"),
        ({"song_id": "a b"}, "no song and side"),
    ],
)
def test_a_video_that_cannot_be_trusted_is_left_out_with_a_note(
    world: Path, changes: dict[str, object], said: str
) -> None:
    for column, value in changes.items():
        change(world / "out" / "videos.parquet", column, [value])
    notes: list[str] = []
    _, _, found = rebuilt(world, notes)
    assert found.equal == 6
    assert any(said in note and "\n" not in note for note in notes), notes


def test_a_link_out_of_the_copies_is_not_followed(world: Path) -> None:
    path = world / "copies" / "Ann - One.mp4"
    path.rename(world / "secret.mp4")
    path.symlink_to(world / "secret.mp4")
    notes: list[str] = []
    assert rebuilt(world, notes)[2].equal == 6
    assert any("link that leads out" in note for note in notes)


def test_a_song_on_both_sides_is_refused(world: Path) -> None:
    change(world / "out" / "videos.parquet", "song_id", ["song-x"] * 4)
    with pytest.raises(SourceError, match="a folder of its own"):
        rebuilt(world)


def test_rows_of_another_table_are_refused(world: Path) -> None:
    shutil.copy(world / "out" / "step-look.parquet", world / "out" / "step-write.parquet")
    with pytest.raises(DatasetError, match="holds no rows of prompts"):
        rebuilt(world)


def test_a_shard_of_which_no_video_is_there_is_finished_without_rows(world: Path) -> None:
    for path in (world / "copies").rglob("*.mp4"):
        if path.stem in ("Ann - One", "Bob - Two"):
            path.unlink()
            path.write_bytes(b"no video")
    dataset, _, found = rebuilt(world)
    assert {clip.outcome for clip in found.others} == {"gone"}
    empty = [shard for shard in dataset.shards() if not dataset.read(CLIPS, shard)]
    assert empty
    (variant,) = dataset.variants(PROMPTS)
    for shard in empty:
        part = dataset.manifest(PROMPTS, shard, variant)
        assert part is not None
        assert part.rows == 0


def test_videos_that_copies_are_not_named_after_are_told(world: Path) -> None:
    videos = world / "out" / "videos.parquet"
    urls = [f"https://example.org/{number}.mp4" for number in range(4)]
    addresses = [parse_address(url) for url in urls]
    ids = [video_id(each.site, each.raw_id) for each in addresses]
    change(videos, "video_id", list(ids))
    change(videos, "url", list(urls))
    change(videos, "file", [None] * 4)
    (world / "copies" / f"{ids[1]}.mp4").write_bytes(b"")
    notes: list[str] = []
    asking = Asking(world, notes.append, Fetching(), world / "cache")
    assert len(list(Export(path="out", videos="copies").list(asking))) == 4
    assert notes == [
        "`videos` has no copies of 3 videos, which are fetched: "
        f"one would be {ids[0]}.mp4 or the like."
    ]
