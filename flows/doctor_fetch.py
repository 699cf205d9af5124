"""What listing and fetching need, as far as this machine can say. Nothing is asked of a site."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yt_dlp
from yt_dlp.globals import supported_js_runtimes

from flows.finding import Finding
from pipeline.acquire.client import JAVASCRIPT, options, read_cookies, selector
from pipeline.acquire.fetch import STATE
from pipeline.acquire.governor import standing
from pipeline.acquire.settings import Fetching
from pipeline.errors import RecipeError
from pipeline.recipe import Recipe

UPDATE = "pip install -U 'yt-dlp[default,deno]'"
OLD_DAYS = 60
"""YouTube changes monthly, and yt-dlp with it."""


def examine_downloader() -> Iterator[Finding]:
    """yt-dlp, and a program that runs YouTube's scripts for it."""
    yield downloader(yt_dlp.version.__version__, datetime.now(UTC).date())
    yield _javascript()


def downloader(release: str, today: date) -> Finding:
    """How old a release of yt-dlp is; its version is its day."""
    try:
        year, month, day = map(int, release.split(".")[:3])
        age = (today - date(year, month, day)).days
    except ValueError:
        return Finding("yt-dlp", "ok", f"{release}, a version without a date")
    text = f"{release}, {age} days old"
    if age > OLD_DAYS:
        return Finding("yt-dlp", "note", f"{text}: sites change, and it may not follow", (UPDATE,))
    return Finding("yt-dlp", "ok", text)


def _javascript() -> Finding:
    seen = []
    for name in JAVASCRIPT:
        runtime = supported_js_runtimes.value[name]()
        if runtime.info is None:
            continue
        needed = ".".join(map(str, runtime.MIN_SUPPORTED_VERSION))
        found = f"{name} {runtime.info.version}"
        if runtime.info.supported:
            return _scripts(f"{found}; yt-dlp needs {needed}")
        seen.append(f"{found} is older than {needed}")
    text = "; ".join(seen) or f"neither {' nor '.join(JAVASCRIPT)} found"
    return Finding("javascript", "absent", f"{text}; YouTube needs one", (UPDATE,))


def _scripts(runtime: str) -> Finding:
    try:
        solver = version("yt-dlp-ejs")
    except PackageNotFoundError:
        text = f"{runtime}, but not the package yt-dlp-ejs, which YouTube needs too"
        return Finding("javascript", "absent", text, (UPDATE,))
    return Finding("javascript", "ok", f"{runtime}, with yt-dlp-ejs {solver}")


def examine_fetching(recipe: Recipe) -> Iterator[Finding]:
    """The options of `[fetch]`, and what was asked lately."""
    fetching = recipe.fetch
    yield _format(fetching)
    if fetching.cookies_file is not None:
        yield _cookies(Path(fetching.cookies_file).expanduser())
    if fetching.proxy is not None:
        shown = without_credentials(fetching.proxy)
        yield Finding("proxy", "note", f"all is asked through {shown}")
    yield from _governor(fetching, recipe.root / STATE)


def _format(fetching: Fetching) -> Finding:
    plain = fetching.model_copy(update={"cookies_file": None})
    with yt_dlp.YoutubeDL(options(plain)) as client:
        try:
            selector(client, fetching)
        except RecipeError as error:
            return Finding("format", "MISSING", str(error))
    return Finding("format", "ok", "`format` in [fetch] is a selector that yt-dlp takes")


def _cookies(path: Path) -> Finding:
    try:
        read_cookies(path)
    except RecipeError as error:
        return Finding("cookies", "MISSING", str(error))
    text = f"{path} can be read. What is asked with cookies puts their account at risk"
    return Finding("cookies", "note", text)


def without_credentials(address: str) -> str:
    """A proxy's address as it may be shown: scheme, host and port."""
    scheme, separator, rest = address.rpartition("://")
    return scheme + separator + re.split("[/?#]", rest.rpartition("@")[2])[0]


def _governor(fetching: Fetching, state: Path) -> Iterator[Finding]:
    seen = standing(fetching, state)
    if seen.trouble:
        yield Finding("governor", "note", seen.trouble)
    if seen.blocked:
        yield Finding("governor", "note", f"all asking rests: {seen.blocked}")
    asked = ", ".join(f"{site} {count}" for site, count in sorted(seen.asked.items()))
    quiet = f"; nothing during {fetching.quiet_hours}" if fetching.quiet_hours else ""
    limit = f"allowed are {fetching.per_hour} of each site{quiet}"
    yield Finding("governor", "ok", f"asked in the last hour: {asked or 'nothing'}; {limit}")
