import json

from pipeline.sources.amv import Amv
from pipeline.sources.base import Listed
from pipeline.sources.urls import Urls
from pipeline.sources.yt8m_mv import Yt8mMv
from tests.pipeline.sources.asking import ask
from tests.pipeline.sources.paged_site import entry, installed, page
from tests.sites import Site


def title(text):
    return Listed(video_id="a-b", site="a", url="https://example.org/a.mp4", title=text).title


def test_text_that_no_file_can_hold_is_made_storable():
    assert title("a\ud800b") == "a?b"
    assert title("夜に駆ける") == "夜に駆ける"


def test_an_endless_text_is_cut_and_an_address_is_not():
    assert len(title("é" * 10**6)) == len(title("e" * 10**6)) == 1000
    url = f"https://example.org/{'a' * 5000}.mp4"
    assert Listed(video_id="a-b", site="a", url=url).url == url


def test_a_video_has_one_id_whichever_source_lists_it(tmp_path):
    watch = "https://www.youtube.com/watch?v=aqz-KE-bpKQ"
    (tmp_path / "list.txt").write_text("https://youtu.be/aqz-KE-bpKQ")
    with installed(), Site() as site:
        site.routes["/list/x/1.json"] = page(entry(site, "a", url=watch))
        site.routes["/v/0mdxd.js"] = f'p("0mdxd",{json.dumps(["AAAA"])});'
        site.routes["/i/AA/AAAA.js"] = 'i("AAAA","aqz-KE-bpKQ");'
        sources = [
            Urls(path="list.txt"),
            Amv(urls=[site.url("/list/x")]),
            Yt8mMv(base_url=site.url(""), exclude=[]),
        ]
        found = [video.video_id for source in sources for video in ask(source, tmp_path)[0]]
    assert found == ["youtube-aqz-KE-bpKQ"] * 3
