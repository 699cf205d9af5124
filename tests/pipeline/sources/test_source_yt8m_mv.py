import pytest

from pipeline.errors import SourceError
from pipeline.sources.yt8m_mv import Yt8mMv
from tests.sites import Site

ROUTES = {
    "/2/j/v/0mdxd.js": 'p("0mdxd",["AAAA","bB_1","CCCC","dd-D"]);',
    "/2/j/v/03bt1gh.js": 'p("03bt1gh",["CCCC","ZZZZ"]);',
    "/2/j/v/04rlf.js": 'p("04rlf",["EEEE","AAAA"]);',
    "/2/j/i/AA/AAAA.js": 'i("AAAA","aqz-KE-bpKQ");',
    "/2/j/i/bB/bB_1.js": 403,
    "/2/j/i/dd/dd-D.js": 'i("dd-D","dQw4w9WgXcQ");',
    "/2/j/i/EE/EEEE.js": 'alert("EEEE","dQw4w9WgXcQ");',
}


@pytest.fixture
def site():
    with Site(ROUTES) as site:
        yield site


def listed(site, tmp_path, **options):
    notes = []
    source = Yt8mMv(base_url=site.url("/2/j"), **{"exclude": ["/m/03bt1gh"], **options})
    return list(source.list(tmp_path, notes.append)), notes


def test_videos_have_the_wanted_label_and_none_of_the_unwanted(site, tmp_path):
    videos, notes = listed(site, tmp_path)
    assert [video.video_id for video in videos] == ["youtube-aqz-KE-bpKQ", "youtube-dQw4w9WgXcQ"]
    assert videos[0].url == "https://www.youtube.com/watch?v=aqz-KE-bpKQ"
    assert videos[0].labels == ("/m/0mdxd",)
    assert site.asked("/2/j/i/CC/CCCC.js") == []
    assert notes == [
        "yt8m_mv: of 3 ids 1 are no longer on YouTube, 0 could not be looked up",
    ]


def test_an_answer_that_is_no_mapping_is_noted_and_never_run(site, tmp_path):
    videos, notes = listed(site, tmp_path, include=["/m/04rlf", "/m/0mdxd"], limit=2)
    assert [video.labels for video in videos] == [("/m/04rlf", "/m/0mdxd")]
    assert notes[0] == "yt8m_mv: 2 of 4 ids are looked up (`limit`)"
    assert "EEEE not looked up" in notes[1]


def test_an_unknown_label_is_one_clear_line(site, tmp_path):
    with pytest.raises(SourceError, match=r"list of /m/0zzzz cannot be read .*404"):
        listed(site, tmp_path, include=["/m/0zzzz"])
    with pytest.raises(SourceError, match="no knowledge-graph id"):
        listed(site, tmp_path, include=["Music video"])


def test_a_mapping_out_of_order_stops_the_listing(site, tmp_path):
    ids = [f"A{n:03d}" for n in range(30)]
    site.routes["/2/j/v/0mdxd.js"] = f'p("0mdxd",{ids!r});'.replace("'", '"')
    site.routes.update({f"/2/j/i/A0/{each}.js": 500 for each in ids})
    with pytest.raises(SourceError, match="failed 10 times in a row"):
        listed(site, tmp_path)
