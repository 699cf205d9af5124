import pytest

from pipeline.errors import FramesongError, RecipeError, SessionBlocked, SourceError
from pipeline.recipe import load
from pipeline.sources.yt8m_mv import Yt8mMv
from tests.pipeline.sources.asking import Pauses, ask, asking
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
FIRST, SECOND = "youtube-aqz-KE-bpKQ", "youtube-dQw4w9WgXcQ"


@pytest.fixture
def site():
    with Site(ROUTES) as site:
        yield site


def source(site, **options):
    given = {"exclude": ["Game"], "lookups_per_second": 1000.0, **options}
    return Yt8mMv(base_url=site.url("/2/j"), **given)


def ids(videos):
    return [video.video_id for video in videos]


def test_videos_have_the_wanted_label_and_none_of_the_unwanted(site, tmp_path):
    videos, notes = ask(source(site), tmp_path)
    assert ids(videos) == [FIRST, SECOND]
    assert videos[0].url == "https://www.youtube.com/watch?v=aqz-KE-bpKQ"
    assert videos[0].labels == ("Music video",)
    assert site.asked("/2/j/i/CC/CCCC.js") == []
    assert notes == ["yt8m_mv: of 3 ids 1 are no longer on YouTube, 0 could not be looked up"]


def test_labels_go_by_name_in_any_case_or_by_id(site, tmp_path):
    by_id = source(site, include=["/m/0mdxd"], exclude=["/m/03bt1gh"])
    by_name = source(site, include=["music VIDEO"], exclude=["game"])
    assert ask(by_id, tmp_path)[0] == ask(by_name, tmp_path)[0]


def test_an_answer_that_is_no_mapping_is_noted_and_never_run(site, tmp_path):
    videos, notes = ask(source(site, include=["/m/04rlf", "Music video"], limit=2), tmp_path)
    assert [video.labels for video in videos] == [("/m/04rlf", "Music video")]
    assert notes[0] == "yt8m_mv: 2 of 4 ids are taken (`limit`)"
    assert "EEEE' not looked up" in notes[1]


def test_a_mapping_of_another_id_is_not_believed(site, tmp_path):
    site.routes["/2/j/i/AA/AAAA.js"] = 'i("ZZZZ","aqz-KE-bpKQ");'
    videos, notes = ask(source(site), tmp_path)
    assert ids(videos) == [SECOND]
    assert "no mapping of this id" in notes[0]


def test_an_unknown_label_is_one_clear_line(site, tmp_path):
    with pytest.raises(SourceError, match=r"has no list of /m/0zzzz .*vocabulary\.csv"):
        ask(source(site, include=["/m/0zzzz"]), tmp_path)
    with pytest.raises(SourceError, match=r"no label 'Music vidoe'\. Close to it: Music video"):
        ask(source(site, include=["Music vidoe"]), tmp_path)
    with pytest.raises(SourceError, match=r"no label '/m/\.\./\.\./x'"):
        ask(source(site, include=["/m/../../x"]), tmp_path)


def test_a_second_listing_asks_for_no_id_twice(site, tmp_path):
    first = ask(source(site), tmp_path)
    site.requests.clear()
    assert ask(source(site), tmp_path) == first
    assert [path for path, _ in site.requests] == ["/2/j/v/0mdxd.js", "/2/j/v/03bt1gh.js"]


def test_a_higher_limit_asks_only_for_what_is_new(site, tmp_path):
    ask(source(site, limit=2), tmp_path)
    site.requests.clear()
    assert ids(ask(source(site), tmp_path)[0]) == [FIRST, SECOND]
    assert [path for path, _ in site.requests if "/i/" in path] == ["/2/j/i/dd/dd-D.js"]


def test_a_failure_is_not_remembered(site, tmp_path):
    site.routes["/2/j/i/dd/dd-D.js"] = 500
    videos, notes = ask(source(site), tmp_path)
    assert ids(videos) == [FIRST]
    assert "1 could not be looked up" in notes[-1]
    site.routes["/2/j/i/dd/dd-D.js"] = ROUTES["/2/j/i/dd/dd-D.js"]
    assert ids(ask(source(site), tmp_path)[0]) == [FIRST, SECOND]


