"""What `framesong demo` puts into its folder before it builds anything."""

from pathlib import Path

import pytest

from flows import demo
from pipeline.demo.videos import plan_videos
from pipeline.models.checkpoint import quick_digest
from pipeline.recipe import load

SHIPPED = Path(demo.__file__).parents[1] / "pipeline" / "demo" / "checkpoints"


@pytest.fixture(autouse=True)
def no_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing them takes most of a minute, and is tested elsewhere."""

    def made(web: Path) -> object:
        web.mkdir(exist_ok=True)
        return plan_videos()

    monkeypatch.setattr(demo, "make_videos", made)


def test_the_folder_gets_the_checkpoints_that_come_with_the_package(tmp_path: Path) -> None:
    with demo.prepare(tmp_path / "demo") as folder:
        assert quick_digest(folder / "checkpoints") == quick_digest(SHIPPED)


def test_the_recipe_names_checkpoints_that_are_there(tmp_path: Path) -> None:
    with demo.prepare(tmp_path / "demo") as folder:
        recipe = load(folder)
        for step in recipe.steps:
            for record in recipe.runnable(step.stage).models().values():
                assert record.revision.startswith("local:")


def test_an_interrupted_copy_is_made_again(tmp_path: Path) -> None:
    half = tmp_path / "demo" / "checkpoints.partial"
    half.mkdir(parents=True)
    (half / "half.json").write_text("{", encoding="utf-8")
    with demo.prepare(tmp_path / "demo") as folder:
        assert quick_digest(folder / "checkpoints") == quick_digest(SHIPPED)
    assert not half.exists()


def test_a_folder_from_before_keeps_its_checkpoints_and_its_recipe_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "demo" / "checkpoints" / "blip2"
    old.mkdir(parents=True)
    recipe = tmp_path / "demo" / "recipe.toml"
    recipe.write_text("# mine\n", encoding="utf-8")
    with demo.prepare(tmp_path / "demo") as folder:
        assert [path.name for path in (folder / "checkpoints").iterdir()] == ["blip2"]
    assert recipe.read_text(encoding="utf-8") == "# mine\n"
    assert "holds other checkpoints than come with this version" in capsys.readouterr().err


def test_checkpoints_of_this_version_are_not_spoken_of_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with demo.prepare(tmp_path / "demo"):
        assert "Copying four small checkpoints" in capsys.readouterr().err
    with demo.prepare(tmp_path / "demo"):
        assert "checkpoints" not in capsys.readouterr().err
