"""Near-duplicates, against a comparison of every text with every other."""

import random
import time
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audit.texts.near import near_groups, same_words
from pipeline.audit.texts.words import words
from tests.pipeline.audit.texts.corpora import corpus

Triples = frozenset[tuple[str, ...]]


def groups(texts: list[str]) -> list[int]:
    read = corpus(texts)
    return [int(group) for group in near_groups(read, same_words(read))]


def triples(text: str) -> Triples:
    found = words(text)
    if len(found) < 3:
        return frozenset({tuple(found)})
    return frozenset(zip(found, found[1:], found[2:], strict=False))


def alike(one: Triples, two: Triples) -> bool:
    return 10 * len(one & two) >= 7 * len(one | two)


def compared(texts: list[str]) -> list[int]:
    """What `groups` should be, by comparing all."""
    sets = [triples(text) for text in texts]
    group = list(range(len(texts)))
    for one, two in combinations(range(len(texts)), 2):
        if alike(sets[one], sets[two]):
            low, high = sorted((group[one], group[two]))
            group = [low if each == high else each for each in group]
    return group


def varied(chance: random.Random, count: int, vocabulary: int) -> list[str]:
    """Texts of which many are others with a few words changed."""
    known = [f"w{n}" for n in range(vocabulary)]
    texts = [chance.choices(known, k=chance.randrange(1, 30)) for _ in range(count // 2)]
    while len(texts) < count:
        text = list(chance.choice(texts))
        for _ in range(chance.randrange(4)):
            text[chance.randrange(len(text))] = chance.choice(known)
        texts.append(text)
    chance.shuffle(texts)
    return [" ".join(text) for text in texts]


def test_one_word_of_twenty_changed_at_the_end_is_a_near_duplicate() -> None:
    text = [f"w{n}" for n in range(20)]

    def changed(place: int) -> str:
        return " ".join([*text[:place], "other", *text[place + 1 :]])

    # At the end one triple of 18 differs: 17 of 19 are shared. In the middle three: 15 of 21.
    assert groups([" ".join(text), changed(19), changed(10)]) == [0, 0, 0]
    # One triple each way of ten: 7 of 10 is enough, and 6 of 9 is not.
    assert groups(["a b c d e f g h i", "a b c d e f g h i j k l"]) == [0, 0]
    assert groups(["a b c d e f g h", "a b c d e f g h i j k"]) == [0, 1]


def test_case_and_punctuation_make_no_difference() -> None:
    assert groups(["A red barn, at dusk.", "a RED barn -- at dusk"]) == [0, 0]


def test_short_texts_are_compared_whole() -> None:
    assert groups(["cat", "cat dog", "cat", "dog cat", "Cat, dog", "cat dog bird"]) == [
        0,
        1,
        0,
        3,
        1,
        5,
    ]


def test_texts_without_words_say_the_same() -> None:
    assert groups(["\U0001f3b8", "a", "...", ""]) == [0, 1, 0, 0]


def test_no_texts_have_no_groups() -> None:
    assert groups([]) == []
    assert groups([""]) == [0]


def test_what_either_is_like_is_in_one_group() -> None:
    chain = [" ".join(f"w{n}" for n in range(start, start + 30)) for start in range(0, 40, 2)]

    assert not alike(triples(chain[0]), triples(chain[-1]))
    assert groups([*reversed(chain), "else"]) == [0] * 20 + [20]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([2, 5, 50, 2000]))
def test_groups_are_those_of_comparing_all(seed: int, vocabulary: int) -> None:
    texts = varied(random.Random(seed), 60, vocabulary)

    assert groups(texts) == compared(texts)


def test_groups_are_those_of_comparing_all_in_a_larger_set() -> None:
    texts = varied(random.Random(7), 600, 200)
    found = groups(texts)

    assert found == compared(texts)
    assert 100 < len(set(found)) < 500


def test_a_first_text_of_the_same_words_is_found() -> None:
    assert same_words(corpus(["a b", "b a", "A, b!", "b a"])).tolist() == [0, 1, 0, 1]


def test_a_quarter_of_a_million_equal_texts_take_no_longer_than_reading_them() -> None:
    read = corpus(["the same prompt again and again and again"] * 250_000)
    start = time.process_time()
    found = near_groups(read, same_words(read))

    assert not found.any()
    assert time.process_time() - start < 5


def test_texts_of_one_pattern_do_not_grow_quadratic() -> None:
    pattern = " ".join(f"p{n}" for n in range(40))
    read = corpus([f"{pattern} number {n}" for n in range(30_000)])
    start = time.process_time()
    found = near_groups(read, same_words(read))

    assert not found.any()
    assert time.process_time() - start < 10


def test_texts_that_share_much_but_not_enough_do_not_grow_quadratic() -> None:
    chance = random.Random(1)
    phrases = [f"a{n} b{n} c{n} d{n}" for n in range(40)]
    read = corpus([" ".join(chance.sample(phrases, 8)) for _ in range(20_000)])
    start = time.process_time()
    near_groups(read, same_words(read))

    assert time.process_time() - start < 10
