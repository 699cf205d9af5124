"""What holds for all checks, and the tables that they fill."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.acquire.download import adopt
from pipeline.errors import RecipeError
from pipeline.recipe import load
from pipeline.screen import CHECKS, Prints, screen
from pipeline.screen.settings import Screen
from pipeline.screen.stated import STATED
from schemas.media import Media
from tests import screening_media as made
from tests.pipeline.screen.screened import a_video, screened, verdicts

SHAPE = made.Shape()
ALL_OFF = {
    "min_duration_s": 0,
    "max_duration_s": 0,
    "drop_live": [],
    "drop_titles": [],
    "drop_upscaled": False,
    "min_motion": 0,
    "min_moving": 0,
    "min_bandwidth_hz": 0,
    "min_correlation": 0,
    "max_clipped": 0,
    "max_silence": 0,
}
ALL_ON = {
    "max_age_limit": 17,
    "uploaded_after": "20050423",
    "need_labels": ["Music video"],
    "min_short_side": 100,
    "max_border": 0.5,
    "max_combed": 0.005,
}


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "moving.mp4"
    return made.write(path, SHAPE, made.motion(SHAPE), made.music(SHAPE.seconds))


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "still.mp4"
    return made.write(path, SHAPE, made.still(SHAPE), made.music(SHAPE.seconds))


def test_a_good_video_passes_every_check(moving: Path) -> None:
    rows = verdicts(a_video("a", moving), **ALL_ON)
    assert {check for _, check in rows} == {*CHECKS, *STATED}
    assert all(row.passed for row in rows.values())
    assert {row.detail for row in rows.values()} == {None, "not stated"}


def test_every_check_can_be_turned_off(still: Path) -> None:
    assert verdicts(a_video("a", still), **ALL_OFF) == {}


def test_rows_are_the_same_whatever_the_number_of_threads(moving: Path, still: Path) -> None:
    videos = [a_video(f"{number}", path) for number, path in enumerate([moving, still] * 2)]
    media = [adopt(video) for video in videos]
    one, four = (
        screen(videos, media, Screen(), lambda row: Path(str(row.file)), threads=threads)
        for threads in (1, 4)
    )
    assert one == four
    assert [measures.video_id for measures in one[1]] == ["0", "1", "2", "3"]


def test_what_was_not_fetched_is_judged_by_what_is_stated_only() -> None:
    media = Media(video_id="a", status="permanent", reason="http_404", live_status="is_live")
    rows, measures = screened(a_video("a"), media=[media])
    assert {row.check for row in rows} == {"stated_duration", "live", "title"}
    assert [row.check for row in rows if not row.passed] == ["live"]
    assert measures == []


def test_a_video_without_outcome_is_judged_by_its_list() -> None:
    rows, _ = screened(a_video("a", duration_s=9000), media=[])
    assert [row.check for row in rows if not row.passed] == ["stated_duration"]


def test_a_file_that_has_gone_fails_the_checks_that_read_it(moving: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(moving.read_bytes())
    media = adopt(a_video("a", copy))
    copy.unlink()
    rows, measures = screened(a_video("a", copy), media=[media], max_border=0.5, max_combed=0.005)
    failed = {row.check: row.detail for row in rows if not row.passed}
    reading = set(CHECKS) - {"duration", "resolution", "upscaled"}
    assert set(failed) == reading
    assert failed["still"] == "cannot be measured: There is no file `copy.mp4`."
    assert measures[0].model_dump(exclude={"video_id"}) == {
        "audio": [],
        "frames": [],
        "frame_times_s": [],
        "picture": [],
    }


def test_a_damaged_file_is_dropped_and_not_a_crash(moving: Path, tmp_path: Path) -> None:
    media = adopt(a_video("a", moving))
    data = bytearray(moving.read_bytes())
    start = data.index(b"mdat") + 8
    data[start:-5000] = np.random.default_rng(0).bytes(len(data) - 5000 - start)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    damaged = media.model_copy(update={"file": str(path)})
    rows, _ = screened(a_video("a", path), media=[damaged])
    assert any("cannot be measured" in str(row.detail) for row in rows if not row.passed)


def test_measures_hold_what_tells_videos_apart(moving: Path) -> None:
    given = []

    def hashes(frames: object) -> list[int]:
        given.extend(frames)
        return [7] * len(given)

    prints = Prints(frames=hashes, audio=lambda path: [len(path.name)])
    _, (measures,) = screened(a_video("a", moving), prints=prints)
    assert measures.audio == [len("moving.mp4")]
    assert measures.frames == [7] * 8
    assert measures.frame_times_s == pytest.approx([1 + 2 * place for place in range(8)], abs=0.1)
    assert measures.picture == [0, 0, 320, 180]
    assert {frame.shape for frame in given} == {(180, 320, 3)}


def test_hashed_frames_have_no_borders(tmp_path: Path) -> None:
    pictures = made.boxed(made.motion(SHAPE), 0, 20)
    path = made.write(tmp_path / "a.mp4", SHAPE, pictures, made.music(SHAPE.seconds))
    given = []
    screened(a_video("a", path), prints=Prints(frames=lambda frames: given.extend(frames) or []))
    assert [frame.shape[0] for frame in given] == pytest.approx([140] * 8, abs=2)


def test_an_audio_fingerprint_that_fails_leaves_the_rest(moving: Path, tmp_path: Path) -> None:
    from pipeline.errors import MediaError

    def fails(path: Path) -> list[int]:
        raise MediaError("undecodable", "no")

    _, (measures,) = screened(a_video("a", moving), prints=Prints(audio=fails))
    assert measures.audio == []
    assert len(measures.frame_times_s) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('drop_title_patterns = ["(x"]', "`drop_title_patterns` is .* regular expressions: '\\(x'"),
        ('drop_titles = ["amv"]', "`drop_titles.0` is 'amv', but should be 'audio_only'"),
        ('uploaded_after = "20240230"', "`uploaded_after` is '20240230', but should be a day"),
        ("uploaded_before = 20240131", "should be a valid string"),
        ('drop_shown = { "a dog" = 0.5 }', "`clip_model` and `drop_shown` go together"),
        ('clip_model = "x/y"\ndrop_shown = { a = 1.5 }', "shares from 0 to below 1"),
        (
            'clip_model = "x/y"\ndrop_shown = { a = 0.5 }\nkeep_shown = []',
            "`keep_shown` must name something else",
        ),
        ("duplicates = true", "no option `duplicates`"),
    ],
)
def test_a_wrong_option_is_an_error_of_the_recipe(
    options: str, message: str, tmp_path: Path
) -> None:
    recipe = tmp_path / "my.toml"
    recipe.write_text(f'[dataset]\npath = "out"\n[screen]\n{options}\n', encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        load(recipe)


def test_local_models_are_found_beside_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    screen = Screen(clip_model="clip", drop_shown={"a dog": 0.5}, speech_model="some/where")
    assert screen.at(tmp_path).clip_model == str(tmp_path / "clip")
    assert screen.at(tmp_path).speech_model == "some/where"
    assert (screen.uses_models, Screen().uses_models) == (True, False)
