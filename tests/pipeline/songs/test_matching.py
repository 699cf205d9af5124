"""Shards held against a library. Fingerprints and hashes are random numbers here, but for one test
of real sound and pictures."""

import random
from fractions import Fraction

import numpy as np
import pytest

from pipeline.demo.encoding import Format, encode
from pipeline.demo.scenes import draw_scene, render
from pipeline.demo.tunes import draw_tune, synthesise
from pipeline.songs.audio import chromaprint, hear
from pipeline.songs.frames import hashes
from pipeline.songs.keys import song_id
from pipeline.songs.library import Library, Matched, load_library, read_shard
from pipeline.songs.links import Shard
from pipeline.songs.matching import match_shard
from pipeline.songs.names import Name
from pipeline.songs.settings import Duplicates
from pipeline.store import Dataset
from schemas import MATCHES, MEASURES, MEDIA, SCREENING, VIDEOS
from schemas.match import Match
from schemas.measures import Measures
from schemas.media import Media, Screening
from schemas.video import Video
from tests.tools import need_tool

SETTINGS = Duplicates()


def music(seed):
    return np.random.default_rng(seed).integers(0, 2**32, 900, np.uint32).tolist()


def pictures(seed):
    return np.random.default_rng(seed).integers(-(2**63), 2**63, 8, np.int64).tolist()


def a_video(name, audio=None, frames=None, *, song=None, page=None, title=None, **media):
    """One accepted video's rows; by default its sound and pictures are its own."""
    facts = {"duration_s": 200.0, "bytes": 10_000_000, "height": 360, "sha256": f"{name:0>64}"}
    video = {"video_id": name, "source": "s", "url": name, "song_id": song or name}
    return (
        Video.model_validate({**video, "title": title, "split": "train", "shard": "train-0"}),
        Media.model_validate({"video_id": name, "status": "ok", "title": page} | facts | media),
        Measures(
            video_id=name,
            audio=music(name) if audio is None else audio,
            frames=pictures(name) if frames is None else frames,
        ),
    )


def shard_of(*rows, split="train", matches=()):
    videos, media, measures = zip(*rows, strict=True)
    return Shard(split, list(videos), list(media), list(measures), list(matches))


def library_of(*shards, settings=SETTINGS):
    library = Library(settings)
    for shard in shards:
        library.add(shard, match_shard(library, shard))
    return library


def verdicts(matched):
    return [(row.video_id, row.consequence, row.by, row.other_id) for row in matched.matches]


@pytest.fixture(autouse=True)
def _numbers_for_names(monkeypatch):
    """Names seed the random numbers."""
    draw = np.random.default_rng

    def by_name(seed):
        return draw(list(seed.encode()) if isinstance(seed, str) else seed)

    monkeypatch.setattr(np.random, "default_rng", by_name)


def noisy(items, share, bits=32):
    """The items with so large a share of their bits turned over."""
    flips = np.random.default_rng(0).random((len(items), bits)) < share
    weights = 1 << np.arange(bits, dtype=np.uint64)
    masks = (flips * weights).sum(axis=1, dtype=np.uint64)
    kind = np.uint32 if bits == 32 else np.int64
    return (np.asarray(items, kind) ^ masks.astype(kind)).tolist()


def test_videos_of_their_own_have_no_matches():
    library = library_of(shard_of(*(a_video(f"old{n}") for n in range(30))))
    matched = match_shard(library, shard_of(*(a_video(f"new{n}") for n in range(30))))
    assert matched.matches == []
    assert matched.songs == {f"new{n}": f"new{n}" for n in range(30)}


def test_a_file_that_an_earlier_shard_has_is_dropped_even_if_it_is_larger():
    library = library_of(shard_of(a_video("old", sha256="f" * 64)))
    matched = match_shard(library, shard_of(a_video("new", [], [], sha256="f" * 64, height=1080)))
    assert verdicts(matched) == [("new", "reupload", "file", "old")]
    assert matched.songs == {"new": "old"}


def test_equal_sound_and_pictures_are_a_copy_though_the_coding_differs():
    library = library_of(shard_of(a_video("old")))
    copy = a_video("new", noisy(music("old"), 0.03), noisy(pictures("old"), 0.03, 64))
    matched = match_shard(library, shard_of(copy))
    assert verdicts(matched) == [("new", "reupload", "audio", "old")]
    assert 0.95 < matched.matches[0].score < 0.99


