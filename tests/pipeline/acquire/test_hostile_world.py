"""What a hostile server does, and then: what the table says, what the user reads, and what a second
run does. Real yt-dlp, real connections."""

import re
import shutil
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest

from pipeline.acquire.fetch import fetch_videos
from pipeline.acquire.governor import Governor
from pipeline.acquire.settings import Fetching
from pipeline.errors import SessionBlocked
from pipeline.failures import RETRIED
from pipeline.sources.ids import video_id
from schemas.video import Video
from tests.sites import Site
from tests.videos import make_video

FETCHING = Fetching(
    gap_seconds=0,
    retries=1,
    retry_pause_s=0.05,
    block_pauses_s=[0.3, 5.0],
    socket_timeout=0.7,
    max_seconds_per_video=60,
    max_bytes=20_000_000,
)
GB = 1_000_000_000
M3U8 = """#EXTM3U
#EXT-X-TARGETDURATION:6
#EXTINF:6,
/segment0.ts
#EXTINF:6,
/segment1.ts
#EXT-X-ENDLIST
"""
TITLE = (
    "..\\../etc &#27;[2J&#27;]0;owned&#7;&lt;script&gt;alert(1)&lt;/script&gt;&#10;"
    "&#8238;gpj &#55357;"
)


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("made") / "song.mp4", 4).read_bytes()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "dataset" / "media" / "train-000000"


def a_page(media="/m.mp4", title="A song"):
    return (
        f'<html><title>{title}</title><meta property="og:title" content="{title}">'
        f'<video src="{media}"></video></html>'
    )


def a_video(url, name="here-0"):
    return Video(
        video_id=name, source="s", url=url, song_id="x", split="train", shard="train-000000"
    )


def fetch(videos, folder, fetching=FETCHING, **options):
    return fetch_videos(videos, folder, fetching, lambda _: None, **options)


@dataclass(frozen=True)
class Case:
    """What the server does, and what comes of it."""

    page: object
    """The answer to the video's own address; the song itself where it is `"SONG"`."""
    status: str
    reason: str | None
    detail: str | None
    """What the user reads, as a regular expression."""
    media: object = None
    """What `/m.mp4` answers."""
    asked: int | None = None
    """Requests for the page."""
    at_most_s: float = 60
    more: dict = field(default_factory=dict)
    """Further routes."""


CASES = {
    "503, then fine": Case([503, "SONG"], "ok", None, None, asked=3),
    "503 with Retry-After, then fine": Case(
        [("headers", 503, {"Retry-After": "1"}), "SONG"], "ok", None, None, asked=3
    ),
    "503 for good": Case(503, "transient", "http_503", "HTTP Error 503", asked=2),
    "media 503, then fine": Case(a_page(), "ok", None, None, [503, "SONG"]),
    "media 503 for good": Case(a_page(), "transient", "http_503", "HTTP Error 503", 503, asked=1),
    "404": Case(404, "permanent", "http_404", "HTTP Error 404: Not Found", asked=1),
    "403 on the page": Case(403, "policy", "http_403", "HTTP Error 403", asked=1),
    "403 on the media": Case(a_page(), "transient", "http_403", "HTTP Error 403", 403),
    "hang": Case("hang", "transient", "timeout", "timed out", asked=2),
    "a body that breaks off, resumed": Case(
        a_page(), "ok", None, None, [("cut", "SONG", 100_000), "SONG"]
    ),
    "a body that always breaks off": Case(
        a_page(), "transient", "truncated", "bytes", ("claim", b"x" * 5000, 9000)
    ),
    "a length 4 GB too long": Case(
        a_page(),
        "policy",
        "too_large",
        "4000 MB; allowed are 20 MB",
        ("claim", b"x" * 5000, 4 * GB),
    ),
    "a stream without an end": Case(
        a_page(), "policy", "too_large", "allowed are 20 MB", ("endless", "video/mp4")
    ),
    "a page without an end": Case(
        ("endless", "text/html"), "permanent", "page_too_large", "a page with more than 64 MB"
    ),
    "a length that is too short": Case(
        a_page(), "broken", "not_media", "", ("claim", b"\0" * 9000, 2000)
    ),
    "media that trickle": Case(
        a_page(), "transient", "too_slow", "after 2 seconds", ("trickle", "SONG", 0.2), at_most_s=2
    ),
    "a page that trickles": Case(
        ("trickle", b" " * 999, 0.2), "transient", "too_slow", "after 2 seconds", at_most_s=2
    ),
    "redirects in a loop": Case(
        ("headers", 302, {"Location": "/x.mp4"}), "transient", "redirect_loop", "redirect loop"
    ),
    "a redirect to a file": Case(
        ("headers", 302, {"Location": "file:///etc/passwd"}), "policy", "address_refused", "file:"
    ),
    "HTML instead of media": Case(a_page(), "broken", "not_media", "", b"<html>Log in</html>" * 99),
    "an HLS segment that is missing": Case(
        a_page("/list.m3u8"),
        "permanent",
        "http_404",
        "HTTP Error 404",
        more={"/list.m3u8": M3U8, "/segment0.ts": b"\x47" * 188 * 20, "/segment1.ts": 404},
    ),
    "a hostile title": Case(a_page(title=TITLE), "ok", None, None, "SONG"),
}


