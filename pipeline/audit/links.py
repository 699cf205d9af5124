"""Links to sources. Addresses come from outside: only plain web addresses become links."""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_YOUTUBE = ("youtube.com", "youtube-nocookie.com", "youtu.be")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\"'<>\\^`{|}\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def at_second(url: str, second: float) -> str | None:
    """A video's address at one second of it; None where it is no plain http or https address.

    YouTube wants `t` in the query; elsewhere a media fragment does (W3C Media Fragments 1.0).
    A user name or password in the address is left out.
    """
    around = _around_second(url)
    return f"{around[0]}{int(second)}{around[1]}" if around else None


@lru_cache(maxsize=256)
def _around_second(url: str) -> tuple[str, str] | None:
    """What stands before and after the second; kept, since a video's clips come one by one."""
    if _UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    place = f"[{host}]" if ":" in host else host
    place = f"{place}:{port}" if port is not None else place
    if any(host == site or host.endswith(f".{site}") for site in _YOUTUBE):
        query = [pair for pair in parse_qsl(parts.query) if pair[0] not in ("t", "start")]
        asked = urlencode([*query, ("t", "")])
        return urlunsplit((parts.scheme, place, parts.path, asked, "")), "s"
    return f"{urlunsplit((parts.scheme, place, parts.path, parts.query, ''))}#t=", ""