def test_equal_sound_under_other_pictures_is_another_video_to_the_song():
    library = library_of(shard_of(a_video("old", song="song-1")))
    matched = match_shard(library, shard_of(a_video("new", music("old"), song="song-2")))
    assert verdicts(matched) == [("new", "same_song", "audio", "old")]
    assert matched.songs == {"new": "song-1"}


def test_equal_sound_and_pictures_of_very_different_length_are_no_copies():
    library = library_of(shard_of(a_video("old")))
    longer = a_video("new", music("old"), pictures("old"), duration_s=260.0)
    assert verdicts(match_shard(library, shard_of(longer))) == [
        ("new", "same_song", "audio", "old")
    ]


def test_equal_pictures_under_other_sound_are_a_copy():
    library = library_of(shard_of(a_video("old")))
    matched = match_shard(library, shard_of(a_video("new", frames=pictures("old"))))
    assert verdicts(matched) == [("new", "reupload", "frames", "old")]


def test_equal_still_pictures_under_other_sound_are_no_copy():
    cover = pictures("cover")[:1] * 8
    library = library_of(shard_of(a_video("old", frames=cover)))
    assert verdicts(match_shard(library, shard_of(a_video("new", frames=cover)))) == []


def test_equal_pictures_without_fingerprints_are_a_copy():
    library = library_of(shard_of(a_video("old", [])))
    matched = match_shard(library, shard_of(a_video("new", [], pictures("old"))))
    assert verdicts(matched) == [("new", "reupload", "frames", "old")]


def test_the_best_copy_of_a_shard_stays():
    def copies(*facts):
        rows = [
            a_video(name, music("x"), pictures("x"), height=height, bytes=size)
            for name, height, size in facts
        ]
        matched = match_shard(Library(SETTINGS), shard_of(*rows))
        return {(row.video_id, row.other_id) for row in matched.matches}

    low, high, rich = ("low", 360, 9_000), ("high", 720, 5_000), ("rich", 720, 6_000)
    assert copies(low, high) == {("low", "high")}
    assert copies(low, high, rich) == {("low", "rich"), ("high", "rich")}
    assert copies(("b", 360, 1), ("a", 360, 1)) == {("b", "a")}


def test_a_song_on_the_other_side_of_the_split_takes_the_video_out():
    library = library_of(shard_of(a_video("old", song="song-1"), split="eval"))
    matched = match_shard(library, shard_of(a_video("new", music("old"), song="song-2")))
    assert verdicts(matched) == [("new", "other_split", "audio", "old")]
    assert matched.songs == {"new": "song-1"}


def test_with_it_go_the_other_videos_of_its_song():
    library = library_of(shard_of(a_video("old", song="song-1"), split="eval"))
    listed = Match(
        video_id="cover",
        other_id="new",
        by="title",
        score=92.0,
        threshold=88.0,
        consequence="same_song",
        song_id="song-2",
    )
    new, cover = a_video("new", music("old"), song="song-2"), a_video("cover", song="song-2")
    matched = match_shard(library, shard_of(new, cover, matches=[listed]))
    assert verdicts(matched) == [
        ("cover", "other_split", "title", "new"),
        ("new", "other_split", "audio", "old"),
    ]
    assert set(matched.songs.values()) == {"song-1"}
    unlisted = match_shard(library, shard_of(new, cover))
    assert ("cover", "other_split", "title", "old") in verdicts(unlisted)


def test_those_of_a_later_shard_too():
    first = shard_of(a_video("old", song="song-1"), split="eval")
    second = shard_of(a_video("new", music("old"), song="song-2"))
    third = shard_of(a_video("cover", song="song-2"))
    matched = match_shard(library_of(first, second), third)
    assert verdicts(matched) == [("cover", "other_split", "title", "old")]


def test_a_song_with_accepted_videos_stays_and_only_the_video_between_goes():
    library = library_of(
        shard_of(a_video("eval", song="song-1"), split="eval"),
        shard_of(a_video("train", song="song-2")),
    )
    between = a_video("new", music("eval"), song="song-2")
    shard = shard_of(between, a_video("cover", song="song-2"))
    matched = match_shard(library, shard)
    assert verdicts(matched) == [("new", "other_split", "audio", "eval")]
    assert matched.songs == {"cover": "song-2", "new": "song-1"}
    library.add(shard, matched)
    later = match_shard(library, shard_of(a_video("later", song="song-2")))
    assert (later.matches, later.songs) == ([], {"later": "song-2"})


