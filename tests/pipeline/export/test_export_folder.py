"""The folder of an export is the old one or the new one, and never anybody else's."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import DatasetError, DiskFull, RecipeError
from pipeline.export.export import export
from pipeline.export.folder import check_replaceable
from pipeline.export.known import known_exports
from pipeline.export.request import ExportRequest
from pipeline.folders import recover
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from tests.pipeline.export.export_data import digests, export_all, make

FORMATS = ("webdataset", "parquet")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return make(tmp_path_factory.mktemp("dataset"))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_an_earlier_export_is_replaced_also_by_another_format(
    shared: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "o"
    export_all(shared, out)
    export_all(shared, out, "parquet")
    fresh = tmp_path / "fresh"
    export_all(shared, fresh, "parquet")
    assert digests(out) == digests(fresh)
    assert left(out.parent) == []


def test_an_empty_folder_is_filled(shared: Recipe, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    assert export_all(shared, tmp_path / "o").clips == 18


@pytest.mark.parametrize("name", ["thesis.doc", "report.json", ".hidden", "sub/file"])
def test_a_folder_that_holds_something_else_is_left_alone(
    name: str, shared: Recipe, tmp_path: Path
) -> None:
    file = tmp_path / "o" / name
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    with pytest.raises(DatasetError, match="holds something else than an export"):
        export_all(shared, tmp_path / "o")
    assert file.read_text() == "mine"


def test_what_somebody_put_into_an_export_is_not_deleted(shared: Recipe, tmp_path: Path) -> None:
    export_all(shared, tmp_path / "o")
    (tmp_path / "o" / "checkpoint.pt").write_text("weeks of training")
    before = digests(tmp_path / "o")
    with pytest.raises(DatasetError, match=r"holds what no export wrote: 'checkpoint.pt'"):
        export_all(shared, tmp_path / "o")
    assert digests(tmp_path / "o") == before


def test_a_mount_point_is_refused_before_any_work() -> None:
    with pytest.raises(DatasetError, match="name a folder in it"):
        check_replaceable(Path("/proc"))


def test_the_dataset_itself_is_never_replaced(shared: Recipe, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds something else"):
        export_all(shared, shared.root)
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="is a file"):
        export_all(shared, tmp_path / "file")


@pytest.mark.parametrize("name", ["report", "report/o", "tables/o", "shards/o", "comparisons"])
def test_an_export_does_not_lie_among_the_datasets_own_files(name: str, shared: Recipe) -> None:
    with pytest.raises(DatasetError, match="among the dataset's own files"):
        export_all(shared, shared.root / name)
    assert not (shared.root / name).exists()


def test_an_export_may_lie_beside_the_datasets_own_files(tmp_path: Path) -> None:
    recipe = make(tmp_path)
    assert export_all(recipe, recipe.root / "o").clips == 18


def test_a_place_where_no_folder_can_be_made_is_named(shared: Recipe) -> None:
    with pytest.raises(DatasetError, match=r"/proc cannot be written \(No such file"):
        export_all(shared, Path("/proc/o"))


@pytest.mark.parametrize("trouble", ["where", "nothing"])
def test_an_export_that_fails_leaves_the_earlier_one(
    trouble: str, shared: Recipe, tmp_path: Path
) -> None:
    export_all(shared, tmp_path / "o")
    before = digests(tmp_path / "o")
    with pytest.raises((DatasetError, RecipeError)):
        export_all(shared, tmp_path / "o", where="nope" if trouble == "where" else "false")
    assert digests(tmp_path / "o") == before


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_leaves_the_earlier_export_and_says_so(
    format: str, shared: Recipe, tmp_path: Path
) -> None:
    export_all(shared, tmp_path / "o", format)
    before = digests(tmp_path / "o")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(DiskFull, match="Make room"):
            export_all(shared, tmp_path / "o", format, seed=5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert digests(tmp_path / "o") == before
    assert left(tmp_path) == []


SLOW = """
import sys, time
from pathlib import Path
from pipeline.export.export import export
from pipeline.export.request import ExportRequest
from pipeline.recipe import load
from pipeline.store import Dataset
def slow(done):
    print("clip", flush=True)
    time.sleep(60)
recipe = load(Path(sys.argv[1]))
request = ExportRequest(out=Path(sys.argv[2]), format=sys.argv[3], seed=9)
export(Dataset(recipe.root), recipe, request, slow)
"""


@pytest.mark.parametrize("format", FORMATS)
def test_a_kill_in_the_middle_leaves_the_earlier_export(
    format: str, shared: Recipe, tmp_path: Path
) -> None:
    export_all(shared, tmp_path / "o", format)
    before = digests(tmp_path / "o")
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(shared.file), str(tmp_path / "o"), format],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"clip\n"
    process.kill()
    process.wait()
    process.stdout.close()
    assert digests(tmp_path / "o") == before
    assert len(left(tmp_path)) == 1
    export_all(shared, tmp_path / "o", format)
    assert digests(tmp_path / "o") == before
    assert left(tmp_path) == []


def test_a_kill_between_the_two_renames_is_mended(shared: Recipe, tmp_path: Path) -> None:
    export_all(shared, tmp_path / "o")
    before = digests(tmp_path / "o")
    (tmp_path / "o").rename(tmp_path / ".partial-o-123-old")
    (tmp_path / ".partial-o-123").mkdir()
    recover(tmp_path / "o")
    assert digests(tmp_path / "o") == before
    assert left(tmp_path) == []


def test_leftovers_of_other_exports_stay(tmp_path: Path) -> None:
    others = [".partial-other-1", ".partial-o-x", ".partial-o-1-notes", ".partial-o2-1"]
    for name in others:
        (tmp_path / name).mkdir()
    recover(tmp_path / "o")
    assert left(tmp_path) == sorted(others)


def test_a_dataset_knows_its_exports_once_each(tmp_path: Path) -> None:
    recipe = make(tmp_path, clips=3)
    for format, name in (("webdataset", "a"), ("parquet", "b"), ("parquet", "a")):
        export_all(recipe, tmp_path / name, format)
    known = [(one.path, one.format) for one in known_exports(Dataset(recipe.root))]
    assert known == [(str(tmp_path / "b"), "parquet"), (str(tmp_path / "a"), "parquet")]


def test_a_damaged_list_of_exports_is_named_before_any_work(tmp_path: Path) -> None:
    recipe = make(tmp_path, clips=3)
    (recipe.root / "exports.json").write_text("[]")
    with pytest.raises(DatasetError, match="no list of exports"):
        export_all(recipe, tmp_path / "o")


def test_each_clip_is_told_of(shared: Recipe, tmp_path: Path) -> None:
    for format in FORMATS:
        told: list[int] = []
        request = ExportRequest(out=tmp_path / "o", format=format)
        export(Dataset(shared.root), shared, request, told.append)
        assert sum(told) == 18


def test_relative_folders_start_where_the_user_is(
    shared: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    export_all(shared, Path("o"))
    assert known_exports(Dataset(shared.root))[-1].path == str(tmp_path / "o")