def answered(answer, song):
    """The answer with the song put in."""
    if isinstance(answer, list):
        return [answered(each, song) for each in answer]
    if isinstance(answer, tuple):
        return tuple(answered(each, song) for each in answer)
    return song if isinstance(answer, str) and answer == "SONG" else answer


def check_row(row, case, folder):
    assert (row.status, row.reason) == (case.status, case.reason)
    if row.status == "ok":
        assert row.detail is None
        assert (folder.parent.parent / row.file).is_file()
    else:
        assert re.search(case.detail, row.detail)
        assert row.detail.isprintable()
        assert row.file is None


@pytest.mark.parametrize("name", list(CASES))
def test_every_behaviour_has_its_row_its_line_and_its_second_run(name, song, folder):
    case = CASES[name]
    routes = {"/x.mp4": answered(case.page, song), "/m.mp4": answered(case.media, song)}
    with Site({**routes, **case.more}) as site:
        video = a_video(site.url("/x.mp4"))
        fetching = FETCHING.model_copy(update={"max_seconds_per_video": case.at_most_s})
        (row,) = fetch([video], folder, fetching)
        check_row(row, case, folder)
        if case.asked is not None:
            assert len(site.asked("/x.mp4")) == case.asked
        asked = len(site.requests)
        assert fetch([video], folder) == [row]
        assert len(site.requests) == asked
    left = {path.name for path in folder.iterdir()} - {"here-0.json"}
    if row.status == "ok":
        assert left == {Path(row.file).name}
    elif row.status not in RETRIED:  # the others are taken up by a later pass
        assert left == set()


def test_what_failed_in_passing_is_got_by_a_later_pass(song, folder):
    with Site({"/x.mp4": [503, 503, song]}) as site:
        (row,) = fetch([a_video(site.url("/x.mp4"))], folder)
        assert row.status in RETRIED
        (row,) = fetch([a_video(site.url("/x.mp4"))], folder.with_name("train-000001"))
        assert row.status == "ok"


@pytest.mark.parametrize("wish", [None, "soon", "-1", "1", "date"])
def test_being_asked_to_stop_pauses_everything_then_goes_on(wish, song, folder):
    date = formatdate(time.time() + 2, usegmt=True)
    headers = {"Retry-After": date if wish == "date" else wish} if wish else {}
    answer = ("headers", 429, headers)
    with Site({"/x.mp4": [answer, song], "/y.mp4": song}) as site:
        said = []
        governor = Governor(FETCHING, folder.parent.parent / "governor.json", said.append)
        videos = [a_video(site.url("/x.mp4")), a_video(site.url("/y.mp4"), "there-1")]
        began = time.monotonic()
        rows = fetch(videos, folder, governor=governor)
        assert [row.status for row in rows] == ["ok", "ok"]
        pause = 0.9 if wish in ("1", "date") else FETCHING.block_pauses_s[0]
        assert time.monotonic() - began >= pause
        assert said[0].startswith("here asks us to stop (http_429)")
        assert site.requests[1][0] == "/x.mp4"


def test_a_retry_after_beyond_all_patience_ends_the_run_and_is_kept(song, folder):
    with Site({"/x.mp4": ("headers", 429, {"Retry-After": "7200"}), "/y.mp4": song}) as site:
        videos = [a_video(site.url("/x.mp4")), a_video(site.url("/y.mp4"), "there-1")]
        for _ in range(2):
            with pytest.raises(SessionBlocked, match=r"Nothing will be asked before 20\d\d-"):
                fetch(videos, folder)
        assert len(site.requests) == 1
        assert not list(folder.glob("*.json"))


