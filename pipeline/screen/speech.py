"""People who talk, with no music under it: interviews, reviews, comments on games."""

from pipeline.errors import MediaError
from pipeline.media.audio import resample
from pipeline.models.audio_tags import AudioTagger
from pipeline.screen.check import undecodable
from pipeline.screen.evidence import Evidence
from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, at_most


def speech(evidence: Evidence, screen: Screen, tagger: AudioTagger) -> Verdict:
    """Whether there is music. Value: the share of the excerpts in which the classifier finds speech
    likelier than music; of singing over music it finds music likelier."""
    talk, music = tagger.place("Speech"), tagger.place("Music")
    rate = tagger.sample_rate
    try:
        excerpts = evidence.excerpts
    except MediaError as error:
        return undecodable(screen.max_speech, error)
    clips = [resample(each.sides.mean(axis=0), each.rate, rate) for each in excerpts]
    scores = tagger.scores(clips)
    value = float((scores[:, talk] > scores[:, music]).float().mean())
    return at_most(value, screen.max_speech, f"speech without music in {value:.0%} of the excerpts")
