import errno
import io
import sys
import time
from email.utils import formatdate

import pytest
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError

from pipeline.acquire.errors import classify, local_problem, one_line, retry_after


def raised(inner):
    """The error as yt-dlp hands it on."""
    try:
        raise inner
    except (ExtractorError, OSError) as error:
        return DownloadError(f"ERROR: [youtube] captcha: {error}", sys.exc_info())


@pytest.mark.parametrize(
    ("message", "status", "reason"),
    [
        ("Sign in to confirm you\u2019re not a bot. Use --cookies", "session", "robot_check"),
        ("This content isn't available, try again later.", "session", "rate_limited"),
        ("The current session has been rate-limited by YouTube", "session", "rate_limited"),
        ("Please solve the CAPTCHA", "session", "captcha"),
        ("Unable to download webpage: HTTP Error 429: x", "session", "http_429"),
        ("Private video. Sign in if you've been granted access", "permanent", "private"),
        ("Video unavailable. This video has been removed by the uploader", "permanent", "removed"),
        (
            "This video is no longer available because the YouTube account associated with this "
            "video has been terminated.",
            "permanent",
            "account_terminated",
        ),
        (
            "Video unavailable. This video contains content from X, who has blocked it in your "
            "country on copyright grounds",
            "permanent",
            "copyright",
        ),
        (
            "This video has been removed for violating YouTube's Terms of Service",
            "permanent",
            "terms_of_service",
        ),
        ("Video unavailable", "permanent", "unavailable"),
        ("Requested format is not available. Use --list-formats", "permanent", "no_format"),
        ("Sign in to confirm your age. This video may be inappropriate", "policy", "age"),
        ("Join this channel to get access to members-only content", "policy", "members_only"),
        ("The uploader has not made this video available in your country", "policy", "region"),
        ("This video is DRM protected", "policy", "drm"),
        ("This video is only available for registered users", "policy", "login"),
        ("Unable to download webpage: HTTP Error 403: Forbidden", "policy", "http_403"),
        ("Unable to download API page: HTTP Error 502: Bad Gateway", "transient", "http_502"),
        ("Unable to download API page: The read operation timed out", "transient", "timeout"),
        ("Premieres in 3 days", "transient", "not_started"),
        ("Unable to extract player version", "transient", "extractor"),
    ],
)
def test_a_site_s_answer_has_a_class_and_a_reason(message, status, reason):
    outcome = classify(raised(ExtractorError(message, expected=True)))
    assert (outcome.status, outcome.reason) == (status, reason)


def test_a_region_lock_is_policy_whatever_its_text():
    outcome = classify(raised(GeoRestrictedError("nope", countries=["DE"])))
    assert (outcome.status, outcome.reason) == ("policy", "region")


def test_neither_an_address_nor_a_server_s_phrase_decides():
    named = "Unsupported URL: https://example.org/captcha/try+again+later"
    assert classify(raised(ExtractorError(named))).reason == "no_video"
    phrased = "Unable to download webpage: HTTP Error 404: captcha, private video"
    assert classify(raised(ExtractorError(phrased))).reason == "http_404"


def test_a_bug_in_an_extractor_is_told_apart():
    outcome = classify(KeyError("formats"))
    assert (outcome.status, outcome.reason) == ("transient", "extractor_bug")
    assert "KeyError" in outcome.detail


def test_a_full_disk_is_not_the_site_s_fault():
    full = raised(OSError(errno.ENOSPC, "No space left on device"))
    assert local_problem(full).strerror == "No space left on device"
    assert local_problem(raised(OSError(errno.ECONNRESET, "reset"))) is None


def test_a_line_for_people_has_no_secrets_escapes_or_breaks():
    text = "get https://me:secret@host/a.mp4?token=abc#x\n\x1b[31mred\x1b[0m \x1b]0;t\x07\u202e!"
    assert one_line(text) == "get https://host/a.mp4 red !"
    assert len(one_line("x" * 5000)) == 300


@pytest.mark.parametrize(
    ("status", "header", "low", "high"),
    [
        (429, "120", 120, 120),
        (503, " 7 ", 7, 7),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_a_server_s_wish_to_be_left_alone_is_read(status, header, low, high):
    assert low <= retry_after(raised(refused(status, {"Retry-After": header}))) <= high


def test_a_date_is_a_wish_too():
    date = formatdate(time.time() + 100, usegmt=True)
    assert 90 <= retry_after(raised(refused(429, {"Retry-After": date}))) <= 101


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "-5"}])
def test_what_is_no_wish_is_none(headers):
    assert retry_after(raised(refused(429, headers))) is None
    assert retry_after(raised(refused(404, {"Retry-After": "5"}))) is None


def refused(status, headers):
    answer = Response(io.BytesIO(), "http://host/", headers, status)
    return ExtractorError("no", cause=HTTPError(answer))


@pytest.mark.parametrize("text", ["a", "a@", "\x1b]", "\x9b", "://", "HTTP Error 1:"])
def test_a_message_of_megabytes_takes_no_time(text):
    began = time.process_time()
    outcome = classify(ExtractorError("HTTP Error 429: " + text * (2_000_000 // len(text))))
    assert time.process_time() - began < 1
    assert (outcome.reason, len(outcome.detail) <= 300) == ("http_429", True)


def test_a_password_with_an_at_sign_in_it_is_left_out_whole():
    assert (
        one_line("through http://me:p@ss@proxy:80/x failed") == "through http://proxy:80/x failed"
    )
