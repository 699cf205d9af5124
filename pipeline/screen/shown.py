"""What is shown, in the words of the user: zero-shot classification by CLIP or SigLIP."""

from PIL import Image

from pipeline.errors import MediaError
from pipeline.models.clip import ClipModel
from pipeline.screen.check import undecodable
from pipeline.screen.evidence import Evidence
from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, at_most


def shown(evidence: Evidence, screen: Screen, clip: ClipModel) -> dict[str, Verdict]:
    """One verdict for each text of `drop_shown`, named `shown: TEXT`. Value: the share of the
    frames that it fits better than every other text of `drop_shown` and `keep_shown`."""
    texts = list(dict.fromkeys([*screen.drop_shown, *screen.keep_shown]))
    try:
        frames = evidence.frames
    except MediaError as error:
        bounds = screen.drop_shown.items()
        return {name_of(text): undecodable(share, error) for text, share in bounds}
    vectors, _ = clip.embed_texts(texts)
    images = clip.embed_images([clip.prepare(Image.fromarray(frame.rgb)) for frame in frames])
    best = (images @ vectors.T).argmax(dim=1).tolist()
    found = {}
    for text, allowed in screen.drop_shown.items():
        value = best.count(texts.index(text)) / len(frames)
        found[name_of(text)] = at_most(value, allowed, f"shows {text} in {value:.0%} of the frames")
    return found


def name_of(text: str) -> str:
    """The check's name in the table."""
    return f"shown: {text}"
