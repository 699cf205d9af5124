"""The command line: exit codes, one-line errors, JSON, recipes to start from, documentation."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from flows.cli import app
from flows.outcome import StepOutcome, exit_code
from pipeline.recipe import load
from tests.flows.commands import Done, framesong
from tests.flows.conftest import Built, Call
from tests.flows.world import World

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
RECIPES = ("amv", "demo", "folder", "yt8m-mv")


def one_line(done: Done) -> str:
    """The only line that a command told people."""
    assert done.out == ""
    (line,) = done.lines
    return line


@pytest.mark.parametrize(
    "arguments", [["biuld", "x"], ["build", "x", "--fast"], ["build"], ["annotate", "x", "--only"]]
)
def test_wrong_usage_is_2(call: Call, arguments: list[str]) -> None:
    done = call(*arguments)
    assert done.code == 2
    assert "Error" in done.err
    assert done.out == ""


@pytest.mark.parametrize("command", ["build", "annotate", "status", "failures", "audit", "verify"])
def test_a_typing_error_in_the_recipe_is_1_and_one_line(
    call: Call, world: World, command: str
) -> None:
    recipe = world.recipe("typo", steps="[stage.blip3]\n")
    done = call(command, recipe)
    assert done.code == 1
    line = one_line(done)
    assert line.startswith("framesong: typo.toml: There is no stage `blip3`. Known: ")
    assert "Did you mean `blip2`?" in line


def test_a_recipe_that_is_not_there_is_1_and_one_line(call: Call, tmp_path: Path) -> None:
    done = call("build", tmp_path / "my.toml")
    assert done.code == 1
    assert "framesong init folder > my.toml" in one_line(done)


def test_a_dataset_that_is_not_built_yet_is_1_and_says_how_to_build_it(
    call: Call, world: World
) -> None:
    for command in ("annotate", "status", "failures", "audit", "verify", "prune"):
        done = call(command, world.recipe("nothing"))
        assert done.code == 1
        assert "`framesong build nothing.toml` first" in one_line(done)


def test_a_missing_checkpoint_is_told_before_any_work(call: Call, world: World) -> None:
    steps = '[stage.blip2]\nmodel = "checkpoints/blip9"\n'
    done = call("build", world.recipe("unready", steps=steps))
    assert done.code == 1
    line = done.lines[-1]
    assert line.startswith("framesong: ")
    assert "blip9" in line
    assert [told for told in done.lines if told.startswith("framesong: ")] == [line]
    made = {path.name for path in world.dataset("unready").root.iterdir()}
    assert made.isdisjoint({".prefect", "media", "shards"})


def test_an_unknown_step_is_1_and_one_line(call: Call, built: Built) -> None:
    done = call("annotate", built.dataset.root, "--only", "blip")
    assert done.code == 1
    assert "There is no stage `blip`. Known: blip2, clip_score." in one_line(done)


@dataclass(frozen=True)
class Poor:
    """Builds of a dataset that gets little to work on."""

    nothing: Done
    """All of its videos are broken or silent."""
    still_nothing: Done
    little: Done
    """One of three new videos is good."""


@pytest.fixture(scope="module")
def poor(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Poor:
    folder, songs = tmp_path_factory.mktemp("poor"), built.world.folder / "songs"
    recipe = folder / "my.toml"
    recipe.write_text(
        '[dataset]\npath = "data"\n[source.songs]\nkind = "folder"\npath = "songs"\n',
        encoding="utf-8",
    )
    (folder / "songs").mkdir()
    for song in ("broken", "silent"):
        shutil.copy(songs / f"{song}.mp4", folder / "songs")
    shutil.copytree(built.dataset.prefect_home, folder / "data" / ".prefect")
    nothing, still_nothing = framesong("build", recipe), framesong("build", recipe)
    for name in ("song0", "silent", "broken"):
        shutil.copy(songs / f"{name}.mp4", folder / "songs" / f"new_{name}.mp4")
    return Poor(nothing, still_nothing, framesong("build", recipe))


def test_a_build_without_any_clip_is_3_however_often_it_is_asked_for(poor: Poor) -> None:
    assert poor.nothing.code == 3
    assert "framesong failures" in poor.nothing.lines[-1]
    assert poor.still_nothing.code == 3
    assert "No clip came out" in poor.still_nothing.lines[-1]


def test_a_step_that_gives_less_than_min_yield_is_3_and_keeps_what_it_gave(poor: Poor) -> None:
    assert poor.little.code == 3
    assert "min_yield = 0.5" in poor.little.lines[-1]
    assert any(line.startswith("1 clip ") for line in poor.little.lines)


def test_a_yield_below_what_is_allowed_is_3_and_a_lost_shard_is_1() -> None:
    good = StepOutcome("cut", asked=10, given=5)
    poor = StepOutcome("cut", asked=10, given=4)
    none = StepOutcome("cut", asked=10, given=0)
    idle = StepOutcome("cut")
    lost = StepOutcome("cut", asked=10, given=10, errors={"train-000000": "gone"})
    held = StepOutcome("cut", asked=10, given=10, blocked=["train-000000"])
    gone = StepOutcome("fetch", asked=10, given=2, excused=7)
    each = (good, poor, none, idle, lost, held, gone)
    assert [exit_code([outcome], 0.5) for outcome in each] == [0, 3, 3, 0, 1, 1, 0]
    assert exit_code([none], 0.0) == 3
    assert exit_code([poor, lost], 0.5) == 3


def test_a_server_of_the_users_that_does_not_answer_is_1_and_one_line(built: Built) -> None:
    built.world.copy("built", "elsewhere")
    recipe = built.world.folder / "elsewhere.toml"
    done = framesong("annotate", recipe, "--force", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.code == 1
    line = one_line(done)
    assert line.startswith("framesong: ")
    assert "http://127.0.0.1:9/api" in line
    assert "unset PREFECT_API_URL" in line
    assert "Traceback" not in line


@pytest.mark.parametrize("command", ["status", "failures", "audit", "verify"])
def test_json_is_alone_on_standard_output(built: Built, command: str) -> None:
    done = framesong(command, built.dataset.root, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found
    assert "\x1b" not in done.err


@pytest.mark.parametrize("name", RECIPES)
def test_init_prints_a_recipe_that_loads(call: Call, tmp_path: Path, name: str) -> None:
    path = tmp_path / "my.toml"
    done = call("init", name)
    assert (done.code, done.err) == (0, "")
    path.write_text(done.out, encoding="utf-8")
    recipe = load(path)
    assert [step.name for step in recipe.steps] == [
        "blip2",
        "lp_music_caps",
        "summarise",
        "clip_score",
    ]


def test_there_is_a_recipe_for_each_name(call: Call) -> None:
    done = call("init", "amw")
    assert done.code == 1
    line = one_line(done)
    assert f"There is no recipe `amw`. Known: {', '.join(RECIPES)}." in line


def test_a_recipe_without_addresses_says_where_they_go(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "amv.toml"
    path.write_text(call("init", "amv").out, encoding="utf-8")
    done = call("build", path)
    assert done.code == 1
    assert "`urls` is empty" in one_line(done)


def test_a_dry_run_writes_nothing(call: Call, built: Built) -> None:
    world = built.world
    done = call("build", world.recipe("dry"), "--dry-run")
    assert done.code == 0, done.err
    assert not world.dataset("dry").root.exists()
    planned = call("annotate", built.dataset.root, "--force", "--dry-run")
    assert planned.code == 0
    assert "blip2" in planned.out
    assert "4 shards" in planned.out


def _commands() -> dict[str, list[str]]:
    group = typer.main.get_command(app)
    return {
        name: [option for parameter in command.params for option in parameter.opts]
        for name, command in group.commands.items()
    }


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_and_option_is_in_the_readme(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"\bframesong {name}\b", readme)
    for option in _commands()[name]:
        if option.startswith("--") and option != "--help":
            assert re.search(rf"{option}\b", readme), option


@pytest.mark.parametrize(
    ("name", "first", "after"),
    [("amv", "[dataset]", "[cut]"), ("yt8m_mv", "[source.yt8m_mv]", "[fetch]")],
)
def test_the_readme_shows_the_recipes_as_init_prints_them(
    name: str, first: str, after: str
) -> None:
    recipe = (ROOT / f"flows/recipes/{name}.toml").read_text(encoding="utf-8")
    shown = recipe[recipe.index(first) : recipe.index(after)].rstrip()
    assert f"```toml\n{shown}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_says_what_it_is_for(call: Call) -> None:
    for info in app.registered_commands:
        assert info.callback is not None
        assert info.callback.__doc__


def test_the_page_of_options_is_what_the_code_says() -> None:
    command = [sys.executable, "infra/options.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, "run: python infra/options.py"


def test_every_option_of_a_recipe_is_described() -> None:
    page = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    options = [line for line in page.splitlines() if line.startswith("- **`")]
    assert len(options) > 50
    described = re.compile(r"- \*\*`\w+`\*\* \(.*?\)\. (\*speed\* )?\S")
    assert [line for line in options if not described.match(line)] == []
