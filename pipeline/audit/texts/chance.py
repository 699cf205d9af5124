"""Samples of clips."""

import hashlib
from collections.abc import Iterable


def drawn(clip_ids: Iterable[str], count: int) -> list[str]:
    """At most `count` of the clips. Chance is a hash of the clip's id: two variants are measured on
    the same clips, and a clip stays in the sample when few others are added."""
    return sorted(set(clip_ids), key=lambda each: hashlib.sha256(each.encode()).digest())[:count]
