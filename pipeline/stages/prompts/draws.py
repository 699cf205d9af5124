"""Choices that follow from (seed, id) alone, whatever else is drawn and in whatever order."""

import hashlib


def number(below: int, *key: object) -> int:
    """A number from 0 to `below` - 1, evenly, decided by `key`."""
    text = "/".join(map(str, key))
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % below


def sample(population: int, count: int, *key: object) -> list[int]:
    """`count` different numbers from 0 to `population` - 1 in random order, decided by `key`."""
    chosen: dict[int, None] = {}
    turn = 0
    while len(chosen) < min(count, population):
        chosen[number(population, *key, turn)] = None
        turn += 1
    return list(chosen)
