import json
import threading

import pytest

from pipeline.errors import SessionBlocked, SourceError
from pipeline.sources.addresses import parse_search
from pipeline.sources.amv import Amv
from pipeline.sources.entries import listed, unavailable
from tests.pipeline.sources.asking import Pauses, ask, asking
from tests.pipeline.sources.paged_site import entry, installed, page
from tests.sites import Site

FACTS = {
    "title": "<b>Song</b>\x1b[2J",
    "artists": ["One", "Two"],
    "track": "Song",
    "channel": "Channel",
    "duration": 61.5,
    "upload_date": "20240131",
    "license": "CC BY",
    "live_status": "was_live",
    "age_limit": 18,
}


@pytest.fixture
def site():
    with installed(), Site() as site:
        yield site


def titles(videos):
    return [video.title for video in videos]


def two_pages(site, second):
    site.routes["/list/x/1.json"] = page(entry(site, "a"), entry(site, "b"), more=True)
    site.routes["/list/x/2.json"] = second
    return site.url("/list/x")


def test_what_a_list_states_of_a_video_is_kept_as_plain_text(site, tmp_path):
    site.routes["/list/x/1.json"] = page(entry(site, "a", **FACTS))
    (video,), _ = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert video.video_id == "pagedvideo-a"
    assert (video.title, video.artist, video.track) == ("<b>Song</b>", "One, Two", "Song")
    assert (video.channel, video.duration_s, video.upload_date) == ("Channel", 61.5, "20240131")
    assert (video.licence, video.live_status, video.age_limit) == ("CC BY", "was_live", 18)


def test_a_single_video_is_asked_for_its_facts(site, tmp_path):
    site.routes["/watch/a/facts.json"] = json.dumps({**FACTS, "formats": []})
    (video,), _ = ask(Amv(urls=[site.url("/watch/a")]), tmp_path)
    assert (video.video_id, video.url) == ("pagedvideo-a", site.url("/watch/a"))
    assert (video.duration_s, video.age_limit) == (61.5, 18)


def test_live_and_coming_videos_are_kept_with_their_status(site, tmp_path):
    site.routes["/list/x/1.json"] = page(
        entry(site, "a", live_status="is_live"),
        entry(site, "b", live_status="is_upcoming"),
        entry(site, "c", is_live=True),
        entry(site, "d"),
    )
    videos, _ = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert [video.live_status for video in videos] == ["is_live", "is_upcoming", "is_live", None]


def test_facts_that_make_no_sense_are_left_out(site, tmp_path):
    nonsense = {"duration": "long", "upload_date": "../..", "age_limit": "x", "timestamp": 1e300}
    site.routes["/list/x/1.json"] = page(
        entry(site, "a", **nonsense), entry(site, "b", duration=-1, timestamp=1706659200)
    )
    (first, second), _ = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert (first.duration_s, first.upload_date, first.age_limit) == (None, None, None)
    assert (second.duration_s, second.upload_date) == (None, "20240131")


@pytest.mark.parametrize("value", [True, 7, 10**400, [], [1], {}, {"a": 1}, "x"])
def test_facts_of_a_wrong_type_cost_no_video(value):
    facts = ("title", "artists", "channel", "duration", "timestamp", "age_limit", "formats")
    nonsense = {"webpage_url": "https://youtu.be/aqz-KE-bpKQ", **dict.fromkeys(facts, value)}
    assert not unavailable(nonsense)
    assert listed(nonsense, ()).video_id == "youtube-aqz-KE-bpKQ"
    with pytest.raises(ValueError, match="http"):
        listed({"formats": value}, ())


def test_a_page_that_fails_in_passing_is_asked_for_again_and_nothing_is_given_twice(site, tmp_path):
    url = two_pages(site, [503, page(entry(site, "c"))])
    videos, notes = ask(Amv(urls=[url]), tmp_path)
    assert titles(videos) == ["a", "b", "c"]
    assert notes == []


def test_a_page_that_never_comes_is_asked_for_again_too(site, tmp_path):
    url = two_pages(site, ["hang", page(entry(site, "c"))])
    videos, _ = ask(Amv(urls=[url]), tmp_path, socket_timeout=0.3)
    assert titles(videos) == ["a", "b", "c"]


