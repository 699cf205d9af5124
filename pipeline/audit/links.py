"""Links to sources. Addresses come from outside: only plain web addresses become links."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_YOUTUBE = ("youtube.com", "youtube-nocookie.com", "youtu.be")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\"'<>\\^`{|}\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def at_second(url: str, second: float) -> str | None:
    """A video's address at one second of it; None where it is no plain http or https address.

    YouTube wants `t` in the query; elsewhere a media fragment does (W3C Media Fragments 1.0).
    A user name or password in the address is left out.
    """
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
    whole = int(second)
    if any(host == site or host.endswith(f".{site}") for site in _YOUTUBE):
        query = [pair for pair in parse_qsl(parts.query) if pair[0] not in ("t", "start")]
        query.append(("t", f"{whole}s"))
        return urlunsplit((parts.scheme, place, parts.path, urlencode(query), ""))
    return urlunsplit((parts.scheme, place, parts.path, parts.query, f"t={whole}"))