def test_two_songs_that_a_video_is_of_both_are_one_from_then_on():
    one, two = a_video("one", song="song-1"), a_video("two", song="song-2")
    both = a_video("both", music("one"), pictures("two"), song="song-3", duration_s=201.0)
    library = library_of(shard_of(one), shard_of(two), shard_of(both))
    later = a_video("later", music("two"), song="song-4")
    assert match_shard(library, shard_of(later)).songs == {"later": "song-1"}


def test_a_title_that_only_the_page_states_is_matched():
    one = a_video("one", page="Adele - Hello (Official Music Video)")
    library = library_of(shard_of(one))
    two, three = (a_video(n, page="Adele - Hello [Live]") for n in ("two", "three"))
    other = a_video("four", page="Adele - Skyfall")
    matched = match_shard(library, shard_of(two, three, other))
    assert verdicts(matched)[:1] == [("three", "same_song", "title", "one")]
    assert matched.songs == {"two": "one", "three": "one", "four": "four"}
    alone = match_shard(Library(SETTINGS), shard_of(two, three, other))
    assert verdicts(alone) == [("two", "same_song", "title", "three")]


def test_a_title_that_the_list_stated_is_left_to_the_listing():
    title = "Adele - Hello"
    library = library_of(shard_of(a_video("one", title=title, page=title)))
    assert verdicts(match_shard(library, shard_of(a_video("two", title=title)))) == []


def test_a_video_that_was_dropped_as_a_copy_still_lends_its_title():
    one = a_video("one", page="Untitled upload of a song 1")
    copy = a_video("copy", music("one"), pictures("one"), page="Adele - Hello")
    matched = match_shard(
        library_of(shard_of(one), shard_of(copy)), shard_of(a_video("two", page="Adele - Hello"))
    )
    assert matched.songs == {"two": "one"}


@pytest.mark.parametrize("option", ["audio_similarity", "frame_similarity", "title_similarity"])
def test_a_comparison_that_is_off_finds_nothing(option):
    settings = SETTINGS.model_copy(update={option: 0})
    library = library_of(shard_of(a_video("old", page="Adele - Hello")), settings=settings)
    new = {
        "audio_similarity": a_video("new", music("old")),
        "frame_similarity": a_video("new", frames=pictures("old")),
        "title_similarity": a_video("new", page="Adele - Hello"),
    }
    assert match_shard(library, shard_of(new[option])).matches == []


def a_mixed_shard():
    rows = [
        a_video("a", music("old"), song="song-2"),
        a_video("b", frames=pictures("old"), song="song-3"),
        a_video("c", song="song-3", height=720),
        a_video("d", noisy(music("c"), 0.05), pictures("c"), song="song-4"),
        a_video("e", music("other"), song="song-5"),
        a_video("f", song="song-5", page="Adele - Hello"),
        a_video("g", page="Adele - Hello"),
        a_video("h", [], []),
    ]
    library = library_of(
        shard_of(a_video("old", song="song-1")),
        shard_of(a_video("other", song="song-9"), split="eval"),
    )
    return library, rows


def test_the_order_of_rows_does_not_matter():
    library, rows = a_mixed_shard()
    first = match_shard(library, shard_of(*rows))
    assert {row.consequence for row in first.matches} == {"same_song", "reupload", "other_split"}
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert match_shard(library, shard_of(*rows)) == first


def test_matching_again_what_was_written_changes_nothing():
    library, rows = a_mixed_shard()
    first = match_shard(library, shard_of(*rows))
    written = [
        (video.model_copy(update={"song_id": first.songs[video.video_id]}), media, measures)
        for video, media, measures in rows
    ]
    again = match_shard(library, shard_of(*written, matches=first.matches))
    assert again == first


def test_a_shard_that_the_library_has_already_does_not_match_itself():
    library, _ = a_mixed_shard()
    shard = shard_of(a_video("solo"), a_video("duo", page="Adele - Hello"))
    library.add(shard, match_shard(library, shard))
    assert match_shard(library, shard).matches == []


def write(dataset, name, shard, matched):
    videos = [
        row.model_copy(update={"song_id": matched.songs[row.video_id], "shard": name})
        for row in shard.videos
    ]
    dataset.write(VIDEOS, name, [row.model_copy(update={"split": shard.split}) for row in videos])
    broken = Media(video_id="broken", status="permanent", reason="http_404")
    dataset.write(MEDIA, name, [*shard.media, broken])
    dataset.write(MEASURES, name, shard.measures)
    dataset.write(MATCHES, name, matched.matches)
    failed = {"check": "duration", "value": 1.0, "threshold": 5.0, "passed": False}
    dataset.write(SCREENING, name, [Screening.model_validate({"video_id": "screened", **failed})])


