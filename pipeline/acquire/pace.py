"""When a site may be asked: pure bookkeeping, on a clock that the caller reads."""

from collections import deque
from dataclasses import dataclass, field
from random import SystemRandom

from pipeline.acquire.settings import Fetching
from schemas.table import Seconds

HOUR: Seconds = 3600.0
LONGEST_REST: Seconds = 7 * 24 * HOUR
"""A site that asks for more rest is given this much: no header closes a dataset for years."""
SAME_BLOCK: Seconds = HOUR
"""A block so soon after the end of the last one goes on with it, and rests longer."""
_JITTER = SystemRandom()


@dataclass
class SiteRecord:
    """What was asked of one site, in seconds on one clock."""

    free_at: float
    """Before this it is not asked again."""
    asked: deque[float] = field(default_factory=deque)
    """When it was asked, within the last hour, in order."""


@dataclass(frozen=True)
class Block:
    """A site asked us to stop; all sites rest."""

    site: str
    why: str
    until: float
    step: int
    """Which of the pauses it is, counted from 0."""
    stopped: bool
    """The run is to end rather than to wait."""


@dataclass
class Pace:
    """The records of all sites, and the rules for them."""

    fetching: Fetching
    sites: dict[str, SiteRecord] = field(default_factory=dict)
    block: Block | None = None
    unknown_free_at: float = float("-inf")
    """For sites without a record: the past, unless records were lost."""

    def wait_s(self, site: str, now: float) -> tuple[Seconds, str]:
        """How long until `site` may be asked, blocks aside, and what for: `gap` or `per_hour`."""
        record = self._record(site)
        while record.asked and record.asked[0] <= now - HOUR:
            record.asked.popleft()
        waits = [(record.free_at - now, "gap")]
        if len(record.asked) >= self.fetching.per_hour:
            waits.append((record.asked[-self.fetching.per_hour] + HOUR - now, "per_hour"))
        longest, why = max(waits)
        return max(0.0, longest), why

    def began(self, site: str, now: float) -> None:
        """A request begins."""
        self._record(site).asked.append(now)
        self.rest(site, self._gap(), now)

    def ended(self, site: str, now: float) -> None:
        """Its answer is there."""
        self.rest(site, self._gap(), now)

    def rest(self, site: str, seconds: Seconds, now: float) -> None:
        """Leave a site alone for so long, counted from `now`."""
        record = self._record(site)
        record.free_at = max(record.free_at, now + min(seconds, LONGEST_REST))

    def blocked_s(self, now: float) -> Seconds:
        """How much longer all sites rest."""
        return max(0.0, self.block.until - now) if self.block else 0.0

    def blocked(self, site: str, why: str, retry_after_s: Seconds | None, now: float) -> Block:
        """A site asks us to stop. Requests that were under way when a block began add nothing to
        it but their Retry-After. A Retry-After above the longest pause ends the run at once."""
        pauses = self.fetching.block_pauses_s
        wanted = min(retry_after_s or 0.0, LONGEST_REST)
        old = self.block
        step = 0
        if old and now < old.until:
            step = old.step
            until = max(old.until, now + wanted)
        else:
            if old and now < old.until + SAME_BLOCK:
                step = min(old.step + 1, len(pauses) - 1)
            until = now + max(pauses[step], wanted)
        goes_on = old is not None and now < old.until and old.stopped
        stopped = goes_on or step == len(pauses) - 1 or wanted > pauses[-1]
        self.block = Block(site, why, until, step, stopped)
        return self.block

    def _gap(self) -> Seconds:
        return self.fetching.gap_seconds * _JITTER.uniform(2 / 3, 4 / 3)

    def _record(self, site: str) -> SiteRecord:
        return self.sites.setdefault(site, SiteRecord(self.unknown_free_at))
