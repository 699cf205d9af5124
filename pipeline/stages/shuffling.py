"""Pairs of clips of different videos: what a text scores that has nothing to do with its clip."""

import hashlib
from collections.abc import Mapping

_SEED = "shuffled pairs"


def partners(videos: Mapping[str, str]) -> dict[str, str]:
    """For each clip, the clip of another video whose text it is held against.

    Each clip's text is used once, so that own and shuffled pairs are of the same texts. Only where
    one video has more than half of all clips there is no such assignment: some texts are then used
    again, and others not at all. Chance is a hash of the clips' ids: neither order nor anything
    else of a run has a say in it.

    Args:
        videos: each clip's video.

    Returns:
        An empty one where all clips are of one video.
    """
    if len(set(videos.values())) < 2:
        return {}
    clips = sorted(videos, key=_chance)
    partner = dict(zip(clips, [*clips[1:], clips[0]], strict=True))
    for clip in clips:
        if videos[clip] == videos[partner[clip]]:
            _mend(clip, partner, videos)
    return partner


def _mend(clip: str, partner: dict[str, str], videos: Mapping[str, str]) -> None:
    """Swap partners with the first clip that suits both; without one, take any that suits."""
    video, given = videos[clip], partner[clip]
    for other, taken in partner.items():
        if videos[other] != videos[given] and videos[taken] != video:
            partner[clip], partner[other] = taken, given
            return
    elsewhere = [other for other in partner if videos[other] != video]
    partner[clip] = elsewhere[int.from_bytes(_chance(clip)) % len(elsewhere)]


def _chance(clip: str) -> bytes:
    return hashlib.sha256(f"{_SEED} {clip}".encode()).digest()
