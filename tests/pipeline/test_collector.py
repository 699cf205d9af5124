"""The garbage collector rests where it is told to, and no longer."""

import gc

import pytest

from pipeline.collector import no_collector


def test_it_rests_until_the_end_whatever_happens() -> None:
    @no_collector()
    def fail() -> None:
        assert not gc.isenabled()
        raise ValueError("failed")

    for _ in range(2):
        with pytest.raises(ValueError, match="failed"):
            fail()
        assert gc.isenabled()


def test_within_another_rest_it_stays_off() -> None:
    with no_collector():
        with no_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_who_had_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with no_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
