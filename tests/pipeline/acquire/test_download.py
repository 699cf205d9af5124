import resource

import pytest

from pipeline.acquire.ask import Visit
from pipeline.acquire.download import Cancelled, adopt, download
from pipeline.acquire.errors import Blocked
from pipeline.acquire.settings import Fetching
from pipeline.errors import DatasetError, RecipeError
from schemas.video import Video
from tests.sites import Site
from tests.videos import make_video

QUICK = Fetching(
    retries=1, socket_timeout=1, gap_seconds=0, retry_pause_s=0.1, block_pauses_s=[0.3]
)
MPD = """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
 mediaPresentationDuration="PT12S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>
<AdaptationSet mimeType="video/mp4" contentType="video"><Representation id="../../v" width="640"
 height="360" bandwidth="600000" codecs="avc1.42c00d"><BaseURL>picture.mp4</BaseURL>
</Representation></AdaptationSet>
<AdaptationSet mimeType="audio/mp4" contentType="audio"><Representation id="a" bandwidth="128000"
 codecs="mp4a.40.2" audioSamplingRate="44100"><BaseURL>sound.m4a</BaseURL></Representation>
</AdaptationSet></Period></MPD>"""
HOSTILE = """<html><head><title>../../../etc/x</title>
<meta property="og:title" content="$(rm -rf ~)/..\\..\\&#27;[2J&lt;script&gt;%(id)s">
</head><body><video src="/song.mp4"></video></body></html>"""


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("made") / "song.mp4")


@pytest.fixture
def site(song):
    with Site({"/song.mp4": song.read_bytes()}) as site:
        yield site


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "dataset" / "media" / "train-000000"


def a_video(url, name="site-a"):
    return Video(video_id=name, source="s", url=url, song_id="x", split="train", shard="train-0")


def get(site, folder, path, fetching=QUICK):
    return download(a_video(site.url(path)), folder, fetching)


def page_with(media):
    return f'<html><title>A song</title><video src="{media}"></video></html>'


@pytest.mark.parametrize("path", ["/song.mp4", "/page"])
def test_a_link_and_a_page_with_a_video_give_the_same_file(site, folder, song, path):
    site.routes["/page"] = page_with("/song.mp4")
    media = get(site, folder, path)
    assert (media.status, media.reason) == ("ok", None)
    assert (folder.parent.parent / media.file).read_bytes() == song.read_bytes()
    assert (media.width, media.video_codec, media.audio_codec) == (160, "h264", "aac")
    assert media.duration_s == pytest.approx(12, abs=0.1)
    assert media.bytes == song.stat().st_size
    assert len(media.sha256) == 64
    assert media.tool.startswith("yt-dlp 20")
    assert media.format_ids


def test_picture_and_sound_that_come_apart_are_put_together(site, folder, tmp_path):
    picture = make_video(tmp_path / "p.mp4", audio=None).read_bytes()
    sound = make_video(tmp_path / "s.m4a", video=None).read_bytes()
    site.routes |= {"/a.mpd": MPD, "/picture.mp4": picture, "/sound.m4a": sound}
    media = get(site, folder, "/a.mpd")
    assert (media.status, media.file) == ("ok", "media/train-000000/site-a.mp4")
    assert (media.video_codec, media.audio_codec) == ("h264", "aac")
    assert len(media.format_ids) == 2
    assert [path.name for path in folder.iterdir()] == ["site-a.mp4"]


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (404, "permanent", "http_404"),
        (410, "permanent", "http_410"),
        (403, "policy", "http_403"),
        (503, "transient", "http_503"),
        ("hang", "transient", "timeout"),
        ((404, "captcha \x1b[2J"), "permanent", "http_404"),
        ("<title>Are you not a bot? captcha</title>", "permanent", "no_video"),
        (page_with("file:///etc/passwd"), "policy", "address_refused"),
        (page_with("/a.mp4") + page_with("/b.mp4"), "permanent", "several_videos"),
        (b"<html>not a video</html>", "broken", "not_media"),
    ],
)
def test_a_page_s_trouble_has_a_class_and_leaves_no_file(site, folder, answer, status, reason):
    site.routes["/x"] = answer
    media = get(site, folder, "/x")
    assert (media.status, media.reason) == (status, reason)
    assert media.detail.isprintable()
    assert media.file is None
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [(403, "transient", "http_403"), (404, "permanent", "http_404")],
)
def test_media_refused_behind_a_good_page_is_told_apart(site, folder, answer, status, reason):
    site.routes |= {"/page": page_with("/media.mp4"), "/media.mp4": answer}
    media = get(site, folder, "/page")
    assert (media.status, media.reason) == (status, reason)