def test_what_fails_in_passing_is_asked_for_again(site, tmp_path):
    mapping = ROUTES["/2/j/i/AA/AAAA.js"]
    site.routes["/2/j/i/AA/AAAA.js"] = [503, ("cut", b"i(", 1), mapping]
    videos, _ = ask(source(site), tmp_path)
    assert ids(videos) == [FIRST, SECOND]
    assert len(site.asked("/2/j/i/AA/AAAA.js")) == 3


def test_an_endless_answer_is_not_read_to_its_end(site, tmp_path):
    site.routes["/2/j/i/AA/AAAA.js"] = ROUTES["/2/j/i/AA/AAAA.js"] + " " * 100_000
    videos, notes = ask(source(site), tmp_path)
    assert ids(videos) == [SECOND]
    assert "longer than 4096 bytes" in notes[0]


def test_a_mapping_out_of_order_stops_the_listing(site, tmp_path):
    names = [f"A{n:03d}" for n in range(30)]
    site.routes["/2/j/v/0mdxd.js"] = f'p("0mdxd",{names!r});'.replace("'", '"')
    site.routes.update({f"/2/j/i/A0/{each}.js": 500 for each in names})
    with pytest.raises(SourceError, match="failed 10 times in a row"):
        ask(source(site), tmp_path, retries=0)


def test_a_server_that_asks_to_wait_is_obeyed(site, tmp_path):
    pauses = Pauses()
    context = asking(tmp_path, stop=pauses)
    site.routes["/2/j/i/AA/AAAA.js"] = [
        ("headers", 429, {"Retry-After": "7"}),
        ROUTES["/2/j/i/AA/AAAA.js"],
    ]
    assert ids(source(site).list(context)) == [FIRST, SECOND]
    assert max(pauses.seconds) == 7


@pytest.mark.parametrize("wish", ["7200", None])
def test_a_server_that_asks_to_stop_is_obeyed_and_what_was_learnt_stays(site, tmp_path, wish):
    headers = {"Retry-After": wish} if wish else {}
    site.routes["/2/j/i/dd/dd-D.js"] = ("headers", 429, headers)
    with pytest.raises(SessionBlocked, match=r"HTTP 429.*What was learnt is kept"):
        ask(source(site), tmp_path)
    site.requests.clear()
    site.routes["/2/j/i/dd/dd-D.js"] = ROUTES["/2/j/i/dd/dd-D.js"]
    ask(source(site), tmp_path)
    assert [path for path, _ in site.requests if "/i/" in path] == ["/2/j/i/dd/dd-D.js"]


def test_lookups_keep_the_rate(site, tmp_path):
    pauses = Pauses()
    context = asking(tmp_path, stop=pauses)
    list(source(site, lookups_per_second=0.5).list(context))
    assert len([pause for pause in pauses.seconds if 1.5 < pause <= 2]) == 4


def test_a_dead_server_is_one_clear_line(tmp_path):
    with Site() as site:
        gone = source(site)
    with pytest.raises(SourceError, match=r"list of /m/0mdxd cannot be read .*run again later"):
        ask(gone, tmp_path)


def test_records_without_a_vocabulary_are_refused_with_the_recipe(tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text('[dataset]\npath = "d"\n[source.yt8m_mv]\nrecords = "yt8m"\n')
    with pytest.raises(RecipeError, match=r"\[source\.yt8m_mv\] `records` needs `vocabulary`"):
        load(recipe)


def test_the_proxy_of_the_recipe_is_used_and_a_useless_one_is_not_shown(tmp_path):
    with Site() as proxy:
        base = "http://storage.invalid/2/j"
        proxy.routes = {f"http://storage.invalid{path}": text for path, text in ROUTES.items()}
        far = Yt8mMv(base_url=base, exclude=["Game"], lookups_per_second=1000.0)
        assert ids(ask(far, tmp_path, proxy=proxy.url(""))[0]) == [FIRST, SECOND]
        for useless in ("user:secret@host", "socks5://user:secret@127.0.0.1:9"):
            with pytest.raises(FramesongError) as caught:
                ask(far, tmp_path, proxy=useless)
            assert "secret" not in str(caught.value)