def test_pauses_grow_and_end(site, tmp_path):
    url, pauses, notes = two_pages(site, 503), Pauses(), []
    context = asking(tmp_path, notes, stop=pauses, retries=3, retry_pause_s=1.0)
    assert titles(Amv(urls=[url]).list(context)) == ["a", "b"]
    assert all(
        n / 2 <= pause <= n * 1.5 for pause, n in zip(pauses.seconds, (1, 2, 4), strict=True)
    )
    assert "broken off after 2 entries (http_503)" in notes[0]


def test_a_page_that_is_gone_ends_the_list_with_what_it_gave(site, tmp_path):
    url = two_pages(site, 404)
    videos, notes = ask(Amv(urls=[url]), tmp_path)
    assert titles(videos) == ["a", "b"]
    assert "broken off after 2 entries (http_404)" in notes[0]
    assert len(site.asked("/list/x/2.json")) == 1


def test_a_list_that_changes_between_its_pages_gives_each_video_once(site, tmp_path):
    site.routes["/list/x/1.json"] = page(entry(site, "a"), entry(site, "b"), more=True, count=4)
    site.routes["/list/x/2.json"] = page(entry(site, "b"), entry(site, "c"))
    videos, notes = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert titles(videos) == ["a", "b", "c"]
    assert notes == [f"{site.url('/list/x')}: 1 entries stand in it more than once"]


def test_a_list_that_changes_while_it_is_read_again_is_read_on(site, tmp_path):
    first = page(entry(site, "a"), entry(site, "b"), more=True)
    changed = page(entry(site, "new"), entry(site, "a"), more=True)
    site.routes["/list/x/1.json"] = [first, changed]
    site.routes["/list/x/2.json"] = [503, page(entry(site, "b"), entry(site, "c"))]
    videos, _ = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert titles(videos) == ["a", "b", "new", "c"]


def test_a_list_that_is_shorter_than_stated_is_noted(site, tmp_path):
    site.routes["/list/x/1.json"] = page(entry(site, "a"), count=9)
    _, notes = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert notes == [f"{site.url('/list/x')}: the site states 9 entries, but lists 1"]


def test_private_and_deleted_videos_are_noted_with_their_ids(site, tmp_path):
    site.routes["/list/x/1.json"] = page(
        entry(site, "a"),
        entry(site, "p", title="[Private video]"),
        entry(site, "d", title="[Deleted video]"),
        entry(site, "q", availability="private"),
        None,
    )
    videos, notes = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert titles(videos) == ["a"]
    assert "4 entries are private, deleted or hidden" in notes[0]
    assert notes[0].endswith("p, d, q, (unnamed)")


def test_an_endless_list_is_broken_off(site, tmp_path):
    site.routes["/list/x/1.json"] = page(*[entry(site, "a") for _ in range(300)], more=True)
    site.routes["/list/x/2.json"] = page(*[entry(site, "a") for _ in range(300)], more=True)
    videos, notes = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert titles(videos) == ["a"]
    assert "broken off, it only repeats itself" in notes[0]


def test_a_limit_spares_the_pages_after_it(site, tmp_path):
    videos, _ = ask(Amv(urls=[two_pages(site, 503)], limit=2), tmp_path)
    assert titles(videos) == ["a", "b"]
    assert site.asked("/list/x/2.json") == []


def test_lists_in_a_list_are_opened_and_one_that_fails_is_noted(site, tmp_path):
    inner, gone = site.url("/list/inner"), site.url("/list/gone")
    site.routes["/list/x/1.json"] = page(
        entry(site, "a"), entry(site, "i", url=inner), entry(site, "g", url=gone), entry(site, "z")
    )
    site.routes["/list/inner/1.json"] = page(entry(site, "b"))
    videos, notes = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert titles(videos) == ["a", "b", "z"]
    assert notes[0].startswith(f"{gone}: not listed (http_404)")


def test_a_list_that_holds_itself_ends(site, tmp_path):
    site.routes["/list/x/1.json"] = page(
        entry(site, "a"), entry(site, "x", url=site.url("/list/x"))
    )
    videos, notes = ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert titles(videos) == ["a"]
    assert "a list too deep inside others" in notes[0]


