import pytest

from pipeline.errors import SessionBlocked, SourceError
from pipeline.sources.amv import Amv
from tests.pipeline.sources.asking import ask
from tests.sites import Site

FEED = """<?xml version="1.0"?><rss version="2.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>AMVs</title>
<item><title>&lt;b&gt;One&lt;/b&gt;</title><link>https://youtu.be/aqz-KE-bpKQ</link>
<itunes:duration>61</itunes:duration></item>
<item><title>Two</title><link>SITE/two.mp4</link></item>
<item><title>Three</title><link>SITE/three.mp4</link></item>
</channel></rss>"""


@pytest.fixture
def site():
    with Site() as site:
        site.routes["/feed.xml"] = FEED.replace("SITE", site.url(""))
        yield site


def listed(tmp_path, *urls, **options):
    return ask(Amv(urls=list(urls), **options), tmp_path)


def test_a_playlist_is_listed_with_one_request_and_its_metadata(site, tmp_path):
    videos, notes = listed(tmp_path, site.url("/feed.xml"), labels=["amv"])
    assert [video.title for video in videos] == ["<b>One</b>", "Two", "Three"]
    assert videos[0].video_id == "youtube-aqz-KE-bpKQ"
    assert videos[0].duration_s == 61
    assert videos[0].labels == ("amv",)
    assert [path for path, _ in site.requests] == ["/feed.xml"]
    assert notes == []


def test_a_limit_holds_for_each_address(site, tmp_path):
    videos, _ = listed(tmp_path, site.url("/feed.xml"), limit=2)
    assert [video.title for video in videos] == ["<b>One</b>", "Two"]


def test_a_single_video_is_a_list_of_one(site, tmp_path):
    site.routes["/page"] = '<title>Solo</title><video src="/solo.mp4"></video>'
    videos, _ = listed(tmp_path, site.url("/page"))
    assert [video.url for video in videos] == [site.url("/page")]
    assert str(videos[0].title).startswith("Solo")


def test_a_list_that_fails_is_noted_and_the_others_go_on(site, tmp_path):
    videos, notes = listed(tmp_path, site.url("/gone.xml"), "nonsense", site.url("/feed.xml"))
    assert len(videos) == 3
    assert "http_404" in notes[0]
    assert "nonsense" in notes[1]


def test_no_list_at_all_is_an_error(site, tmp_path):
    with pytest.raises(SourceError, match="None of the addresses"):
        listed(tmp_path, site.url("/gone.xml"))


def test_a_site_that_asks_to_stop_is_obeyed(site, tmp_path):
    site.routes["/busy.xml"] = 429
    with pytest.raises(SessionBlocked, match="http_429"):
        listed(tmp_path, site.url("/busy.xml"), site.url("/feed.xml"))
    assert len(site.requests) == 1


def test_an_entry_that_points_into_this_machine_is_left_out(site, tmp_path):
    site.routes["/evil.xml"] = FEED.replace("SITE/two.mp4", "file:///etc/passwd").replace(
        "SITE", site.url("")
    )
    videos, notes = listed(tmp_path, site.url("/evil.xml"))
    assert [video.title for video in videos] == ["<b>One</b>", "Three"]
    assert len(notes) == 1
    assert "file:///etc/passwd" in notes[0]
