"""A recipe is checked before anything runs; what is wrong is said in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import RecipeError
from pipeline.recipe import load
from pipeline.stage import Stage
from pipeline.stages.summarise import Summarise
from pipeline.stages.vlm import Vlm

Writer = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("light")

DATASET = '[dataset]\npath = "data"\n'


def test_sections_have_defaults_and_paths_start_from_the_recipe(
    write_recipe: Writer, tmp_path: Path
) -> None:
    recipe = load(write_recipe(DATASET))
    assert recipe.root == tmp_path / "data"
    assert recipe.cut.clips_per_video == 8
    assert recipe.steps == ()


def test_a_dataset_folder_stands_for_its_recipe(write_recipe: Writer, tmp_path: Path) -> None:
    folder = tmp_path / "moved"
    folder.mkdir()
    (folder / "recipe.toml").write_text('base = ".."\n' + DATASET)
    recipe = load(folder)
    assert recipe.root == folder
    assert recipe.base == tmp_path


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[dataset]\n", "[dataset] needs the option `path`."),
        ("[datset]\n", "There is no section `datset`. Known: base, dataset"),
        ('[dataset]\npath = "d"\nsede = 1', "[dataset] There is no option `sede`."),
        ('[dataset]\npath = "d"\nseed = "1"', "[dataset] `seed` is '1', but should be a valid int"),
        (DATASET + "[cut]\nclips_per_video = 0", "[cut] `clips_per_video` is 0, but should be"),
        (DATASET + '[cut]\naudio_format = "mp3"', "should be 'flac', 'wav' or 'opus'"),
        (DATASET + '[source.x]\nkind = "radio"', "There is no source `radio`. Known: "),
        (DATASET + "[stage.lok]", "There is no stage `lok`. Known: look, listen, write. Did you"),
        (DATASET + "[stage.look]\ntemp = 1", "Stage `look`: There is no option `temp`. Known: qu"),
        (DATASET + "[stage.look]\nbatch_size = true", "Stage `look`: `batch_size` is True, but"),
        (DATASET + "[stage.write]", "reads frame_captions, which no stage that it may read from"),
        (DATASET + '[stage.look]\nfrom = "x"', "`from` is a list"),
        (DATASET + '[stage.look]\nfrom = ["x"]', "There is no stage `x`."),
        (DATASET + "stage = 1", "write [stage.NAME], not stage = 1."),
        (DATASET + '[stage]\nmodel = "x"', "`model` stands in [stage] itself."),
        (DATASET + '[stage."../x"]', "letters, digits, `_` and `-` only"),
        (DATASET + "[stage", "is not valid TOML: "),
    ],
)
def test_a_mistake_is_one_line_that_names_it_and_what_is_known(
    write_recipe: Writer, text: str, line: str
) -> None:
    if text == DATASET + "stage = 1":
        text = "stage = 1\n" + DATASET
    with pytest.raises(RecipeError) as caught:
        load(write_recipe(text))
    assert line in str(caught.value)
    assert str(caught.value).startswith("my.toml")
    assert "\n" not in str(caught.value).strip() or "TOML" in str(caught.value)


def test_two_stages_that_write_one_table_need_a_choice(write_recipe: Writer) -> None:
    stages = '[stage.look]\n[stage.stare]\nkind = "look"\nquestion = "who?"\n[stage.write]\n'
    with pytest.raises(RecipeError, match="which look and stare write: say which"):
        load(write_recipe(DATASET + stages))
    recipe = load(write_recipe(DATASET + stages + 'from = ["stare"]'))
    assert recipe.step("write").upstream["frame_captions"].name == "stare"


def test_steps_come_after_what_they_read_whatever_the_order_in_the_file(
    write_recipe: Writer,
) -> None:
    recipe = load(write_recipe(DATASET + "[stage.write]\n[stage.listen]\n[stage.look]\n"))
    assert [step.name for step in recipe.steps] == ["look", "listen", "write"]


def test_a_choice_that_the_stage_does_not_read_is_refused(write_recipe: Writer) -> None:
    text = DATASET + '[stage.look]\n[stage.listen]\nfrom = ["look"]'
    with pytest.raises(RecipeError, match="does not read frame_captions"):
        load(write_recipe(text))


def test_a_step_may_be_read_with_or_without_what_it_may_read(write_recipe: Writer) -> None:
    stages = "[stage.look]\n[stage.listen]\n[stage.write]\n"
    both = load(write_recipe(DATASET + stages)).step("write")
    one = load(write_recipe(DATASET + stages + 'from = ["look"]')).step("write")
    assert set(both.upstream) == {"frame_captions", "music_captions"}
    assert set(one.upstream) == {"frame_captions"}
    assert both.fingerprint != one.fingerprint


def test_a_local_checkpoint_is_found_beside_the_recipe_and_does_not_enter_the_fingerprint(
    write_recipe: Writer, tmp_path: Path
) -> None:
    text = DATASET + '[stage.look]\nmodel = "weights"'
    before = load(write_recipe(text)).step("look")
    (tmp_path / "weights").mkdir()
    recipe = load(write_recipe(text))
    assert recipe.step("look").fingerprint == before.fingerprint
    stage = recipe.runnable(recipe.step("look").stage)
    assert vars(stage)["model"] == str(tmp_path / "weights")


def test_a_missing_recipe_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="framesong init"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("stage", "absolute"),
    [
        (Vlm(model="mine"), set()),
        (
            Summarise(model="mine", examples="mine", clip_tokenizer="mine"),
            {"examples", "clip_tokenizer"},
        ),
        (Summarise(model="mine", examples="mine", backend="transformers"), {"examples", "model"}),
    ],
)
def test_a_servers_name_for_its_model_is_no_path_whatever_lies_beside_the_recipe(
    stage: Stage, absolute: set[str], write_recipe: Writer, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    options = vars(load(write_recipe(DATASET)).runnable(stage))
    assert {name for name, value in options.items() if value == str(tmp_path / "mine")} == absolute
    assert (options["model"] == "mine") is ("model" not in absolute)
