"""Why a video could not be fetched, in five classes that say what to do about it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import ExtractorError, GeoRestrictedError, YoutubeDLError

from pipeline.disk import REFUSALS
from pipeline.waiting import retry_after as retry_after_header
from schemas.media import MediaStatus
from schemas.table import Seconds

_MAX_MESSAGE = 4096
"""Characters of a message that are looked at. Sites put their own words into it, pages long."""


class Blocked(Exception):
    """The site asks us to stop for a while: that says nothing about the video."""

    def __init__(self, outcome: "Outcome", retry_after_s: Seconds | None) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Outcome:
    """What a failed attempt means: fields of `schemas.media.Media`."""

    status: MediaStatus
    reason: str
    detail: str


Rule = tuple[str, MediaStatus, str]

# Matched in this order: a private video's "sign in" is permanent, a robot check's is not, and
# "not available in your country on copyright grounds" is about copyright. The texts are YouTube's
# and those that yt-dlp's extractors share.
_RULES: tuple[Rule, ...] = (
    (r"HTTP Error 429", "session", "http_429"),
    (r"not a (ro)?bot", "session", "robot_check"),
    (r"captcha", "session", "captcha"),
    (r"try again later|rate.?limit|too many requests", "session", "rate_limited"),
    (r"private video|video is private", "permanent", "private"),
    (r"account.{0,60}terminated", "permanent", "account_terminated"),
    (r"copyright", "permanent", "copyright"),
    (r"terms of service|community guidelines", "permanent", "terms_of_service"),
    (r"removed|deleted|no longer available|does not exist", "permanent", "removed"),
    (r"HTTP Error (404|410)", "permanent", "http_{0}"),
    (r"confirm your age|age.restricted|inappropriate for some users", "policy", "age"),
    (r"members.only|join this channel", "policy", "members_only"),
    (r"premium|requires payment|purchase|paid", "policy", "paid"),
    (r"your (country|region|location)|geo.?restrict|HTTP Error 451", "policy", "region"),
    (r"\bDRM\b", "policy", "drm"),
    (r"log.?in|sign in|registered users|HTTP Error 401", "policy", "login"),
    (r"unsupported url|no video (could be )?found", "permanent", "no_video"),
    (r"unusual and will be skipped", "permanent", "unsafe_extension"),
    (r"video (is )?unavailable|is not available$|isn.t available", "permanent", "unavailable"),
    (r"requested format is not available", "permanent", "no_format"),
    (r"file:// URLs are disabled|no connection adapters", "policy", "address_refused"),
    (r"HTTP Error (5\d\d|408)", "transient", "http_{0}"),
    (r"timed out|timeout", "transient", "timeout"),
    (r"HTTP Error 403", "policy", "http_403"),
    (r"HTTP Error (4\d\d)", "permanent", "http_{0}"),
    (r"premieres in|will begin in|is upcoming", "transient", "not_started"),
    (r"bytes read|content too short|more expected", "transient", "truncated"),
)


def classify(error: BaseException) -> Outcome:
    """The class of a failure that yt-dlp raised.

    What decides is the extractor's own message, without the address, the id and the server's
    phrase in it, so that a page named `captcha.html` is not taken for a captcha.
    """
    chain = list(_chain(error))
    extractor = next((each for each in chain if isinstance(each, ExtractorError)), None)
    message = extractor.orig_msg if extractor else re.sub(r"^\s*ERROR:\s*", "", str(error))
    message = message[:_MAX_MESSAGE]
    detail = one_line(message)
    if any(isinstance(each, GeoRestrictedError) for each in chain):
        return Outcome("policy", "region", detail)
    statuses = [each.status for each in chain if isinstance(each, HTTPError)]
    if 403 in statuses and extractor is None:
        return Outcome("transient", "http_403", detail)  # an expired link to media, not the page
    if any(isinstance(each, HTTPError) and each.redirect_loop for each in chain):
        return Outcome("transient", "redirect_loop", detail)
    text = _without_outside_words(message)
    for pattern, status, reason in _RULES:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            return Outcome(status, reason.format(*found.groups()), detail)
    if any(isinstance(each, TransportError | OSError) for each in chain):
        return Outcome("transient", "connection", detail)
    if isinstance(error, YoutubeDLError):
        return Outcome("transient", "extractor" if extractor else "interrupted", detail)
    return Outcome("transient", "extractor_bug", one_line(f"{type(error).__name__}: {error}"))


def retry_after(error: BaseException) -> Seconds | None:
    """How long a server that is busy (503) or asks us to stop (429) wants to be left alone."""
    for each in _chain(error):
        if isinstance(each, HTTPError) and each.status in (429, 503):
            return retry_after_header(each.response.headers.get("Retry-After"))
    return None


def local_problem(error: BaseException) -> OSError | None:
    """The trouble with this machine's disk behind a failure, if that is what it is."""
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno in REFUSALS:
            return each
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, what it was made from, and what was handled when it was raised."""
    seen: set[int] = set()
    unseen: list[BaseException | None] = [error]
    while unseen:
        each = unseen.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        recorded = getattr(each, "exc_info", None)
        inner = recorded[1] if recorded else None
        unseen += [inner, getattr(each, "cause", None), each.__cause__, each.__context__]


def _without_outside_words(text: str) -> str:
    text = re.sub(r"\S+://\S+", "", text)
    return re.sub(r"(HTTP Error \d+):.*?(\. Giving up|$)", r"\1\2", text, flags=re.DOTALL)


def one_line(text: str) -> str:
    """A message for people: without terminal escapes, control characters, passwords and the
    queries of addresses (which hold tokens), at most 300 characters."""
    text = text[:_MAX_MESSAGE]
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)?", "", text)
    text = "".join(c if c.isprintable() else " " for c in text)
    text = re.sub(r"(?<=://)[^/\s]+@", "", text)
    text = re.sub(r"(\w+://[^\s?#'\"]+)[?#][^\s'\"]*", r"\1", text)
    return " ".join(text.split())[:300]
