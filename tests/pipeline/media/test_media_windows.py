"""Which windows are drawn."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.settings import Cutting
from pipeline.media.windows import FRAME_ROOM_S, Window, draw_windows


@given(st.floats(0, 4000), st.integers(1, 12), st.integers(0, 99), st.text(max_size=12))
def test_windows_are_consecutive_tens_drawn_without_replacement(
    duration_s: float, clips: int, seed: int, video_id: str
) -> None:
    windows = draw_windows(video_id, seed, duration_s, Cutting(clips_per_video=clips))
    starts = [window.start_s for window in windows]
    assert len(windows) == min(clips, int((duration_s + 1e-3) // 10))
    assert starts == sorted(set(starts))
    for window in windows:
        assert window.start_s % 10 == 0
        assert window.end_s == window.start_s + 10 <= duration_s + 2e-3
        assert window.start_s <= window.frame_s <= window.end_s - FRAME_ROOM_S


def test_a_video_gives_the_same_windows_every_time() -> None:
    assert draw_windows("yt-a", 3, 240, Cutting(clips_per_video=2)) == [
        Window(30.0, 40.0, 35.952037),
        Window(140.0, 150.0, 146.032102),
    ]


def test_windows_depend_on_seed_and_video() -> None:
    draws = [draw_windows(v, s, 240, Cutting()) for v, s in [("a", 1), ("a", 2), ("b", 1)]]
    assert draws[0] != draws[1]
    assert draws[0] != draws[2]


def test_a_longer_video_keeps_the_frame_times_of_its_windows() -> None:
    short = {w.start_s: w.frame_s for w in draw_windows("a", 1, 50, Cutting())}
    longer = {w.start_s: w.frame_s for w in draw_windows("a", 1, 70, Cutting())}
    assert short.items() <= longer.items()


def test_all_windows_are_drawn_evenly() -> None:
    cutting = Cutting(clips_per_video=4)
    counts = [0] * 10
    fractions = []
    for number in range(2000):
        for window in draw_windows(f"v{number}", 0, 100, cutting):
            counts[int(window.start_s // 10)] += 1
            fractions.append((window.frame_s - window.start_s) / (10 - FRAME_ROOM_S))
    assert all(700 < count < 900 for count in counts)
    assert 0.49 < sum(fractions) / len(fractions) < 0.51
