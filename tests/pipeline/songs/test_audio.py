"""Real files, fingerprinted by a real ffmpeg."""

import stat
from fractions import Fraction

import numpy as np
import pytest

from pipeline.demo.encoding import Format, encode
from pipeline.demo.tunes import draw_tune, synthesise
from pipeline.songs import audio
from pipeline.songs.alignment import as_fingerprint, similarity, tells
from pipeline.songs.audio_index import AudioIndex
from pipeline.songs.settings import Duplicates
from tests.tools import need_tool
from tests.videos import make_video

RATE, SECONDS = 24_000, 30
LEAST = Duplicates().audio_similarity


@pytest.fixture(scope="module", autouse=True)
def _chromaprint():
    if audio.chromaprint() is None:
        need_tool("an ffmpeg with chromaprint")


def tune(seed):
    return synthesise(draw_tune(seed), SECONDS, RATE)


def write(path, sound, rate=RATE):
    kind = Format("webm" if path.suffix == ".webm" else "mp4", 16, 16, Fraction(1), rate)
    seconds = -(-len(sound) // rate)
    encode(path, kind, [np.zeros((16, 16, 3), np.uint8)] * seconds, sound.astype(np.float32))
    return path


def heard(path):
    found = audio.hear(path)
    assert found.reason is None
    return as_fingerprint(found.fingerprint)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return heard(write(tmp_path_factory.mktemp("made") / "original.mp4", tune(3)))


def echoed(sound):
    late = RATE * 3 // 10
    echo = np.zeros_like(sound)
    echo[late:] = 0.6 * sound[:-late]
    return (sound + echo) / 1.6


COPIES = {
    "quieter": lambda sound: 0.1 * sound,
    "clipped": lambda sound: np.clip(3 * sound, -1, 1),
    "without its first 4 s": lambda sound: sound[4 * RATE :],
    "after 4 s of silence": lambda sound: np.pad(sound, ((4 * RATE, 0), (0, 0))),
    "with an echo": echoed,
    "mono": lambda sound: sound.mean(axis=1, keepdims=True).repeat(2, axis=1),
    "on the left side only": lambda sound: sound * [1, 0],
    "with the right side inverted": lambda sound: sound * [1, -1],
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_is_known(change, original, tmp_path):
    copy = heard(write(tmp_path / "copy.mp4", COPIES[change](tune(3))))
    assert similarity(original, copy) >= LEAST
    assert similarity(copy, original) == similarity(original, copy)


def test_another_coding_hardly_changes_a_fingerprint(original, tmp_path):
    copy = heard(write(tmp_path / "copy.webm", tune(3)))
    assert similarity(original, copy) > 0.95


def test_other_music_is_not_taken_for_it(original, tmp_path):
    others = [heard(write(tmp_path / f"{seed}.mp4", tune(seed))) for seed in (4, 5, 6)]
    assert max(similarity(original, other) for other in others) < LEAST - 0.1


def test_silence_and_tones_are_like_nothing(original, tmp_path):
    times = np.arange(SECONDS * RATE) / RATE
    sounds = {"silence": 0 * times, "hum": np.sin(100 * np.pi * times) / 3}
    sounds["tone"] = np.sin(2000 * np.pi * times) / 3
    index, found = AudioIndex(), []
    for number, (name, sound) in enumerate(sounds.items()):
        print_ = heard(write(tmp_path / f"{name}.mp4", np.stack([sound, sound], axis=1)))
        assert len(print_) > 150
        assert not tells(print_).any()
        index.add(number, print_)
        found.append(print_)
    assert {similarity(one, two) for one in found for two in [*found, original]} == {0.0}
    assert [index.candidates(each) for each in found] == [[], [], []]


def test_noise_is_not_like_other_noise(tmp_path):
    draw = np.random.default_rng(0)
    one, two = (
        heard(write(tmp_path / f"{n}.mp4", 0.2 * draw.standard_normal((SECONDS * RATE, 2))))
        for n in range(2)
    )
    assert similarity(one, two) == 0.0


def test_two_songs_that_begin_with_the_same_silence_are_two(tmp_path):
    silence = np.zeros((35 * RATE, 2))
    one, two = (
        heard(write(tmp_path / f"{seed}.mp4", np.concatenate([silence, tune(seed)])))
        for seed in (3, 4)
    )
    assert np.mean(one[:240] == two[:240]) > 0.9
    assert similarity(one, two) < LEAST - 0.1


def test_only_two_minutes_are_listened_to(tmp_path):
    long = np.tile(tune(3), (5, 1))
    assert heard(write(tmp_path / "long.mp4", long)).size == pytest.approx(948, abs=3)


def test_files_without_usable_audio_say_why(tmp_path):
    whole = make_video(tmp_path / "whole.mp4", 6).read_bytes()
    broken = {
        "missing.mp4": None,
        "empty.mp4": b"",
        "page.mp4": b"<html>\x1b[2J</html>" * 50,
        "half.mp4": whole[: len(whole) // 2],
        "list.mp4": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    }
    for name, data in broken.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
        found = audio.hear(tmp_path / name)
        assert found.fingerprint == []
        assert found.reason
        assert "\x1b" not in found.reason
        assert "\n" not in found.reason
    short = make_video(tmp_path / "short.mp4", 1)
    assert audio.hear(short).reason == "The audio is too short for a fingerprint."
    assert audio.hear(make_video(tmp_path / "dumb.mp4", 4, audio=None)).fingerprint == []


def test_damage_within_a_file_is_passed_over(tmp_path):
    path = make_video(tmp_path / "damaged.mkv", 20)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for place in rng.integers(4_000, len(data) - 4_000, 200):
        data[place] = int(rng.integers(256))
    path.write_bytes(data)
    found = audio.hear(path)
    assert found.fingerprint or found.reason


def a_program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("exec sleep 60", "timed out"),
        ("echo '\x1b[31mno such\x07 muxer' >&2; exit 3", "fingerprint: no such muxer"),
        ("cat > /dev/null", "too short"),
    ],
)
def test_a_program_that_fails_costs_a_fingerprint_and_no_more(does, says, tmp_path, monkeypatch):
    program = a_program(tmp_path / "ffmpeg", does)
    monkeypatch.setattr(audio, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(audio, "chromaprint", lambda: program)
    found = audio.hear(make_video(tmp_path / "a.mp4", 4))
    assert found.fingerprint == []
    assert says in str(found.reason)


def test_without_the_program_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "chromaprint", lambda: None)
    found = audio.hear(make_video(tmp_path / "a.mp4", 2))
    assert found == audio.Heard([], audio.REMEDY)
    assert "pip install 'framesong[ffmpeg]'" in audio.REMEDY


def test_an_ffmpeg_without_chromaprint_is_not_taken(tmp_path, monkeypatch):
    plain = a_program(tmp_path / "plain", "echo '  E  mp4   MP4 (chromaprint)'")
    able = a_program(tmp_path / "able", "echo ' E  chromaprint   Chromaprint'")
    monkeypatch.setattr(audio, "find_ffmpeg", lambda: str(plain))
    for packaged, expected in ((None, None), (str(able), able)):
        monkeypatch.setattr(audio, "_packaged", lambda found=packaged: found)
        assert audio.chromaprint.__wrapped__() == expected
