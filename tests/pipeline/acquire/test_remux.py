import hashlib

import av
import pytest

from pipeline.acquire.remux import remux
from pipeline.errors import MediaError
from tests.videos import make_video

PICTURE = {"h264": "mp4", "libvpx-vp9": "webm", "libvpx": "webm"}
SOUND = {"aac": "m4a", "libopus": "webm"}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    made = {
        codec: make_video(folder / f"{codec}.{ext}", 1.5, video=codec, audio=None)
        for codec, ext in PICTURE.items()
    }
    for codec, ext in SOUND.items():
        made[codec] = make_video(folder / f"{codec}.{ext}", 1.5, video=None, audio=codec)
    return made


def decoded(path, kind):
    """The times of all frames in seconds, and a digest of what they show."""
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        frames = list(container.decode(**{kind: 0}))
    for frame in frames:
        digest.update(frame.to_ndarray().tobytes())
    return [float(frame.pts * frame.time_base) for frame in frames], digest.hexdigest()


@pytest.mark.parametrize("picture", ["h264", "libvpx-vp9"])
@pytest.mark.parametrize("sound", list(SOUND))
def test_picture_and_sound_keep_their_times(parts, tmp_path, picture, sound):
    made = remux([parts[picture], parts[sound]], tmp_path / "merged")
    assert made == tmp_path / "merged.mp4"
    times, content = decoded(made, "video")
    wanted_times, wanted_content = decoded(parts[picture], "video")
    assert times == pytest.approx(wanted_times, abs=1e-4)
    assert content == wanted_content
    times, _ = decoded(made, "audio")
    wanted_times, _ = decoded(parts[sound], "audio")
    assert times == pytest.approx(wanted_times, abs=1e-3)


def test_what_mp4_cannot_hold_goes_to_matroska(parts, tmp_path):
    made = remux([parts["libvpx"], parts["libopus"]], tmp_path / "merged")
    assert made.suffix == ".mkv"
    assert decoded(made, "video")[1] == decoded(parts["libvpx"], "video")[1]
    assert [path.name for path in tmp_path.iterdir()] == ["merged.mkv"]


def test_merging_twice_gives_the_same_bytes(parts, tmp_path):
    for picture in ("h264", "libvpx"):
        files = [parts[picture], parts["libopus"]]
        first, second = (remux(files, tmp_path / f"{picture}{n}") for n in (1, 2))
        assert first.read_bytes() == second.read_bytes()


def test_a_missing_stream_is_named(parts, tmp_path):
    with pytest.raises(MediaError) as caught:
        remux([parts["h264"], parts["libvpx"]], tmp_path / "merged")
    assert caught.value.reason == "no_audio_stream"
    assert not list(tmp_path.iterdir())


def test_a_playlist_in_disguise_opens_no_other_file(parts, tmp_path):
    evil = tmp_path / "evil.mp4"
    evil.write_text(f"ffconcat version 1.0\nfile {parts['h264']}\n")
    with pytest.raises(MediaError) as caught:
        remux([evil, parts["aac"]], tmp_path / "merged")
    assert caught.value.reason == "not_merged"