@pytest.mark.parametrize("routes", [{"/page": 429}, {"/page": page_with("/m.mp4"), "/m.mp4": 429}])
def test_being_asked_to_stop_is_no_outcome_of_the_video_s(site, folder, routes):
    site.routes |= routes
    with pytest.raises(Blocked) as caught:
        get(site, folder, "/page")
    assert (caught.value.outcome.reason, caught.value.retry_after_s) == ("http_429", None)


def test_media_that_fails_once_is_asked_again(site, folder, song):
    site.routes |= {"/page": page_with("/m.mp4"), "/m.mp4": [503, song.read_bytes()]}
    assert get(site, folder, "/page").status == "ok"
    assert len(site.asked("/m.mp4")) == 2


def test_media_that_always_fails_is_given_up(site, folder):
    site.routes |= {"/page": page_with("/m.mp4"), "/m.mp4": 503}
    media = get(site, folder, "/page")
    assert (media.status, media.reason) == ("transient", "http_503")
    assert len(site.asked("/m.mp4")) == 2


def test_a_body_that_breaks_off_is_resumed_where_it_stopped(site, folder, song):
    data = song.read_bytes()
    site.routes |= {"/page": page_with("/m.mp4"), "/m.mp4": [("cut", data, 300_000), data]}
    media = get(site, folder, "/page")
    assert (folder.parent.parent / media.file).read_bytes() == data
    assert [wanted is None for _, wanted in site.asked("/m.mp4")] == [True, False]


def test_a_later_run_takes_up_a_partial_file(site, folder, song):
    data = song.read_bytes()
    site.routes |= {"/page": page_with("/m.mp4"), "/m.mp4": [("cut", data, 300_000), data]}
    first = get(site, folder, "/page", Fetching(retries=0, socket_timeout=1))
    assert first.status == "transient"
    assert len(list(folder.glob("*.part"))) == 1
    second = get(site, folder, "/page")
    assert (folder.parent.parent / second.file).read_bytes() == data
    assert site.asked("/m.mp4")[-1][1] is not None


def test_a_truncated_video_is_broken_and_not_kept_as_finished(site, folder, song):
    site.routes["/half.mp4"] = song.read_bytes()[:200_000]
    media = get(site, folder, "/half.mp4")
    assert media.status == "broken"
    assert not list(folder.iterdir())


def test_a_dead_port_is_worth_another_try(folder):
    with Site() as site:
        url = site.url("/x.mp4")
    media = download(a_video(url), folder, QUICK)
    assert (media.status, media.reason) == ("transient", "connection")


def test_hostile_titles_and_format_names_never_become_paths(site, folder):
    site.routes["/page"] = HOSTILE
    media = get(site, folder, "/page")
    assert media.status == "ok"
    assert media.file.startswith("media/train-000000/site-a.")
    everything = [path for path in folder.parent.parent.rglob("*") if path.is_file()]
    assert [path.parent for path in everything] == [folder]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ytsearch:amv", "relative.mp4", "ftp://h/x"])
def test_only_web_addresses_are_asked(folder, url):
    media = download(a_video(url), folder, QUICK)
    assert (media.status, media.reason) == ("policy", "address_refused")


