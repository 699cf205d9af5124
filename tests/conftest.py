"""What many tests share."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""The models of tests are tiny: more threads would only wait for each other."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs this in the background ignores Ctrl-C, and so would all commands under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes know the light stages instead of those with models."""
    from pipeline import steps
    from tests import light_stages

    monkeypatch.setattr(steps, "STAGES", light_stages.LIGHT)
    light_stages.RUNS.clear()
    light_stages.TARS_OPENED.clear()
    light_stages.POISON.clear()
    light_stages.Write.crash_on.clear()


@pytest.fixture
def write_recipe(tmp_path: Path) -> Callable[[str], Path]:
    """Write a recipe's text into a file beside the dataset that it names."""

    def write(text: str) -> Path:
        path = tmp_path / "my.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
