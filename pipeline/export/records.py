"""What of a clip's columns leaves the house."""

from urllib.parse import urlsplit, urlunsplit

import pyarrow as pa


def publishable(clips: pa.Table) -> pa.Table:
    """Columns of clips as others may see them: an address is one of the web, without user name or
    password; where videos lie on their maker's disk is nobody's business."""
    place = clips.column_names.index("url")
    urls = [public_url(url) for url in clips["url"].to_pylist()]
    return clips.set_column(place, "url", pa.array(urls, pa.string()))


def public_url(url: str | None) -> str | None:
    """A web address without credentials; None for all that is none.

    >>> public_url("https://me:secret@example.org/v?id=1"), public_url("/home/me/v.mp4")
    ('https://example.org/v?id=1', None)
    """
    try:
        parts = urlsplit(url or "")
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit(parts._replace(netloc=host + port))
