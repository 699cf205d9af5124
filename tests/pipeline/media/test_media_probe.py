"""What a file holds, and how unusable files say so."""

from pathlib import Path

import pytest

from pipeline.errors import MediaError
from pipeline.media.probe import probe
from tests.pipeline.media.footage import noise, run_ffmpeg, write_master
from tests.tools import nasa_video, need_tool


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_master(tmp_path_factory.mktemp("probe") / "master.mkv")


FASTSTART = ["-c:a", "aac", "-movflags", "faststart"]


def reason_of(path: Path, shortest_s: float = 2.0) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path, shortest_s)
    assert "\n" not in caught.value.detail
    return caught.value.reason


def converted(master: Path, path: Path, *arguments: str) -> Path:
    run_ffmpeg(need_tool("ffmpeg"), ["-i", str(master), *arguments, str(path)])
    return path


def test_facts_of_a_file(master: Path) -> None:
    facts = probe(master)
    assert (facts.container, facts.video_codec, facts.audio_codec) == (
        "matroska,webm",
        "h264",
        "flac",
    )
    assert (facts.width, facts.height, facts.fps, facts.audio_rate) == (320, 180, 25.0, 48_000)
    assert facts.start_s == 0.0
    assert facts.duration_s == pytest.approx(9.0, abs=0.005)


def test_of_several_streams_the_largest_and_finest_are_taken() -> None:
    facts = probe(nasa_video())
    assert (facts.width, facts.height, facts.audio_rate) == (480, 270, 16_000)
    assert facts.duration_s == pytest.approx(13.013, abs=0.01)


def test_only_time_that_both_streams_cover_counts(tmp_path: Path) -> None:
    path = write_master(tmp_path / "a.mkv", noise(6.0), frames=100)
    assert probe(path).duration_s == pytest.approx(4.0, abs=0.001)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.touch()
    assert reason_of(path) == "empty"


def test_a_missing_file(tmp_path: Path) -> None:
    assert reason_of(tmp_path / "a.mp4") == "missing"


def test_a_folder(tmp_path: Path) -> None:
    assert reason_of(tmp_path) == "missing"


def test_text_named_mp4(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("<html>This video is not available.</html>\n" * 200)
    assert reason_of(path) == "not_media"


def test_a_playlist_named_mp4_opens_nothing(master: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{master}\n#EXT-X-ENDLIST\n"
    )
    assert reason_of(path) == "not_media"
    path.write_text(f"ffconcat version 1.0\nfile '{master}'\n")
    assert reason_of(path) == "not_media"


def test_an_mp4_without_its_index(master: Path, tmp_path: Path) -> None:
    whole = converted(master, tmp_path / "whole.mp4", "-c:v", "copy", "-c:a", "aac")
    path = tmp_path / "a.mp4"
    path.write_bytes(whole.read_bytes()[:100_000])
    assert reason_of(path) == "truncated"


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_file_that_stops_before_its_declared_end(name: str, master: Path, tmp_path: Path) -> None:
    whole = converted(master, tmp_path / f"whole-{name}", "-c:v", "copy", *FASTSTART)
    path = tmp_path / name
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert reason_of(path) == "truncated"


def test_video_without_audio(master: Path, tmp_path: Path) -> None:
    assert reason_of(converted(master, tmp_path / "a.mp4", "-an")) == "no_audio_stream"


def test_audio_without_video(master: Path, tmp_path: Path) -> None:
    assert reason_of(converted(master, tmp_path / "a.mp4", "-vn")) == "no_video_stream"


@pytest.fixture
def cover(master: Path, tmp_path: Path) -> list[str]:
    """A large picture as a second input."""
    path = converted(master, tmp_path / "cover.png", "-frames:v", "1", "-s", "1280x720")
    return ["-i", str(path)]


def test_cover_art_is_no_video(master: Path, cover: list[str], tmp_path: Path) -> None:
    mapped = ["-map", "1", "-map", "0:a", "-c:v", "copy", "-disposition:v", "attached_pic"]
    path = converted(master, tmp_path / "a.mp4", *cover, *mapped)
    assert reason_of(path) == "no_video_stream"


def test_cover_art_beside_video_is_ignored(master: Path, cover: list[str], tmp_path: Path) -> None:
    mapped = ["-map", "1", "-map", "0", "-c:v", "copy", "-disposition:v:0", "attached_pic"]
    path = converted(master, tmp_path / "a.mp4", *cover, *mapped)
    assert (probe(path).video_codec, probe(path).width) == ("h264", 320)


def test_cover_art_without_its_mark_is_not_preferred(
    master: Path, cover: list[str], tmp_path: Path
) -> None:
    mapped = ["-map", "1", "-map", "0", "-c:v:0", "mjpeg", "-c:v:1", "copy"]
    path = converted(master, tmp_path / "a.mkv", *cover, *mapped)
    assert (probe(path).video_codec, probe(path).width) == ("h264", 320)


def test_subtitles_are_ignored(master: Path, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:01:00,000\n<b>la la</b>\n")
    added = ["-i", str(tmp_path / "a.srt"), "-map", "0", "-map", "1", "-c:v", "copy"]
    for name, codec in (("a.mp4", "mov_text"), ("a.mkv", "srt")):
        path = tmp_path / name
        facts = probe(converted(master, path, *added, "-c:s", codec), 2.0)
        assert facts.duration_s == pytest.approx(9.0, abs=0.05)


def test_one_picture_has_no_frame_rate(tmp_path: Path) -> None:
    assert reason_of(write_master(tmp_path / "a.mkv", frames=1)) == "no_frame_rate"


def test_shorter_than_one_clip(master: Path) -> None:
    assert reason_of(master, shortest_s=10.0) == "too_short"


def test_a_wrong_extension_does_not_matter(master: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(master.read_bytes())
    assert probe(path).container == "matroska,webm"
