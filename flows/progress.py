"""How far the work is: a bar on a terminal, plain lines elsewhere. Always on standard error."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from pipeline.lines import clean_line

_FEWEST_S, _MOST_S = 1.0, 60.0
_PATIENCE = 0.05


class Progress:
    """Counts what is done of one step and shows it. Thread-safe; a context manager.

    Plain lines come at most once a second, and ever more rarely the longer the work lasts (after
    a twentieth of the time so far, up to a minute), so that a log of ten hours stays readable.
    """

    def __init__(
        self,
        step: str,
        total: int,
        unit: str = "shards",
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            step: what is being done, such as `blip2`.
            total: how many units there are to do in this run.
            unit: what is counted, in the plural.
            console: where to; by default standard error.
            clock: seconds that only grow.
        """
        self._step = clean_line(step)
        self._total = total
        self._unit = unit
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._lock = threading.Lock()
        self._done = 0
        self._started = self._last_line = clock()
        self._bar = _bar(self._console) if self._console.is_terminal else None

    def __enter__(self) -> Self:
        self._started = self._last_line = self._clock()
        if self._bar is not None:
            self._task = self._bar.add_task(self._step, total=self._total, pace="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, units: int = 1) -> None:
        """So many more units are done."""
        with self._lock:
            self._done += units
            now = self._clock()
            rate = pace(self._done, self._total, now - self._started)
            if self._bar is not None:
                self._bar.update(self._task, advance=units, pace=rate)
            elif self._is_line_due(now):
                self._last_line = now
                counted = f"{self._done} of {self._total} {self._unit}"
                self._print(f"{self._step}: {counted}{', ' if rate else ''}{rate}")

    def note(self, text: str) -> None:
        """Show one line, above the bar. What could drive a terminal is taken out of it."""
        with self._lock:
            self._print(clean_line(text))

    def _is_line_due(self, now: float) -> bool:
        wait = min(_MOST_S, max(_FEWEST_S, _PATIENCE * (now - self._started)))
        return self._done >= self._total or now - self._last_line >= wait

    def _print(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


def _bar(console: Console) -> Bar:
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
