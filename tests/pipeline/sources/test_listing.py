from collections import defaultdict

import pytest

from pipeline.errors import SourceError
from pipeline.sources.base import Listed
from pipeline.sources.listing import assign, song_id


def listed(name, **facts):
    facts = {"url": f"https://example.org/{name}", **facts}
    return Listed(video_id=f"site-{name}", site="site", **facts)


def many(count, first=0):
    return [("a", listed(f"v{n}")) for n in range(first, first + count)]


def place(videos, known=(), seed=1, eval_fraction=0.2, videos_per_shard=8):
    return assign(videos, known, seed, eval_fraction, videos_per_shard)


def test_every_listed_video_is_new_known_or_repeated():
    first = place(many(5))
    again = place([*many(7), ("b", listed("v6"))], known=first.videos)
    assert (len(first.videos), first.known, first.repeated) == (5, 0, 0)
    assert (len(again.videos), again.known, again.repeated) == (2, 5, 1)


def test_the_first_source_to_list_a_video_keeps_it():
    result = place([("a", listed("x", title="A")), ("b", listed("x", title="B"))])
    assert [(video.source, video.title) for video in result.videos] == [("a", "A")]


def test_one_address_under_two_ids_is_one_video():
    twin = listed("y", url="https://example.org/x")
    assert place([("a", listed("x")), ("a", twin)]).repeated == 1
    assert place([("a", twin)], known=place([("a", listed("x"))]).videos).known == 1


def test_shards_are_full_of_one_split_each_and_numbered_from_zero():
    videos = place(many(100)).videos
    shards = defaultdict(list)
    for video in videos:
        shards[video.shard].append(video.split)
    assert all(len(set(splits)) == 1 for splits in shards.values())
    assert all(shard.startswith(splits[0]) for shard, splits in shards.items())
    train = sorted(shard for shard in shards if shard.startswith("train"))
    assert train == [f"train-{n:06d}" for n in range(len(train))]
    assert [len(shards[shard]) for shard in train[:-1]] == [8] * (len(train) - 1)


def test_new_videos_get_new_shards_and_nothing_moves():
    first = place(many(20))
    more = place(many(50), known=first.videos)
    old = {video.shard for video in first.videos}
    new = {video.shard for video in more.videos}
    assert not old & new
    assert min(shard for shard in new if shard.startswith("train")) > max(
        shard for shard in old if shard.startswith("train")
    )


def test_the_same_list_gives_the_same_places_whatever_stands_around():
    alone = {video.video_id: video.split for video in place(many(40)).videos}
    reversed_list = {video.video_id: video.split for video in place(many(80)[::-1]).videos}
    assert all(reversed_list[name] == split for name, split in alone.items())
    assert place(many(40)) == place(many(40))


def test_the_seed_decides_the_split_and_the_fraction_holds():
    one, two = (place(many(2000), seed=seed).videos for seed in (1, 2))
    assert [video.split for video in one] != [video.split for video in two]
    share = sum(video.split == "eval" for video in one) / len(one)
    assert 0.17 < share < 0.23
    assert {video.split for video in place(many(50), eval_fraction=0).videos} == {"train"}


def test_one_song_is_on_one_side_however_it_is_written():
    same = [
        listed("a", artist="Beyoncé", title="HALO "),
        listed("b", artist="BEYONCÉ", track="Halo", title="Beyoncé - Halo (Video)"),
        listed("c", artist="Beyonce\u0301", title="halo"),
        listed("d", artist="Beyoncé", title="\uff28\uff41\uff4c\uff4f"),
    ]
    assert len({song_id(video) for video in same}) == 1
    assert song_id(listed("e", artist="Beyonce", title="Halo")) != song_id(same[0])


def test_a_video_without_artist_or_title_is_a_song_of_its_own():
    assert song_id(listed("a", title="Halo")) == "site-a"
    assert song_id(listed("a", artist="Beyoncé")) == "site-a"


def test_a_known_song_keeps_its_side_when_the_fraction_changes():
    songs = [("a", listed(f"v{n}", artist=f"{n}", title="t")) for n in range(60)]
    covers = [("a", listed(f"w{n}", artist=f"{n}", title="T")) for n in range(60)]
    first = place(songs, eval_fraction=0.5).videos
    later = place(covers, known=first, eval_fraction=0.05).videos
    assert [video.split for video in later] == [video.split for video in first]


def test_two_local_files_never_share_an_id_in_silence():
    clash = [("a", listed("x", url="/one/x.mp4")), ("b", listed("x", url="/two/x.mp4"))]
    with pytest.raises(SourceError, match="set another `site`"):
        place(clash)


def test_hostile_text_can_be_stored():
    video = place([("a", listed("x", title="a\ud800b"))]).videos[0]
    assert video.title == "a?b"
