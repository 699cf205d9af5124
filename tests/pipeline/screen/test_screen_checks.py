from pathlib import Path

import pytest

from pipeline.acquire.download import adopt
from pipeline.screen import CHECKS, screen
from pipeline.screen.settings import Screen
from schemas.media import Media
from schemas.video import Video
from tests.videos import make_video


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("made") / "moving.mp4", 6)


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("made") / "still.mp4", 6, still=True)


def a_video(name, path="/x.mp4"):
    return Video(
        video_id=name, source="s", url=str(path), song_id="x", split="train", shard="train-0"
    )


def verdicts(*videos, earlier=None, **options):
    media = [adopt(video) for video in videos]
    rows = screen(list(videos), media, earlier or {}, Screen(**options), lambda row: Path(row.file))
    return {(row.video_id, row.check): row for row in rows}


def test_a_good_video_passes_every_check(moving):
    rows = verdicts(a_video("a", moving))
    assert [check for _, check in rows] == list(CHECKS)
    assert all(row.passed and row.detail is None for row in rows.values())


def test_a_still_image_is_told_from_motion_by_a_wide_margin(moving, still):
    rows = verdicts(a_video("a", moving), a_video("b", still))
    assert rows["a", "still"].value > 10 * rows["a", "still"].threshold
    assert rows["b", "still"].value < rows["b", "still"].threshold / 2
    assert not rows["b", "still"].passed
    assert "still image" in rows["b", "still"].detail


@pytest.mark.parametrize("codec", ["libvpx-vp9", "mpeg4"])
def test_a_still_image_shows_in_other_codecs_too(tmp_path, codec):
    suffix = ".webm" if "vp9" in codec else ".mp4"
    audio = "libopus" if "vp9" in codec else "aac"
    made = [
        make_video(tmp_path / f"{still}{suffix}", 2, still=still, video=codec, audio=audio)
        for still in (False, True)
    ]
    rows = verdicts(a_video("a", made[0]), a_video("b", made[1]))
    assert rows["a", "still"].passed
    assert not rows["b", "still"].passed


def test_a_video_of_keyframes_only_is_not_judged_by_them(tmp_path):
    path = make_video(tmp_path / "mjpeg.mkv", 2, video="mjpeg")
    row = verdicts(a_video("a", path))["a", "still"]
    assert row.passed
    assert "not measured" in row.detail


def test_the_same_file_twice_is_a_duplicate_of_the_first(moving, tmp_path):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(moving.read_bytes())
    rows = verdicts(a_video("b", moving), a_video("a", copy))
    assert rows["b", "duplicate"].passed
    assert not rows["a", "duplicate"].passed
    assert rows["a", "duplicate"].detail == "same file as b"


def test_a_file_that_the_dataset_holds_is_a_duplicate_and_not_of_itself(moving):
    video = a_video("a", moving)
    sha256 = adopt(video).sha256
    assert not verdicts(video, earlier={sha256: "old"})["a", "duplicate"].passed
    assert verdicts(video, earlier={sha256: "a"})["a", "duplicate"].passed


def test_a_dropped_video_makes_no_duplicates(still):
    rows = verdicts(a_video("a", still), a_video("b", still))
    assert rows["b", "duplicate"].passed
    assert not rows["b", "still"].passed


def test_what_came_before_is_not_changed_by_screening(moving):
    earlier = {}
    verdicts(a_video("a", moving), earlier=earlier)
    assert earlier == {}


def test_a_video_longer_than_allowed_is_dropped_with_both_figures(moving):
    row = verdicts(a_video("a", moving), max_duration_s=5)["a", "duration"]
    assert (row.passed, row.threshold) == (False, 5)
    assert row.value == pytest.approx(6, abs=0.2)
    assert row.detail == "6 s, allowed are 5"


def test_each_check_can_be_turned_off(still):
    rows = verdicts(a_video("a", still), duplicates=False, min_motion=0, max_duration_s=0)
    assert rows == {}


def test_what_was_not_fetched_is_not_screened():
    media = Media(video_id="a", status="permanent", reason="http_404")
    assert screen([a_video("a")], [media], {}, Screen(), lambda row: Path()) == []


def test_a_file_that_has_gone_is_dropped_with_a_reason(moving, tmp_path):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(moving.read_bytes())
    media = adopt(a_video("a", copy))
    copy.unlink()
    rows = screen([a_video("a")], [media], {}, Screen(duplicates=False), lambda row: copy)
    row = next(row for row in rows if row.check == "still")
    assert not row.passed
    assert "cannot be read" in row.detail