def test_a_library_from_disk_decides_as_the_one_that_grew(tmp_path):
    dataset, grown, names = Dataset(tmp_path), Library(SETTINGS), []
    known = song_id("", Name("Björk", "Hyperballad"))
    named = {"song": known, "title": "Björk - Hyperballad"}
    shards = [
        shard_of(a_video("e1", song="song-1"), a_video("screened"), split="eval"),
        shard_of(a_video("t1", song="song-2"), a_video("t2", song="song-3")),
        shard_of(a_video("t3", music("e1"), **named), a_video("t4", music("t1"))),
        shard_of(a_video("t5", music("t1"), pictures("t2"), song="song-8", page="Adele - Hello")),
    ]
    for number, shard in enumerate(shards):
        media = [row for row in shard.media if row.video_id != "screened"]
        shard = Shard(shard.split, shard.videos, media, shard.measures, [])
        matched = match_shard(grown, shard)
        grown.add(shard, matched)
        names.append(f"{shard.split}-{number:06d}")
        write(dataset, names[-1], shard, matched)
    assert read_shard(dataset, names[0]).media[0].video_id == "e1"
    loaded = load_library(dataset, names, SETTINGS)
    last = shard_of(
        a_video("n1", **named),
        a_video("n2", music("t2"), song="song-9"),
        a_video("n3", page="Adele - Hello"),
        a_video("n4", music("screened"), pictures("screened")),
    )
    assert match_shard(loaded, last) == match_shard(grown, last)
    assert match_shard(loaded, last).songs == {
        "n1": "song-1",
        "n2": "song-2",
        "n3": "song-2",
        "n4": "n4",
    }


def test_a_song_of_the_first_shard_is_found_by_words_that_later_shards_make_rare(tmp_path):
    dataset, common = Dataset(tmp_path / "data"), ["aaaa", "bbbb", "cccc"]
    titles = ["Yyyyyyyy Zzzzzzzz - Aaaa Bbbb Cccc"]
    titles += [f"Artist{n} - {word} song{n}" for word in common for n in range(5)]
    names = [f"train-{n:06d}" for n in range(len(titles))]
    for shard, title in zip(names, titles, strict=True):
        artist, _, track = title.partition(" - ")
        video, *rest = a_video(shard, title=title)
        facts = {"shard": shard, "artist": artist, "track": track}
        rows = shard_of((video.model_copy(update=facts), *rest))
        write(dataset, shard, rows, Matched([], {shard: shard}))
    misspelt = a_video("new", page="Yyyyyyyy Zzzzzzzz - Aaba Bbbb Cccc")
    matched = match_shard(load_library(dataset, names, SETTINGS), shard_of(misspelt))
    assert verdicts(matched) == [("new", "same_song", "title", names[0])]


def test_copies_of_real_sound_and_pictures_are_told_apart(tmp_path):
    if chromaprint() is None:
        need_tool("an ffmpeg with chromaprint")
    rate, seconds = 24_000, 40
    sound = synthesise(draw_tune(3), seconds, rate)
    faster = sound[np.arange(0, len(sound) - 1, 1.04).astype(int)]
    scenes = [render(draw_scene(n), 1.0, 160, 90) for n in range(16)]

    def a_file(name, sound, pictures):
        kind = Format("webm" if name.endswith("webm") else "mp4", 160, 90, Fraction(1), rate)
        length = len(sound) / rate
        shown = [pictures[int(n * len(pictures) / length)] for n in range(int(length))]
        encode(tmp_path / name, kind, shown, sound)
        frames = hashes([picture[::2, ::2] if "small" in name else picture for picture in pictures])
        return a_video(name, hear(tmp_path / name).fingerprint, frames, duration_s=length)

    library = library_of(shard_of(a_file("first.mp4", sound, scenes[:8])))
    shard = shard_of(
        a_file("small.webm", sound, scenes[:8]),
        a_file("amv.mp4", sound[3 * rate :], scenes[8:]),
        a_file("evading.mp4", faster, scenes[:8]),
        a_file("other.mp4", synthesise(draw_tune(4), seconds, rate), scenes[4:12]),
    )
    assert verdicts(match_shard(library, shard)) == [
        ("amv.mp4", "same_song", "audio", "first.mp4"),
        ("evading.mp4", "reupload", "frames", "first.mp4"),
        ("small.webm", "same_song", "audio", "amv.mp4"),
        ("small.webm", "reupload", "audio", "first.mp4"),
    ]
