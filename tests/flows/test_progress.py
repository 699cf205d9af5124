"""What people see while the work goes on."""

import io
import threading

import pytest
from rich.console import Console

from flows.progress import Progress, Terminal, duration, pace


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lines_of(total: int, seconds_each: float) -> list[str]:
    out, clock = io.StringIO(), Clock()
    with Progress("blip2", total, terminal=Terminal(Console(file=out)), clock=clock) as progress:
        for _ in range(total):
            clock.now += seconds_each
            progress.advance()
    return out.getvalue().splitlines()


def on_a_terminal() -> tuple[io.StringIO, Console]:
    out = io.StringIO()
    return out, Console(file=out, force_terminal=True, width=100)


def test_elsewhere_than_on_a_terminal_there_are_plain_lines() -> None:
    assert lines_of(total=3, seconds_each=2.0) == [
        "blip2: 1 of 3 shards, 30.0/min, about 4 s left",
        "blip2: 2 of 3 shards, 30.0/min, about 2 s left",
        "blip2: 3 of 3 shards, 30.0/min",
    ]


def test_fast_work_gives_at_most_one_line_a_second_and_always_the_last() -> None:
    lines = lines_of(total=255, seconds_each=0.01)
    assert [line.split(" shards")[0] for line in lines] == [
        "blip2: 100 of 255",
        "blip2: 200 of 255",
        "blip2: 255 of 255",
    ]


def test_ten_hours_of_work_give_a_readable_log() -> None:
    assert 100 < len(lines_of(total=36_000, seconds_each=1.0)) < 800


def test_a_line_is_never_wrapped_or_coloured_in_a_log() -> None:
    out = io.StringIO()
    with Progress("blip2", 1, terminal=Terminal(Console(file=out, width=20))) as progress:
        progress.note("[bold]17 videos[/bold] of 64 were dropped: " + "no_audio " * 20)
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().startswith("[bold]17 videos[/bold]")


def test_on_a_terminal_there_is_a_bar_with_rate_and_time_left() -> None:
    out, console = on_a_terminal()
    clock = Clock()
    with Progress("blip2", 4, terminal=Terminal(console), clock=clock) as progress:
        clock.now += 10
        progress.advance(2)
    text = out.getvalue()
    assert "blip2" in text
    assert "2/4" in text
    assert "12.0/min, about 10 s left" in text


def test_bars_at_once_share_the_terminal_and_go_when_they_end() -> None:
    out, console = on_a_terminal()
    terminal = Terminal(console)
    with Progress("cut", 9, terminal=terminal):
        with Progress("fetch", 4, terminal=terminal) as fetch:
            fetch.note("a dead link")
        assert "fetch" in out.getvalue()
        terminal.refresh()
        out.truncate(0)
        terminal.refresh()
        assert "cut" in out.getvalue()
        assert "fetch" not in out.getvalue()


def test_a_hostile_title_cannot_drive_the_terminal() -> None:
    out, console = on_a_terminal()
    with Progress("blip2", 1, terminal=Terminal(console)) as progress:
        progress.note("dropped \x1b]0;owned\x07\x1b[2J\x9b5nSong\r\nsecond line\u202e [red]x")
    assert "dropped Song second line [red]x" in out.getvalue()
    assert not any(escape in out.getvalue() for escape in ("owned", "\x1b[2J", "\x9b", "\u202e"))


def test_many_threads_may_advance_and_note_at_once() -> None:
    out = io.StringIO()
    with Progress("blip2", 800, terminal=Terminal(Console(file=out)), clock=Clock()) as progress:

        def work(name: str) -> None:
            for number in range(100):
                progress.note(f"note {name} {number}")
                progress.advance()

        threads = [threading.Thread(target=work, args=(str(name),)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = out.getvalue().splitlines()
    assert len([line for line in lines if line.startswith("note ")]) == 800
    assert lines.count("blip2: 800 of 800 shards") == 1


@pytest.mark.parametrize(
    ("done", "total", "elapsed", "said"),
    [
        (0, 9, 5.0, ""),
        (5, 9, 0.0, ""),
        (10, 20, 5.0, "2.0/s, about 5 s left"),
        (1, 3, 7200.0, "0.5/h, about 4 h 0 min left"),
        (3, 3, 1.0, "3.0/s"),
    ],
)
def test_pace(done: int, total: int, elapsed: float, said: str) -> None:
    assert pace(done, total, elapsed) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (59.4, "59 s"), (60, "1 min"), (3570, "1 h 0 min"), (19_200, "5 h 20 min")],
)
def test_durations_read_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said
