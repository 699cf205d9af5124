import os
import shutil
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources import SOURCES
from pipeline.sources.folder import Folder
from tests.pipeline.sources.asking import ask


def listed(path, **options):
    return ask(Folder(path=str(path), **options), path.parent)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "videos"
    for name in ("b.mp4", "a.webm", "live/a.MKV", "notes.txt", "live/cover.jpg", "夜.mp4"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def test_videos_are_found_in_all_folders_and_sorted_by_path(folder):
    videos, notes = listed(folder, labels=["mine"])
    paths = [os.path.relpath(video.url, folder) for video in videos]
    assert paths == ["a.webm", "b.mp4", "live/a.MKV", "夜.mp4"]
    assert [video.title for video in videos] == ["a", "b", "a", "夜"]
    assert {video.labels for video in videos} == {("mine",)}
    assert notes == []


def test_ids_follow_from_the_path_below_the_folder(folder, tmp_path):
    before = [video.video_id for video in listed(folder)[0]]
    moved = tmp_path / "elsewhere" / "music"
    shutil.copytree(folder, moved)
    assert [video.video_id for video in listed(moved)[0]] == before
    assert len(set(before)) == len(before)


def test_a_relative_path_starts_from_the_recipe(folder):
    videos, _ = ask(Folder(path="videos"), folder.parent)
    assert len(videos) == 4


def test_links_out_of_the_folder_are_refused_and_noted(folder, tmp_path):
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"secret")
    (folder / "out.mp4").symlink_to(secret)
    (folder / "same.mp4").symlink_to(folder / "b.mp4")
    (folder / "outside").symlink_to(tmp_path)
    videos, notes = listed(folder)
    names = {Path(video.url).name for video in videos}
    assert "out.mp4" not in names
    assert "same.mp4" in names
    assert len(notes) == 2
    assert "out.mp4" in notes[1]
    assert "outside" in notes[0]


def test_a_name_that_no_table_can_hold_is_noted(folder):
    try:
        (folder / os.fsdecode(b"\xff.mp4")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system refuses such names")
    videos, notes = listed(folder)
    assert len(videos) == 4
    assert len(notes) == 1
    assert "UTF-8" in notes[0]


def test_a_missing_folder_says_what_to_set(tmp_path):
    with pytest.raises(SourceError, match=r"There is no folder .*gone: set `path`"):
        listed(tmp_path / "gone")


def test_a_folder_without_videos_says_what_was_looked_for(tmp_path):
    with pytest.raises(SourceError, match=r"no video file in .*\.mp4"):
        listed(tmp_path)


def test_every_source_is_registered_under_its_kind():
    assert list(SOURCES) == ["folder", "urls", "amv", "yt8m_mv", "export"]
