"""Checks that ask models, with small checkpoints that were taught what to see and hear."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.errors import FramesongError, MissingCheckpoint
from pipeline.screen import models
from pipeline.screen.settings import Screen
from tests import screening_media as made
from tests.pipeline.screen.screened import a_video, verdicts
from tests.random_checkpoints import make_clip
from tests.tiny_checkpoints import make_ast, make_seeing_clip

SHAPE = made.Shape(160, 90, 8, 8.0)
GAME, FILM = "a screen of game", "a quiet river"
ALLOWED = {"clip_model": "", "drop_shown": {GAME: 0.5}, "keep_shown": [FILM]}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "clip"
    scenes = [made.moment(SHAPE, time_s) for time_s in np.arange(12.0, 24.0, 0.5)]
    examples = [(Image.fromarray(scene), FILM) for scene in scenes]
    examples += [(Image.fromarray(game), GAME) for game in made.with_hud(scenes)]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_seeing_clip(folder, examples)
    return folder


@pytest.fixture(scope="module")
def ast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "ast"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_ast(folder, talk()[0, ::3], made.music(8.0)[0, ::3])
    return folder


def talk() -> made.Sound:
    """Syllables: a buzz of 120 Hz in bursts, and nothing above 3 kHz."""
    times = np.arange(8 * made.RATE) / made.RATE
    buzz = sum(np.sin(2 * np.pi * 120 * part * times) / part for part in range(1, 25))
    voice = 0.2 * buzz * (np.sin(2 * np.pi * 4 * times) > 0)
    return np.stack([voice, voice]).astype(np.float32)


def video(folder: Path, hud: bool = False, sound: made.Sound | None = None) -> Path:
    pictures = made.motion(SHAPE)
    return made.write(
        folder / f"{hud}.mp4",
        SHAPE,
        made.with_hud(pictures) if hud else pictures,
        made.music(8.0) if sound is None else sound,
    )


def test_game_footage_is_told_from_other_footage(clip: Path, tmp_path: Path) -> None:
    options = ALLOWED | {"clip_model": str(clip)}
    videos = [a_video(f"{hud}", video(tmp_path, hud)) for hud in (False, True)]
    rows = verdicts(*videos, **options)
    film, game = (rows[name, f"shown: {GAME}"] for name in ("False", "True"))
    assert (film.passed, game.passed) == (True, False)
    assert film.value <= 0.25
    assert game.value >= 0.75
    assert game.threshold == 0.5
    assert "shows a screen of game in" in str(game.detail)


def test_each_text_has_a_verdict_and_the_shares_add_up(clip: Path, tmp_path: Path) -> None:
    texts = {GAME: 0.9, "neon": 0.2, FILM: 0.99}
    rows = verdicts(
        a_video("a", video(tmp_path)), clip_model=str(clip), drop_shown=texts, keep_shown=["gold"]
    )
    shown = {check: row for (_, check), row in rows.items() if check.startswith("shown")}
    assert set(shown) == {f"shown: {text}" for text in texts}
    assert 0.9 <= sum(row.value for row in shown.values()) <= 1.0
    assert all(row.value * 8 == round(row.value * 8) for row in shown.values())


def test_speech_is_told_from_music(ast: Path, tmp_path: Path) -> None:
    speaking = a_video("talk", video(tmp_path, sound=talk()))
    row = verdicts(speaking, speech_model=str(ast))["talk", "speech"]
    assert (row.value, row.passed) == (1.0, False)
    assert row.detail == "speech without music in 100% of the excerpts; allowed is at most 0.5"
    row = verdicts(a_video("music", video(tmp_path)), speech_model=str(ast))["music", "speech"]
    assert (row.value, row.passed) == (0.0, True)


def test_models_are_loaded_once_and_named_by_digest(clip: Path, ast: Path) -> None:
    screen = Screen(**(ALLOWED | {"clip_model": str(clip)}), speech_model=str(ast))
    first, second = (models.load(screen, "cpu") for _ in range(2))
    assert first.clip is second.clip
    assert first.tagger is second.tagger
    records = models.records(screen)
    assert {option: record.model for option, record in records.items()} == {
        "clip_model": "clip",
        "speech_model": "ast",
    }
    assert models.records(Screen()) == {}
    assert models.load(Screen(), "cpu") == models.Models()


def test_a_missing_model_is_said_before_anything_is_decoded() -> None:
    with pytest.raises(MissingCheckpoint, match="hf download some/model"):
        verdicts(speech_model="some/model")


def test_another_kind_of_checkpoint_is_refused(tmp_path: Path) -> None:
    make_clip(tmp_path)
    with pytest.raises(FramesongError, match="holds no audio classifier"):
        verdicts(speech_model=str(tmp_path))


def test_a_classifier_without_speech_is_refused(ast: Path, tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(ast, tmp_path / "other")
    config = folder / "config.json"
    config.write_text(config.read_text("utf-8").replace("Speech", "Dog"), encoding="utf-8")
    with pytest.raises(FramesongError, match="no class `Speech` among its 3"):
        verdicts(a_video("a", video(tmp_path)), speech_model=str(folder))


def test_a_file_that_cannot_be_decoded_fails_the_models_checks_too(
    clip: Path, ast: Path, tmp_path: Path
) -> None:
    from pipeline.acquire.download import adopt
    from tests.pipeline.screen.screened import screened

    path = video(tmp_path)
    media = adopt(a_video("a", path))
    path.unlink()
    options = ALLOWED | {"clip_model": str(clip), "speech_model": str(ast)}
    rows, _ = screened(a_video("a", path), media=[media], **options)
    found = {row.check: row for row in rows}
    assert not found["speech"].passed
    assert not found[f"shown: {GAME}"].passed
    assert "There is no file" in str(found["speech"].detail)
