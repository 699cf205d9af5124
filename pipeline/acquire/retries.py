"""How long to wait before a site that failed in passing is asked again."""

from random import SystemRandom

from pipeline.acquire.settings import Fetching
from schemas.table import Seconds

MAX_PAUSE: Seconds = 60.0
_JITTER = SystemRandom()


def retry_pause(n: int, fetching: Fetching) -> Seconds:
    """The pause before retry `n`, from 0: doubled each time, at most a minute, and up to a half
    more or less by chance, so that workers do not come back together."""
    doubled = fetching.retry_pause_s * 2.0 ** min(n, 16)
    return min(doubled * _JITTER.uniform(0.5, 1.5), MAX_PAUSE)
