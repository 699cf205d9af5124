"""How far the work is: a bar on a terminal, plain lines elsewhere. Always on standard error."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from pipeline.lines import clean_line

_FEWEST_S, _MOST_S = 1.0, 60.0
_PATIENCE = 0.05


class Terminal:
    """What all that is under way shares: one place for lines, with a bar for each below them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.lock = threading.RLock()
        self._bars: Bar | None = None
        self._users = 0

    def enter(self, step: str, total: int | None) -> tuple[Bar, TaskID] | None:
        """A bar of one's own; none where this is no terminal."""
        if not self.console.is_terminal:
            return None
        with self.lock:
            if self._bars is None:
                self._bars = _bars(self.console)
                self._bars.start()
            self._users += 1
            return self._bars, self._bars.add_task(step, total=total, pace="")

    def leave(self, task: TaskID) -> None:
        """What has ended goes; the last bar stays as it ended."""
        with self.lock:
            self._users -= 1
            if self._bars is None:
                return
            if self._users:
                self._bars.remove_task(task)
            else:
                self._bars.stop()
                self._bars = None

    def print(self, line: str) -> None:
        """One line, above the bars."""
        with self.lock:
            self.console.print(Text(line), soft_wrap=True)

    def refresh(self) -> None:
        """Draw the bars now, rather than ten times a second."""
        with self.lock:
            if self._bars is not None:
                self._bars.refresh()


STANDARD_ERROR = Terminal(Console(stderr=True, highlight=False))


def note(text: str) -> None:
    """Show one line, above the bars of what is under way. What could drive a terminal is taken out
    of it."""
    STANDARD_ERROR.print(clean_line(text))


class Progress:
    """Counts what is done of one step and shows it. Thread-safe; a context manager.

    Plain lines come at most once a second, and ever more rarely the longer the work lasts (after
    a twentieth of the time so far, up to a minute), so that a log of ten hours stays readable.
    """

    def __init__(
        self,
        step: str,
        total: int | None,
        unit: str = "shards",
        terminal: Terminal = STANDARD_ERROR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            step: what is being done, such as `blip2`.
            total: how many units there are to do in this run; None where nobody knows yet.
            unit: what is counted, in the plural.
            terminal: where to.
            clock: seconds that only grow.
        """
        self._step = clean_line(step)
        self._total = total
        self._unit = unit
        self._terminal = terminal
        self._clock = clock
        self._done = 0
        self._started = self._last_line = clock()
        self._bar: tuple[Bar, TaskID] | None = None

    def __enter__(self) -> Self:
        self._started = self._last_line = self._clock()
        self._bar = self._terminal.enter(self._step, self._total)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._terminal.leave(self._bar[1])

    def advance(self, units: int = 1) -> None:
        """So many more units are done."""
        with self._terminal.lock:
            self._done += units
            now = self._clock()
            rate = pace(self._done, self._total or 0, now - self._started)
            if self._bar is not None:
                bars, task = self._bar
                bars.update(task, advance=units, pace=rate)
            elif self._is_line_due(now):
                self._last_line = now
                of = "" if self._total is None else f" of {self._total}"
                counted = f"{self._done}{of} {self._unit}"
                line = f"{self._step}: {counted}{', ' if rate else ''}{rate}"
                self._terminal.print(line)

    def note(self, text: str) -> None:
        """Show one line, above the bar. What could drive a terminal is taken out of it."""
        self._terminal.print(clean_line(text))

    def _is_line_due(self, now: float) -> bool:
        wait = min(_MOST_S, max(_FEWEST_S, _PATIENCE * (now - self._started)))
        is_last = self._total is not None and self._done >= self._total
        return is_last or now - self._last_line >= wait


def _bars(console: Console) -> Bar:
    return Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}", markup=False),
        console=console,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def pace(done: int, total: int, elapsed_s: float) -> str:
    """The rate so far and the time left at that rate; empty while there is nothing to say.

    >>> pace(30, 90, 60.0)
    '30.0/min, about 2 min left'
    """
    if done <= 0 or elapsed_s <= 0:
        return ""
    rate = done / elapsed_s
    per, factor = ("s", 1) if rate >= 1 else ("min", 60) if rate * 60 >= 1 else ("h", 3600)
    shown = f"{rate * factor:.1f}/{per}"
    return f"{shown}, about {duration((total - done) / rate)} left" if done < total else shown


def duration(seconds: float) -> str:
    """A length of time as people say it: `14 s`, `3 min`, `5 h 20 min`."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
