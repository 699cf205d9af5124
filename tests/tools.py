"""Programs and footage that some tests need besides Python packages."""

import os
import shutil
from pathlib import Path

import pytest


def need_tool(name: str, folder: Path | None = None) -> str:
    """A program's path, in `folder` or else in PATH. Without it the test is skipped, or fails
    where CI=true says that it must be there."""
    path = shutil.which(name, path=folder)
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not on this machine")
    pytest.skip(f"{name} is not on this machine")


def nasa_video() -> Path:
    """Real footage with two video, two audio and two subtitle streams, kept beside the
    repository; without it the test is skipped."""
    path = Path(__file__).parents[2] / "shared" / "fixtures" / "nasa_13013.mp4"
    if not path.is_file():
        pytest.skip("the NASA footage is not at hand")
    return path
