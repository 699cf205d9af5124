import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import yt_dlp
from yt_dlp.networking.exceptions import HTTPError

from pipeline.demo.encoding import turn_clockwise
from pipeline.demo.server import ADDRESS, serve
from pipeline.demo.videos import (
    DEAD_LINK,
    PLAYLIST,
    DemoVideo,
    make_videos,
    plan_videos,
    write_playlist,
)

SECONDS = 2.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, DemoVideo]]:
    folder = tmp_path_factory.mktemp("videos")
    videos = make_videos(folder, seed=3, longest=SECONDS)
    return folder, {video.plan.name: video for video in videos}


Made = tuple[Path, dict[str, DemoVideo]]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as file:
        return list(file.decode(video=0))


def sound(path: Path) -> npt.NDArray[np.float32]:
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)


def upright(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    return np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))


def test_there_are_ten_videos_of_40_to_60_seconds_with_names_of_their_own() -> None:
    videos = plan_videos()
    assert (
        len({video.file for video in videos}) == len({video.plan.title for video in videos}) == 10
    )
    assert all(40 <= video.seconds <= 60 for video in videos)
    assert len({video.plan.style for video in videos}) == 7
    assert len({video.tune.timbre for video in videos if video.tune}) == 6
    for video in videos:
        assert len(video.shots) >= (1 if video.plan.trouble == "still" else 4)


def test_every_file_holds_what_its_plan_says(made: Made) -> None:
    folder, videos = made
    for video in videos.values():
        plan = video.plan
        with av.open(str(folder / video.file)) as file:
            picture, audio = file.streams.video[0], file.streams.audio[0]
            codecs = (picture.codec_context.name, audio.codec_context.name)
            webm = plan.container == "webm"
            assert codecs == (("vp9", "opus") if webm else ("h264", "aac")), plan.name
            assert (picture.width, picture.height) == (plan.width, plan.height)
            assert picture.average_rate == plan.fps
            assert audio.rate == plan.rate
            assert file.duration / av.time_base == pytest.approx(SECONDS, abs=0.1)
        assert len(frames(folder / video.file)) == round(SECONDS * plan.fps)
        heard = sound(folder / video.file).shape[1]
        assert heard == pytest.approx(SECONDS * plan.rate, abs=2100)


def test_every_frame_shows_the_scene_that_the_plan_names(made: Made) -> None:
    """Two pictures of two scenes differ by far more than encoding changes."""
    from pipeline.demo.scenes import render

    folder, videos = made
    for video in videos.values():
        frame = frames(folder / video.file)[10]
        shown = upright(frame).astype(int)
        t = 0.0 if video.plan.trouble == "still" else float(10 / video.plan.fps)
        height, width = shown.shape[:2]
        meant = render(video.scene_at(t), t, width, height)
        assert np.abs(shown - meant).mean() < 14, video.plan.name
        other = render(replace(video.scene_at(t), shape="square", count=2), t, width, height)
        if video.scene_at(t).count != 2:
            assert np.abs(shown - meant).mean() < np.abs(shown - other).mean()


def test_the_portrait_is_stored_lying_and_shown_upright(made: Made) -> None:
    folder, videos = made
    frame = frames(folder / videos["vertical-dance-short"].file)[0]
    assert (frame.width, frame.height, frame.rotation) == (640, 360, -90)
    assert upright(frame).shape == (640, 360, 3)


def test_the_still_has_one_picture_and_the_others_move(made: Made) -> None:
    folder, videos = made
    for video in videos.values():
        shown = [
            frame.to_ndarray(format="gray").astype(int) for frame in frames(folder / video.file)
        ]
        moved = np.abs(shown[-1] - shown[0]).mean()
        assert (moved < 1) == (video.plan.trouble == "still"), (video.plan.name, moved)


def test_one_video_is_silent_and_the_others_are_not(made: Made) -> None:
    folder, videos = made
    for video in videos.values():
        peak = np.abs(sound(folder / video.file)).max()
        assert peak == 0 if video.plan.trouble == "silent" else peak > 0.3, video.plan.name


