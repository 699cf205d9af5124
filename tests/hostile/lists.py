"""What a hostile site's videos are listed by: a file of addresses, and a playlist with pages."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from tests.hostile.faults import Item
from tests.sites import Site

PLAYLIST = "/list/all"
_PAGES = 3
"""Of the playlist. Each but the first begins with the last two videos of the one before: while it
is read, the site gets two new ones."""
_PLUGIN = """
from tests.pipeline.sources.paged_site import PagedListIE as _Known

class PagedListIE(_Known):
    pass
"""


def write_plugin(folder: Path) -> dict[str, str]:
    """Make yt-dlp know the playlist, in processes of this environment."""
    path = folder / "yt_dlp_plugins" / "extractor" / "paged.py"
    path.parent.mkdir(parents=True)
    path.write_text(_PLUGIN, encoding="utf-8")
    return {"PYTHONPATH": f"{folder}:{Path(__file__).parents[2]}"}


def add_playlist(site: Site, items: Sequence[Item]) -> None:
    """Let a site have a playlist of those videos."""
    size = -(-len(items) // _PAGES)
    for page in range(_PAGES):
        part = items[max(0, page * size - 2) : (page + 1) * size]
        entries = [
            {"_type": "url", "id": item.page, "url": site.url(item.page), "title": item.title}
            for item in part
        ]
        body = {"entries": entries, "more": page + 1 < _PAGES}
        site.routes[f"{PLAYLIST}/{page + 1}.json"] = json.dumps(body)


def write_file(path: Path, site: Site, items: Sequence[Item], titled: Sequence[Item]) -> None:
    """Write those videos' addresses, and some of their titles."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("url", "title"))
        for item in items:
            rows.writerow((site.url(item.page), item.title if item in titled else ""))
