"""One video file to its finished clips: probe, draw, cut, normalise, encode."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import MediaError
from pipeline.media.cut import cut_windows
from pipeline.media.encode import encode_audio, encode_frame, normalise
from pipeline.media.probe import probe
from pipeline.media.raw import RawCut, Rectangle
from pipeline.media.settings import Cutting
from pipeline.media.windows import Window, draw_windows
from pipeline.stage import Failure, Sample
from schemas.clip import Clip
from schemas.video import Video


def cut_video(
    video: Video,
    path: Path,
    cutting: Cutting,
    seed: int,
    picture: Rectangle | None = None,
    given: Sequence[Window] | None = None,
) -> Iterator[tuple[Clip, Sample] | Failure]:
    """Every drawn window as a clip or a failure, in order of start.

    Windows are drawn over the time that both audio and video cover, unless they are given.

    Args:
        video: the listed video.
        path: its file.
        cutting: the recipe's options.
        seed: the recipe's seed.
        picture: the part of the picture inside its borders; kept alone with `crop_borders`.
        given: the windows to cut instead, in order of start.

    Yields:
        A row with its media; or why a window gave none; or, where the whole file is unusable, one
        Failure under the video's id.

    Raises:
        MissingTool, RecipeError: the options ask for what this machine or format cannot do.
    """
    try:
        facts = probe(path, cutting.clip_seconds)
        windows = given
        if windows is None:
            drawn = draw_windows(video.video_id, seed, facts.duration_s, cutting)
            windows = [window.shifted(facts.start_s) for window in drawn]
        crop = picture if cutting.crop_borders else None
        for outcome in cut_windows(path, windows, cutting, crop):
            clip_id = outcome.window.clip_id(video.video_id)
            if isinstance(outcome, RawCut):
                yield _clip(video, clip_id, outcome, cutting)
            else:
                yield Failure(clip_id, outcome.reason, outcome.detail)
    except MediaError as error:
        yield Failure(video.video_id, error.reason, error.detail)


def _clip(
    video: Video, clip_id: str, cut: RawCut, cutting: Cutting
) -> tuple[Clip, Sample] | Failure:
    try:
        normalised = normalise(cut.audio, cutting)
    except MediaError as error:
        return Failure(clip_id, error.reason, error.detail)
    audio = encode_audio(normalised.audio, cutting.sample_rate, cutting.audio_format)
    frame = encode_frame(cut.frame, cutting.jpeg_quality)
    clip = Clip(
        clip_id=clip_id,
        video_id=video.video_id,
        split=video.split,
        shard=video.shard,
        start_s=cut.window.start_s,
        end_s=cut.window.end_s,
        frame_s=cut.window.frame_s,
        frame_pts_s=round(cut.frame_pts_s, 6),
        frame_width=cut.frame.shape[1],
        frame_height=cut.frame.shape[0],
        sample_rate=cutting.sample_rate,
        rms=normalised.rms,
        gain_db=normalised.gain_db,
        audio_sha256=hashlib.sha256(audio).hexdigest(),
        frame_sha256=hashlib.sha256(frame).hexdigest(),
    )
    return clip, Sample(clip_id, audio, cutting.audio_format, frame, clip.model_dump())