@pytest.mark.parametrize("busy", ["page", "media"])
def test_a_busy_server_s_retry_after_holds_its_other_videos_too(busy, song, folder):
    answer = ("headers", 503, {"Retry-After": "1"})
    routes = {"/x.mp4": answer if busy == "page" else a_page(), "/m.mp4": answer, "/y.mp4": song}
    with Site(routes) as site:
        once = FETCHING.model_copy(update={"retries": 0})
        videos = [a_video(site.url("/x.mp4")), a_video(site.url("/y.mp4"), "here-1")]
        began = time.monotonic()
        first, second = fetch(videos, folder, once)
        assert (first.status, second.status) == ("transient", "ok")
        assert time.monotonic() - began >= 1


def test_media_are_asked_for_again_when_a_busy_server_wishes(song, folder):
    busy = ("headers", 503, {"Retry-After": "1"})
    with Site({"/x.mp4": a_page(), "/m.mp4": [busy, song]}) as site:
        began = time.monotonic()
        (row,) = fetch([a_video(site.url("/x.mp4"))], folder)
        assert row.status == "ok"
        assert time.monotonic() - began >= 1


def test_media_of_a_server_that_is_busy_for_long_are_left_to_a_later_pass(song, folder):
    patient = FETCHING.model_copy(update={"block_pauses_s": [7200.0]})
    busy = ("headers", 503, {"Retry-After": "3600"})
    stop = threading.Event()
    with Site({"/x.mp4": a_page(), "/m.mp4": busy, "/y.mp4": song}) as site:
        videos = [a_video(site.url("/x.mp4")), a_video(site.url("/y.mp4"), "here-1")]
        threading.Timer(3, stop.set).start()
        (row,) = fetch(videos, folder, patient, stop=stop)
        assert (row.status, row.reason) == ("transient", "http_503")
        assert row.detail == "the server is busy and wants to be left alone for 3600 seconds"
        assert site.asked("/y.mp4") == []


def test_hostile_titles_are_kept_as_plain_text(song, folder):
    with Site({"/page": a_page(title=TITLE), "/m.mp4": song}) as site:
        (row,) = fetch([a_video(site.url("/page"))], folder)
        assert row.title.startswith("..\\../etc <script>alert(1)</script> gpj")
        assert row.title.isprintable()
        site.routes["/page"] = a_page(title="x" * 5000)
        (row,) = fetch([a_video(site.url("/page"), "here-1")], folder)
        assert len(row.title) == 1000


@pytest.mark.parametrize("raw_id", ["../../x", "..", "/etc/x", "a\x00b", "%(title)s", "x" * 999])
def test_hostile_ids_stay_in_their_folder(raw_id, song, folder):
    with Site({"/..%2F..%2Fx.mp4": song}) as site:
        video = a_video(site.url("/..%2F..%2Fx.mp4"), video_id("here", raw_id))
        (row,) = fetch([video], folder)
    assert row.status == "ok"
    everything = [path for path in folder.parent.parent.parent.rglob("*") if path.is_file()]
    homes = {path.parent for path in everything if path.name != "governor.json"}
    assert homes == {folder}


def test_a_stated_size_beyond_the_disk_is_an_outcome_and_ends_no_run(song, folder):
    free = shutil.disk_usage(folder.parent.parent.parent).free
    generous = FETCHING.model_copy(update={"max_bytes": 10 * free})
    lie = ("claim", b"x" * 99, 2 * free)
    with Site({"/page": a_page(), "/m.mp4": lie, "/y.mp4": song}) as site:
        videos = [a_video(site.url("/page")), a_video(site.url("/y.mp4"), "here-1")]
        first, second = fetch(videos, folder, generous)
    assert (first.status, first.reason) == ("transient", "no_room")
    assert re.fullmatch(r"the server states \d+ MB, and \d+ MB are free", first.detail)
    assert second.status == "ok"


@pytest.mark.parametrize("answer", [("trickle", b" " * 999, 0.2), "hang"])
def test_a_run_can_be_stopped_within_the_slowest_answer(answer, folder):
    patient = FETCHING.model_copy(update={"max_seconds_per_video": 60.0, "socket_timeout": 2.0})
    stop = threading.Event()
    with Site({"/x.mp4": answer}) as site:
        threading.Timer(0.5, stop.set).start()
        began = time.monotonic()
        assert fetch([a_video(site.url("/x.mp4"))], folder, patient, stop=stop) == []
        assert time.monotonic() - began < 2 * patient.socket_timeout + 1
    assert not list(folder.glob("*.json"))
