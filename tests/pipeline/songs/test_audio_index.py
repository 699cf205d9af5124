"""Candidates among many fingerprints, and what keeps a look-up small."""

import numpy as np
import pytest

from pipeline.songs.audio_index import AudioIndex
from pipeline.songs.postings import COMMON, Postings


def a_track(seed, items=900):
    return np.random.default_rng(seed).integers(0, 2**32, items, np.uint32)


def flipped(track, share):
    bits = np.random.default_rng(1).random((len(track), 32)) < share
    return track ^ (bits * (1 << np.arange(32, dtype=np.uint64))).sum(axis=1).astype(np.uint32)


@pytest.fixture(scope="module")
def index():
    made = AudioIndex()
    for seed in range(2_000):
        made.add(seed, a_track(seed))
    return made


def test_a_track_is_found_though_bits_differ_and_its_start_is_missing(index):
    for seed in range(0, 2_000, 100):
        assert index.candidates(flipped(a_track(seed), 0.1)[40:])[:1] == [seed]


def test_an_unknown_track_has_no_candidates(index):
    assert index.candidates(a_track(9_999)) == []


def test_a_held_item_is_no_evidence(index):
    silence = np.full(900, 627_964_279, np.uint32)
    assert index.candidates(silence) == []
    mixed = np.concatenate([silence[:400], a_track(7)[:500]])
    assert index.candidates(mixed) == [7]


def test_what_very_many_tracks_share_is_looked_up_in_some_of_them():
    shared, made = a_track(0), AudioIndex()
    for number in range(COMMON + 150):
        made.add(number, shared)
        if number % 90 == 0:
            made.candidates(shared)
    assert len(made.candidates(shared, most=10_000)) == COMMON
    assert made.candidates(shared) == list(range(8))


def test_how_entries_were_added_makes_no_difference():
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 300, (3_000, 5))
    grown, whole = Postings(), Postings()
    for item, row in enumerate(keys):
        for postings in (grown, whole):
            postings.add(item, row, np.arange(5))
        if item % 7 == 0:
            grown.find(row)
    asked = np.arange(300)
    for one, two in zip(grown.find(asked), whole.find(asked), strict=True):
        assert sorted(one.tolist()) == sorted(two.tolist())
    assert len(grown._runs) <= 12
    _, items, places = whole.find(np.array([42]))
    rows, columns = np.nonzero(keys == 42)
    assert (items.tolist(), places.tolist()) == (rows.tolist(), columns.tolist())


def test_an_empty_index_finds_nothing():
    assert AudioIndex().candidates(a_track(0)) == []
    assert AudioIndex().candidates(np.zeros(0, np.uint32)) == []
