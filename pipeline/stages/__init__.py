"""The annotators. A new one is one file here and one word in this registry."""

from pipeline.stage import Stage
from pipeline.stages.alm import Alm
from pipeline.stages.blip2 import Blip2
from pipeline.stages.clap_score import ClapScore
from pipeline.stages.clip_score import ClipScore
from pipeline.stages.given import Given
from pipeline.stages.lp_music_caps import LpMusicCaps
from pipeline.stages.summarise import Summarise
from pipeline.stages.vlm import Vlm

STAGES: dict[str, type[Stage]] = {
    stage.name: stage
    for stage in (Blip2, Vlm, LpMusicCaps, Alm, Summarise, ClipScore, ClapScore, Given)
}