def test_one_video_is_a_copy_under_another_name_and_no_other_is(made: Made) -> None:
    folder, videos = made
    digests = {name: sha256(folder / video.file) for name, video in videos.items()}
    assert digests["neon-dreams-reupload"] == digests["amv-neon-dreams"]
    assert len(set(digests.values())) == len(digests) - 1


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    made: Made, tmp_path: Path
) -> None:
    folder, _ = made
    make_videos(tmp_path / "again", seed=3, longest=SECONDS)
    for path in folder.iterdir():
        assert sha256(path) == sha256(tmp_path / "again" / path.name), path.name
    assert [video.shots for video in plan_videos(4)] != [video.shots for video in plan_videos(3)]


def test_made_videos_are_left_alone_until_the_seed_changes(tmp_path: Path) -> None:
    make_videos(tmp_path, longest=0.2)
    file = tmp_path / "muted-by-claim.mp4"
    before = file.stat().st_mtime_ns, sha256(file)
    make_videos(tmp_path, longest=0.2)
    assert (file.stat().st_mtime_ns, sha256(file)) == before
    make_videos(tmp_path, seed=1, longest=0.2)
    assert sha256(file) != before[1]


def test_a_start_that_was_interrupted_is_made_again(tmp_path: Path) -> None:
    make_videos(tmp_path, longest=0.2)
    whole = sha256(tmp_path / "paper-boats.mp4")
    (tmp_path / "paper-boats.mp4").write_bytes(b"half")
    (tmp_path / "made.txt").unlink()
    make_videos(tmp_path, longest=0.2)
    assert sha256(tmp_path / "paper-boats.mp4") == whole


def test_every_shot_starts_on_a_bar_and_lasts_about_six_seconds() -> None:
    for video in plan_videos():
        if video.tune is None:
            continue
        bar = 240 / video.tune.tempo
        for one, following in zip(video.shots, video.shots[1:], strict=False):
            assert 4 <= following.start - one.start <= 8
            assert (following.start / bar) == pytest.approx(round(following.start / bar))


def test_only_an_mp4_with_a_picture_can_be_turned(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"\0\0\0\x08free")
    with pytest.raises(ValueError, match="no video track"):
        turn_clockwise(tmp_path / "empty.mp4")


def test_yt_dlp_gets_every_video_and_learns_that_one_is_gone(made: Made, tmp_path: Path) -> None:
    folder, videos = made
    options = {"quiet": True, "noprogress": True, "no_warnings": True, "logger": Quiet()}
    options["outtmpl"] = str(tmp_path / "%(id)s.%(ext)s")
    with serve(folder, port=0) as base:
        write_playlist(tmp_path / PLAYLIST, list(videos.values()), base)
        links = links_of(tmp_path / PLAYLIST)
        assert len(links) == 11
        titles = {}
        for video, link in zip(videos.values(), links, strict=False):
            with yt_dlp.YoutubeDL(options) as ydl:
                info = ydl.extract_info(link)
            [got] = info["requested_downloads"]
            assert sha256(Path(got["filepath"])) == sha256(folder / video.file)
            titles[video.plan.name] = info["title"]
        with yt_dlp.YoutubeDL(options) as ydl, pytest.raises(yt_dlp.DownloadError) as gone:
            ydl.extract_info(links[-1])
    assert titles["paper-boats"].startswith("Graphite & Rain - Paper Boats")
    assert titles["pixel-quest-ost"] == "Bit Harbour - Pixel Quest <Level 3>"
    assert links[-1] == f"{base}/{DEAD_LINK}"
    assert isinstance(gone.value.exc_info[1], HTTPError)
    assert gone.value.exc_info[1].status == 404


def test_the_list_names_the_usual_address(made: Made) -> None:
    folder, _ = made
    assert f"{ADDRESS}/amv-neon-dreams.mp4" in links_of(folder / PLAYLIST)


class Quiet:
    """A logger that keeps yt-dlp's lines out of the test's output."""

    def debug(self, text: str) -> None: ...
    def warning(self, text: str) -> None: ...
    def error(self, text: str) -> None: ...


def links_of(playlist: Path) -> list[str]:
    with playlist.open(encoding="utf-8", newline="") as file:
        return [row["url"] for row in csv.DictReader(file)]