def test_credentials_never_reach_the_table_or_the_log(site, folder, caplog):
    caplog.set_level("DEBUG")
    url = site.url("/gone.mp4?token=abc").replace("http://", "http://me:secret@")
    media = download(a_video(url), folder, QUICK)
    assert media.reason == "http_404"
    for text in (media.model_dump_json(), caplog.text):
        assert "secret" not in text
        assert "abc" not in text


def test_a_download_can_be_stopped_and_taken_up(site, folder, song):
    video = a_video(site.url("/song.mp4"))
    with pytest.raises(Cancelled):
        download(video, folder, QUICK, Visit(running=lambda: False))
    assert download(video, folder, QUICK).status == "ok"


def test_a_cookies_file_is_used_and_never_written(site, folder, tmp_path):
    cookies = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tname\tvalue\n"
    cookies.write_text(text)
    fetching = QUICK.model_copy(update={"cookies_file": str(cookies)})
    assert get(site, folder, "/song.mp4", fetching).status == "ok"
    assert cookies.read_text() == text
    assert site.cookies[-1] == "name=value"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "bv[["}, "`format`"),
        ({"cookies_file": "/nowhere/cookies.txt"}, "cookies"),
        ({"cookies_file": __file__}, ":1 is no line of a Netscape cookies file"),
    ],
)
def test_a_wrong_option_is_one_clear_line(site, folder, options, said):
    with pytest.raises(RecipeError, match=said):
        get(site, folder, "/song.mp4", QUICK.model_copy(update=options))


@pytest.mark.parametrize("line", ["secret", ".a.org\tFALSE\t/\tFALSE\t0\tsecret\tsecret"])
def test_a_damaged_cookies_file_is_named_without_its_secrets(site, folder, tmp_path, capfd, line):
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(f"# Netscape HTTP Cookie File\n\n{line}\n")
    with pytest.raises(RecipeError, match=r"cookies\.txt:3 ") as caught:
        get(site, folder, "/song.mp4", QUICK.model_copy(update={"cookies_file": str(cookies)}))
    assert "secret" not in f"{caught.value}{capfd.readouterr()}"


def test_a_folder_that_cannot_be_made_is_one_clear_line(site, tmp_path):
    (tmp_path / "media").write_text("a file in the way")
    with pytest.raises(DatasetError, match="cannot be written"):
        get(site, tmp_path / "media" / "train-0", "/song.mp4")


@pytest.fixture
def small_disk():
    """No file may grow beyond 700 kB; the song has one megabyte, its picture alone less."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_no_fault_of_the_video_s(site, folder, song, request):
    video = a_video(site.url("/song.mp4"))
    request.getfixturevalue("small_disk")
    with pytest.raises(DatasetError, match=r"cannot be written: File too large\. Make room"):
        download(video, folder, QUICK)


def test_a_disk_that_fills_while_merging_keeps_the_parts(site, folder, tmp_path, request):
    picture = make_video(tmp_path / "p.mp4", 8, audio=None).read_bytes()
    sound = make_video(tmp_path / "s.m4a", video=None).read_bytes()
    site.routes |= {"/a.mpd": MPD, "/picture.mp4": picture, "/sound.m4a": sound}
    assert len(picture) < 700_000 < len(picture) + len(sound)
    request.getfixturevalue("small_disk")
    with pytest.raises(DatasetError, match="Make room"):
        get(site, folder, "/a.mpd")
    assert len(list(folder.iterdir())) == 2


def test_a_local_file_is_used_where_it_lies(song):
    before = song.stat()
    media = adopt(a_video(str(song)))
    assert (media.status, media.file, media.tool) == ("ok", str(song), None)
    after = song.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_local_file_that_is_gone_or_broken_says_so(tmp_path):
    missing = adopt(a_video(str(tmp_path / "gone.mp4")))
    assert (missing.status, missing.reason) == ("permanent", "no_file")
    (tmp_path / "text.mp4").write_text("not a video")
    broken = adopt(a_video(str(tmp_path / "text.mp4")))
    assert (broken.status, broken.reason) == ("broken", "not_media")
    assert (tmp_path / "text.mp4").exists()