def test_a_search_lists_what_it_finds(site, tmp_path):
    port = site.url("").rpartition(":")[2]
    site.routes["/finds.json"] = page(
        entry(site, "a"),
        entry(site, "l", url=site.url("/list/x")),
        entry(site, "b"),
        entry(site, "c"),
    )
    videos, notes = ask(Amv(urls=[f"pagedsearch3:{port} anime mv"]), tmp_path)
    assert titles(videos) == ["a", "b"]
    assert "finds a list there" in notes[0]


@pytest.mark.parametrize(
    ("search", "site_name"),
    [
        ("ytsearch20:anime mv", "youtube"),
        ("ytsearchall:アニメ MV", "youtube"),
        ("nicosearch5:amv", "nicovideo"),
        ("bilisearch5:amv", "bilibili"),
    ],
)
def test_searches_of_yt_dlp_are_known_by_their_prefix(search, site_name):
    address = parse_search(search)
    assert (address.url, address.site, address.is_search) == (search, site_name, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anime mv",
        "nosearch5:amv",
        "https://youtu.be/aqz-KE-bpKQ",
        "file:///etc/passwd",
        "ytsearch0:amv",
        "ytsearch5:a\x1b[2J",
        f"ytsearch5:{'a' * 9000}",
        "ytuser:x",
        ":ytfav",
    ],
)
def test_other_texts_are_no_searches(text):
    assert parse_search(text) is None


class Ear:
    """A governor that lets everything pass, and hears all."""

    def __init__(self, blocks=99):
        self.heard = []
        self.blocks = blocks

    def wait(self, site, stop):
        assert isinstance(stop, threading.Event)
        self.heard.append(("wait", site))

    def asked(self, site):
        self.heard.append(("asked", site))

    def blocked(self, site, reason, retry_after_s=None, detail=""):
        self.heard.append(("blocked", site, reason, retry_after_s))
        self.blocks -= 1
        if not self.blocks:
            raise SessionBlocked("enough")


def test_every_request_waits_for_the_governor(site, tmp_path):
    ear = Ear()
    url = two_pages(site, [503, page(entry(site, "c"))])
    assert len(ask(Amv(urls=[url]), tmp_path, governor=ear)[0]) == 3
    assert ear.heard == [("wait", "paged"), ("asked", "paged")] * len(site.requests)


def test_a_block_is_told_to_the_governor_and_asked_again_if_it_allows(site, tmp_path):
    ear = Ear()
    url = two_pages(site, [("headers", 429, {"Retry-After": "90"}), page(entry(site, "c"))])
    assert len(ask(Amv(urls=[url]), tmp_path, governor=ear)[0]) == 3
    assert ("blocked", "paged", "http_429", 90.0) in ear.heard


def test_a_block_that_stays_ends_the_listing(site, tmp_path):
    url = two_pages(site, 429)
    with pytest.raises(SessionBlocked, match="enough"):
        ask(Amv(urls=[url]), tmp_path, governor=Ear(blocks=3))
    with pytest.raises(SessionBlocked, match="asks us to stop"):
        ask(Amv(urls=[url]), tmp_path)


def test_cookies_and_time_outs_are_those_of_the_recipe(site, tmp_path):
    jar = tmp_path / "cookies.txt"
    jar.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tname\tvalue\n")
    url = two_pages(site, page(entry(site, "c")))
    ask(Amv(urls=[url]), tmp_path, cookies_file=str(jar))
    assert set(site.cookies) == {"name=value"}


def test_a_proxy_is_the_recipes(tmp_path):
    with installed(), Site() as proxy:
        target = "http://127.0.0.1:9/list/x"
        proxy.routes[f"{target}/1.json"] = page(entry(proxy, "a"))
        videos, _ = ask(Amv(urls=[target]), tmp_path, proxy=proxy.url(""))
    assert titles(videos) == ["a"]


def test_a_broken_extractor_is_noted_and_not_asked_again(site, tmp_path):
    site.routes["/list/x/1.json"] = '{"entries": 5}'
    with pytest.raises(SourceError, match="None of the addresses"):
        ask(Amv(urls=[site.url("/list/x")]), tmp_path)
    assert len(site.requests) == 1
