"""Names for videos: unique, the same on every machine, and safe as file names and tar members."""

import hashlib
import re
import unicodedata

MAX_LENGTH = 96
"""Of a video id. File systems allow 255 bytes; clips, formats and partial files add up to 60."""

_MAX_SITE = 32
_MARK = "--"
_DIGEST = 12
_MARKED = re.compile(rf".*{_MARK}[0-9a-f]{{{_DIGEST}}}\Z")


def video_id(site: str, raw_id: str) -> str:
    """`<site>-<id>` with letters, digits, `_` and `-` only, and no `-` in the site.

    A pair that fits is kept as it is, so that ids can be read and looked up. Of any other pair the
    offending characters are replaced, and the end becomes `--` and a digest of the whole pair. Ids
    that already look so are hashed too: two different pairs never share an id.

    >>> video_id("youtube", "aqz-KE-bpKQ")
    'youtube-aqz-KE-bpKQ'
    """
    plain = f"{site}-{raw_id}"
    fits = (
        re.fullmatch(r"[A-Za-z0-9_]+", site)
        and re.fullmatch(r"[A-Za-z0-9_-]+", raw_id)
        and len(plain) <= MAX_LENGTH
        and not _MARKED.fullmatch(plain)
    )
    if fits:
        return plain
    digest = short_digest(f"{len(site)} {site} {raw_id}")
    readable = f"{slug(site)[:_MAX_SITE] or 'site'}-{_safe(raw_id)}"
    return readable[: MAX_LENGTH - len(_MARK) - _DIGEST] + _MARK + digest


def slug(text: str) -> str:
    """`text` in lower-case letters, digits and single `_`; may be empty. Not unique."""
    ascii_text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[^a-z0-9]+", "_", ascii_text).strip("_")


def short_digest(text: str) -> str:
    """Twelve hexadecimal digits: among a million texts, two share one with odds of 1 in 560."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)
