"""Songs by the names of their videos, found again under other spellings."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz, process

from pipeline.songs.keys import key, swapped_key
from pipeline.songs.names import Name

EXACT = 100.0
SURE = 97.0
"""Least similarity where one of the two names has no artist."""
LONG = 20
"""Fewest characters of such a name: "hello" is the title of many songs."""
RAREST = 3
"""Words of a name by which it is found: two of them have to agree."""
CROWD = 1000
"""Names that share two words; of more, none is compared by those words."""
COMMON = 4
"""A word of so many songs' names is a word; a misspelling is rarer."""
SPELLING = 72.0
"""Least similarity of two words of which one is a misspelling of the other."""


@dataclass(frozen=True, slots=True)
class Near:
    """The song that a name most likely names."""

    video_id: str
    """Its first video."""
    song_id: str
    score: float
    """Token-sort similarity, 0 to 100."""


class SongIndex:
    """The first name of each song. Later names are compared with that one only, so that a chain
    of small differences never joins two songs.

    Compared are names that share two of their three rarest words (of names of two words, one):
    what a misspelling, a missing or a further word leaves. With a million songs that is a handful
    of comparisons a name.
    """

    def __init__(self, threshold: float, words_of: Iterable[Name] = ()) -> None:
        """
        Args:
            threshold: least similarity in percent; 0 finds equal names only.
            words_of: names that are going to be added or looked up, as far as they are known. They
                tell which words are rare; without them, the first songs are found less often.
        """
        self._threshold = threshold or EXACT
        self._songs: dict[str, int] = {}
        self._videos: list[str] = []
        self._ids: list[str] = []
        self._keys: list[str] = []
        self._unsure: set[int] = set()
        self._exact: dict[str, int] = {}
        self._exact_unsure: dict[str, int] = {}
        self._sharing: dict[int, int | list[int]] = {}
        self._uses = Counter[str]()
        for name in words_of:
            self._uses.update(key(name).split())

    def __contains__(self, song_id: str) -> bool:
        return song_id in self._songs

    def __len__(self) -> int:
        return len(self._songs)

    def add(self, video_id: str, song_id: str, name: Name) -> None:
        """Take in a song's first name. Further names of a song that is here are left out."""
        if song_id in self._songs:
            return
        number = self._songs[song_id] = len(self._videos)
        text, sure = key(name), _sure(name)
        self._videos.append(video_id)
        self._ids.append(song_id)
        self._keys.append(text)
        if not text or not (sure or _telling(text)):
            return
        if not sure:
            self._unsure.add(number)
        (self._exact if sure else self._exact_unsure).setdefault(text, number)
        self._uses.update(text.split())
        for shared in self._blocks(text):
            self._share(shared, number)

    def best(self, name: Name) -> Near | None:
        """The song that `name` is of, if it is here."""
        text, sure = key(name), _sure(name)
        if not text or not (sure or _telling(text)):
            return None
        found = self._equal(text, sure) or self._similar(text, sure)
        if found is None and (swapped := swapped_key(name)) not in (text, ""):
            found = self._equal(swapped, sure) or self._similar(swapped, sure)
        return found

    def _equal(self, text: str, sure: bool) -> Near | None:
        number = self._exact.get(text)
        if number is None and not sure:
            number = self._exact_unsure.get(text)
        return None if number is None else self._near(number, EXACT)

    def _similar(self, text: str, sure: bool) -> Near | None:
        if self._threshold >= EXACT:
            return None
        numbers = self._candidates(text)
        if not numbers:
            return None
        close = process.extract(
            text,
            [self._keys[number] for number in numbers],
            scorer=fuzz.ratio,
            processor=None,
            score_cutoff=self._threshold,
            limit=None,
        )
        for found, score, place in close:
            certain = sure and numbers[place] not in self._unsure
            if (certain or score >= SURE) and self._one_song(text, found):
                return self._near(numbers[place], score)
        return None

    def _candidates(self, text: str) -> list[int]:
        found: set[int] = set()
        for shared in self._blocks(text):
            numbers = self._sharing.get(shared)
            if isinstance(numbers, int):
                found.add(numbers)
            elif numbers is not None and len(numbers) < CROWD:
                found.update(numbers)
        return sorted(found)

    def _blocks(self, text: str) -> Iterator[int]:
        """Hashes of what other spellings of the name share with it."""
        words = set(text.split())
        if len(words) > RAREST:
            uses = self._uses
            words = set(sorted(words, key=lambda word: (uses[word], word))[:RAREST])
        if len(words) < RAREST:
            yield from map(hash, words)
        for one, two in combinations(sorted(words), 2):
            yield hash((one, two))

    def _share(self, shared: int, number: int) -> None:
        numbers = self._sharing.get(shared)
        if numbers is None:
            self._sharing[shared] = number
        elif isinstance(numbers, int):
            self._sharing[shared] = [numbers, number]
        elif len(numbers) < CROWD:
            numbers.append(number)

    def _one_song(self, one: str, two: str) -> bool:
        """Whether two similar names differ only as spellings of one name do."""
        ours, theirs = Counter(one.split()), Counter(two.split())
        left, right = list((ours - theirs).elements()), list((theirs - ours).elements())
        if any(_NUMBER.search(word) for word in (*left, *right)):
            return False
        if not left or not right:
            return not left and not right
        if self._common(left) and self._common(right):
            return False
        return fuzz.ratio(" ".join(left), " ".join(right)) >= SPELLING

    def _common(self, words: list[str]) -> bool:
        return all(self._uses[word] >= COMMON for word in words)

    def _near(self, number: int, score: float) -> Near:
        return Near(self._videos[number], self._ids[number], score)


_NUMBER = re.compile(r"\d|^[ivx]$")


def _sure(name: Name) -> bool:
    return bool(name.artist and name.title)


def _telling(text: str) -> bool:
    """Whether a title alone says which song it is."""
    return len(text) >= LONG and text.count(" ") >= 2
