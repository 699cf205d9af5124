import pytest

from pipeline.sources.addresses import _extractor, parse_address

WATCH = "https://www.youtube.com/watch?v=aqz-KE-bpKQ"


@pytest.mark.parametrize(
    ("url", "site", "raw_id"),
    [
        (WATCH, "youtube", "aqz-KE-bpKQ"),
        ("https://youtu.be/aqz-KE-bpKQ?si=x", "youtube", "aqz-KE-bpKQ"),
        ("https://music.youtube.com/watch?v=aqz-KE-bpKQ", "youtube", "aqz-KE-bpKQ"),
        ("https://www.youtube.com/shorts/aqz-KE-bpKQ", "youtube", "aqz-KE-bpKQ"),
        ("https://vimeo.com/76979871", "vimeo", "76979871"),
        ("https://www.nicovideo.jp/watch/sm22312215", "niconico", "sm22312215"),
    ],
)
def test_a_known_site_gives_its_own_id(url, site, raw_id):
    address = parse_address(url)
    assert (address.site, address.raw_id, address.is_list) == (site, raw_id, False)


def test_a_video_watched_within_a_playlist_is_the_video():
    address = parse_address(f"{WATCH}&list=PL123456789&index=2")
    assert (address.raw_id, address.url) == ("aqz-KE-bpKQ", WATCH)


@pytest.mark.parametrize("page", ["playlist?list=PLabcdefghijk", "@someone", "@someone/videos"])
def test_playlists_and_channels_are_lists(page):
    assert parse_address(f"https://www.youtube.com/{page}").is_list


def test_an_unknown_site_is_named_after_its_host():
    address = parse_address("https://media.example.org/clips/My%20Song.mp4")
    assert address.site == "media_example_org"
    assert address.raw_id.startswith("my_song-")


@pytest.mark.parametrize(
    "url",
    [
        WATCH,
        "http://youtube.com/watch?v=aqz-KE-bpKQ",
        "https://m.youtube.com/watch?v=-_aaaaaaaa-",
        "https://music.youtube.com/watch?v=aqz-KE-bpKQ",
        "https://youtu.be/aqz-KE-bpKQ",
    ],
)
def test_what_is_known_at_a_glance_is_what_yt_dlp_says(url):
    extractor = _extractor(url)
    address = parse_address(url)
    assert (extractor.ie_key(), extractor.get_temp_id(url)) == ("Youtube", address.raw_id)
    assert parse_address(f"{url}&t=3" if "?" in url else f"{url}?t=3").raw_id == address.raw_id


def test_the_fast_choice_of_an_extractor_is_yt_dlps_own():
    from yt_dlp.extractor import gen_extractor_classes

    for url in (WATCH, "https://vimeo.com/76979871", "https://example.org/page", "bilisearch5:x"):
        slow = next(each for each in gen_extractor_classes() if each.suitable(url))
        assert _extractor(url) is slow


def test_a_link_to_a_media_file_is_named_after_its_host_without_a_look_at_any_pattern():
    address = parse_address("https://vimeo.com/76979871.MP4?token=x")
    assert (address.site, address.raw_id.split("-")[0]) == ("vimeo_com", "76979871")


def test_a_list_has_the_site_of_its_videos():
    sites = ["https://www.youtube.com/@someone", "https://vimeo.com/channels/staffpicks"]
    assert [parse_address(url).site for url in sites] == ["youtube", "vimeo"]


@pytest.mark.parametrize("page", ["results?search_query=anime+mv", "search?q=anime"])
def test_a_page_of_finds_is_a_search(page):
    address = parse_address(f"https://www.youtube.com/{page}")
    assert (address.site, address.is_list, address.is_search) == ("youtube", True, True)


def test_a_server_on_another_port_keeps_its_ids():
    ids = {parse_address(f"http://127.0.0.1:{port}/a/b.mp4").raw_id for port in (80, 8000)}
    assert len(ids) == 1


def test_folders_hosts_and_queries_tell_equal_file_names_apart():
    urls = [
        "http://a.org/1/x.mp4",
        "http://a.org/2/x.mp4",
        "http://a.org/2/x.mp4?id=3",
        "http://a_org/1/x.mp4",
    ]
    assert len({parse_address(url).raw_id for url in urls}) == len(urls)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "just words",
        "www.example.org/x.mp4",
        "file:///etc/passwd",
        "ytsearch5:amv",
        "/etc/passwd",
        "http://",
        "http://[::1/x.mp4",
        "http://host:port/x.mp4",
        "http://host/a b.mp4",
        "http://host/\x1b[31m.mp4",
        f"http://host/{'a' * 9000}.mp4",
    ],
)
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(ValueError, match=r"[a-z]"):
        parse_address(url)
