"""How long to wait before a request is tried again."""

import hashlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from schemas.table import Seconds

LONGEST_BACKOFF: Seconds = 30.0
LONGEST_WAIT: Seconds = 300.0
"""A server that asks for more is not waited for: the clip fails, to be tried in a later run."""


def pause(seed: int, attempt: int, backoff: Seconds, after: Seconds | None) -> Seconds:
    """Seconds before retry number `attempt` (0 is the first): exponential backoff with jitter of
    a factor 0.5 to 1.5, and never less than the server asks for. The jitter follows from the
    request's seed: spread over requests, the same in every run."""
    digest = hashlib.sha256(f"{seed}/{attempt}".encode()).digest()
    jitter = 0.5 + int.from_bytes(digest[:4], "big") / 2**32
    waiting = min(LONGEST_BACKOFF, backoff * float(2**attempt)) * jitter
    return waiting if after is None else after + min(waiting, backoff)


def retry_after(header: str | None) -> Seconds | None:
    """A `Retry-After` header, seconds or an HTTP date, as seconds from now; None if there is none
    or it makes no sense."""
    if header is None:
        return None
    if header.strip().replace(".", "", 1).isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
