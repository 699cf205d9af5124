"""Where the words of prompts come from."""

import numpy as np

from pipeline.audit.texts.corpus import Corpus, Numbers, among, different
from pipeline.audit.texts.kinds import Captions
from schemas.report import Provenance


def provenance(prompts: Corpus, captions: Captions) -> Provenance | None:
    """Which words of prompts stand in captions of their clips, as they are written: "guitars" is
    not "guitar".

    A prompt counts if its clip has a caption and if it has a word that is no stop word. None where
    there are no such prompts.

    Args:
        prompts: of the same vocabulary as the captions.
    """
    clips = {clip_id: number for number, clip_id in enumerate(dict.fromkeys(prompts.clip_ids))}
    size = max(1, len(prompts.vocabulary))
    telling = prompts.vocabulary.telling()
    captioned = {*captions.frames.clip_ids, *captions.music.clip_ids}
    counts = np.fromiter((clip_id in captioned for clip_id in clips), bool, len(clips))

    said = _said(prompts, clips)
    said = said[telling[said % size] & counts[said // size]]
    if not len(said):
        return None
    seen = among(said, _said(captions.frames, clips))
    heard = among(said, _said(captions.music, clips))
    words = np.bincount(said // size, minlength=len(clips))
    written = int(np.count_nonzero(words))

    def share(chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
        """Mean over prompts of the share of its words that are chosen."""
        part = np.bincount(said[chosen] // size, minlength=len(clips))
        return float((part[words > 0] / words[words > 0]).sum() / written)

    return Provenance(
        prompts=written,
        both=share(seen & heard),
        frame_only=share(seen & ~heard),
        music_only=share(heard & ~seen),
        neither=share(~seen & ~heard),
    )


def _said(corpus: Corpus, clips: dict[str, int]) -> Numbers:
    """Each clip's different words, as `clip * vocabulary + word`, rising."""
    size = max(1, len(corpus.vocabulary))
    clip = np.fromiter((clips.get(each, -1) for each in corpus.clip_ids), np.int64, len(corpus))
    at = clip[corpus.places()]
    return different((at * size + corpus.ids)[at >= 0])
