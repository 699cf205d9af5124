"""The governor: everything that asks a site for something waits for its word first."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.acquire.pace import HOUR
from pipeline.acquire.quiet import quiet_for
from pipeline.acquire.records import load, save
from pipeline.acquire.settings import Fetching
from pipeline.errors import SessionBlocked
from pipeline.lines import clean_line
from schemas.table import Seconds

_LOOK_S: Seconds = 30.0
"""Waits are cut into pieces, so that neither a sleeping laptop nor a changed clock spoils one."""
_WORTH_SAYING_S: Seconds = 60.0


class Cancelled(Exception):
    """The work was stopped from outside. What arrived stays, and is taken up next time."""


class Governor:
    """Keeps asking polite, over all threads and across restarts: gaps, an hourly ceiling, quiet
    hours, and blocks, which stop the asking of every site and are never worked around.

    What was asked when lies in a file, written before each request. A run that was killed goes on
    at the pace it had. If the file is damaged, every site counts as asked just now.
    """

    def __init__(
        self, fetching: Fetching, state: Path, note: Callable[[str], None] = lambda _: None
    ) -> None:
        """
        Args:
            state: the file, in the dataset's folder; made when something is asked first.
            note: told one line about each wait of more than a minute.
        """
        self._fetching = fetching
        self._state = state
        self._note = note
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._pace, trouble = load(state, fetching, time.monotonic())
        if trouble:
            note(trouble)

    def wait(self, site: str, stop: threading.Event) -> None:
        """Return when `site` may be asked, which then counts as asked.

        Raises:
            Cancelled: `stop` was set.
            SessionBlocked: a site asked us to stop, for longer than a run waits.
            DiskFull: the state cannot be written.
        """
        while not stop.is_set():
            with self._lock:
                pause = self._pause_s(site)
                if pause <= 0:
                    now = time.monotonic()
                    self._pace.began(site, now)
                    save(self._state, self._pace, now)
                    return
            stop.wait(min(pause, _LOOK_S))
        raise Cancelled(site)

    def asked(self, site: str) -> None:
        """The answer to what `wait` allowed is there, whatever it is: the gap starts anew."""
        with self._lock:
            now = time.monotonic()
            self._pace.ended(site, now)
            save(self._state, self._pace, now)

    def rest(self, site: str, seconds: Seconds) -> None:
        """Leave one site alone for so long, as it wished or because it is in trouble.

        Raises:
            SessionBlocked: that is longer than a run waits.
        """
        if seconds > self._fetching.block_pauses_s[-1]:
            self.blocked(site, "Retry-After", seconds)
        with self._lock:
            now = time.monotonic()
            self._pace.rest(site, seconds, now)
            save(self._state, self._pace, now)

    def blocked(
        self, site: str, reason: str, retry_after_s: Seconds | None = None, detail: str = ""
    ) -> None:
        """A site asks us to stop: nothing is asked of any site for the next, longer pause, or for
        as long as the site wished. After this returns, `wait` lasts until the pause is over; then
        the same may be asked again.

        Raises:
            SessionBlocked: the last pause was reached, or the site wants a longer one.
        """
        why = f"({clean_line(reason, 60)})" + (f": {clean_line(detail, 300)}" if detail else "")
        with self._lock:
            now = time.monotonic()
            block = self._pace.blocked(site, why, retry_after_s, now)
            save(self._state, self._pace, now)
            if block.stopped:
                raise self._stopped()
            until = at(block.until - now)
        self._note(
            f"{site} asks us to stop {why.rstrip('.')}. Nothing is asked of any site until {until}."
        )

    def _pause_s(self, site: str) -> Seconds:
        now = time.monotonic()
        blocked = self._pace.blocked_s(now)
        if blocked and self._pace.block:
            if self._pace.block.stopped:
                raise self._stopped()
            self._tell(f"{self._pace.block.site} asked us to stop; going on at", blocked)
            return blocked
        quiet = quiet_for(self._fetching.quiet_hours, datetime.now())
        if quiet:
            self._tell("Quiet hours: nothing is asked until", quiet)
            return quiet
        pause, why = self._pace.wait_s(site, now)
        if pause > _WORTH_SAYING_S:
            limit = f"{self._fetching.per_hour} videos of {site} were asked for within an hour"
            self._tell(f"{limit if why == 'per_hour' else f'{site} rests'}; going on at", pause)
        return pause

    def _tell(self, text: str, seconds: Seconds) -> None:
        until = time.monotonic() + seconds
        if seconds > _WORTH_SAYING_S and abs(until - self._told.get(text, 0.0)) > _WORTH_SAYING_S:
            self._told[text] = until
            self._note(f"{text} {at(seconds)}.")

    def _stopped(self) -> SessionBlocked:
        block = self._pace.block
        until = at(self._pace.blocked_s(time.monotonic()))
        return SessionBlocked(
            f"{block.site if block else 'A site'} asks us to stop {block.why if block else ''}. "
            f"Nothing will be asked before {until}; what was fetched is kept. Run the same command "
            "again after that. A longer `gap_seconds` or a lower `per_hour` in [fetch] helps."
        )


@dataclass(frozen=True)
class Standing:
    """What a governor's file says, for people."""

    asked: dict[str, int]
    """Videos asked for within the last hour, by site."""
    blocked: str | None
    """Who asked us to stop, why, and until when; None if nobody does."""
    trouble: str | None
    """Why the file could not be read."""


def standing(fetching: Fetching, state: Path) -> Standing:
    """Read a governor's file and change nothing."""
    now = time.monotonic()
    pace, trouble = load(state, fetching, now)
    asked = {
        site: recent
        for site, record in pace.sites.items()
        if (recent := sum(each > now - HOUR for each in record.asked))
    }
    blocked = pace.blocked_s(now)
    line = None
    if blocked and pace.block:
        line = f"{pace.block.site} {pace.block.why}, until {at(blocked)}"
    return Standing(asked, line, trouble)


def at(seconds: Seconds) -> str:
    """The local time so many seconds from now, never too early."""
    if seconds < 60:
        return f"{datetime.now().astimezone() + timedelta(seconds=seconds + 0.999):%H:%M:%S}"
    return f"{datetime.now().astimezone() + timedelta(seconds=seconds + 59.999):%Y-%m-%d %H:%M}"
