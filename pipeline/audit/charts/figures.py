"""The report's figures as charts. Each has its table in the page."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from markupsafe import Markup

from pipeline.audit.charts import text, theme
from pipeline.audit.charts.heat import heat
from pipeline.audit.charts.histogram import lanes
from pipeline.audit.charts.rows import (
    BarRow,
    Dot,
    DotRow,
    Scale,
    Segment,
    bars,
    dots,
    stacked,
)
from schemas.report import (
    Breakdown,
    ClipScores,
    Drop,
    Mean,
    Overlap,
    Provenance,
    ScoreSummary,
    WordUse,
)

PUBLISHED = {"YT8m-MV": 0.2717, "AMV": 0.2863}
"""Mean CLIPScore of the prompts of two published datasets of music videos."""
MOST_ROWS = 14
"""Groups, rules and words of one chart; its table has all."""
_MOST_TEXTS = 12


def waterfall(counts: Breakdown, drops: Sequence[Drop]) -> Markup:
    """From the listed videos to those with clips: what is lost where. Empty without videos."""
    total = counts.total
    if not total.listed:
        return Markup("")
    losses = [
        (f"lost at {name}", sum(drop.videos for drop in drops if drop.stage == stage), theme.LOST)
        for stage, name in (("fetch", "fetch"), ("screen", "screening"), ("cut", "cutting"))
    ]
    if total.waiting:
        losses.append(("still waiting", total.waiting, theme.WAITS))
    rows = [_whole("listed", total.listed, total.listed)]
    left = total.listed
    for name, lost, colour in losses:
        left -= lost
        share, before = left / total.listed, (left + lost) / total.listed
        kept = Segment(0, share, theme.SOFT, f"{text.count(left, 'video')} left")
        said = f"{text.count(lost, 'video')} ({text.percent(lost / total.listed)})"
        gone = [Segment(share, before, colour, said)] if lost else []
        rows.append(BarRow(name, [kept, *gone], f"\u2212{lost:,}" if lost else "0"))
    rows.append(_whole("with clips", left, total.listed))
    says = f"Of {text.count(total.listed, 'listed video')}, {left:,} gave clips."
    return bars(rows, says)


def _whole(name: str, videos: int, listed: int) -> BarRow:
    said = f"{text.count(videos, 'video')} ({text.percent(videos / listed)})"
    return BarRow(name, [Segment(0, videos / listed, theme.DATA, said)], f"{videos:,}")


def rates(amounts: dict[str, int], of: int, title: str) -> Markup:
    """How many of so many, by name, the first few. Bars are as long as the share of the most."""
    first = list(amounts.items())[:MOST_ROWS]
    most = max(amount for _, amount in first)
    rows = [
        BarRow(
            name,
            [Segment(0, amount / most, theme.LOST, f"{amount:,} of {of:,}")],
            text.percent(amount / of),
        )
        for name, amount in first
    ]
    return bars(rows, f"{title}: the commonest is {text.name(first[0][0])}.")


def groups(score: ScoreSummary) -> Markup:
    """A score in each split, each source and, below them, among shuffled pairs. Empty where there
    is nothing to compare."""
    found = list(score.by_split.items()) if len(score.by_split) > 1 else []
    if len(score.by_source) > 1:
        largest = sorted(score.by_source.items(), key=lambda item: (-item[1].count, item[0]))
        found += largest[: MOST_ROWS - len(found) - 1]
    if not found:
        return Markup("")
    return lanes(found, subject(score.subject), score.floor.values if score.floor else None)


def intervals(lines: Sequence[ClipScores]) -> Markup:
    """The table of CLIPScores: each mean with its interval, beside published ones."""
    rows = [
        DotRow(
            line.name,
            [
                Dot(
                    mean.value,
                    colour,
                    f"{what} {mean.value:.4f}, 95 % interval {mean.interval.low:.4f} "
                    f"to {mean.interval.high:.4f}",
                    mean.interval.low,
                    mean.interval.high,
                    hollow,
                )
                for what, mean, colour, hollow in _measured(line)
            ],
        )
        for line in lines[:MOST_ROWS]
    ]
    means = [mean for line in lines for _, mean, _, _ in _measured(line)]
    if not means:
        return Markup("")
    low = min(mean.interval.low for mean in means)
    high = max([*PUBLISHED.values(), *(mean.interval.high for mean in means)])
    edge = (high - low) * 0.06
    scale = Scale(low - edge, high + edge, ".2f", PUBLISHED)
    return dots(rows, scale, "CLIPScore and B-CLIPScore with their 95 % intervals, by dataset.")


def _measured(line: ClipScores) -> list[tuple[str, Mean, str, bool]]:
    found = [
        ("CLIPScore", line.clipscore, theme.DATA, False),
        ("B-CLIPScore", line.b_clipscore, theme.DATA, True),
        ("shuffled", line.shuffled, theme.FLOOR, True),
    ]
    return [(what, mean, colour, hollow) for what, mean, colour, hollow in found if mean]


def word_shares(words: Sequence[WordUse], reference: str) -> Markup:
    """How often words are in prompts, and in the reference."""
    first = words[:MOST_ROWS]
    rows = [
        DotRow(
            word.word,
            [
                Dot(
                    100 * word.reference_share,
                    theme.QUIET,
                    f"{text.percent(word.reference_share)} of {reference}",
                    hollow=True,
                ),
                Dot(100 * word.share, theme.DATA, f"{text.percent(word.share)} of prompts"),
            ],
            link=True,
        )
        for word in first
    ]
    most = max(dot.at for row in rows for dot in row.dots)
    says = f"Shares of prompts and of {reference} that use a word; most overused: "
    return dots(rows, Scale(0.0, most * 1.05 or 1.0, ".3~g"), f"{says}{text.name(first[0].word)}.")


def provenance(parts: Provenance) -> Markup:
    """Where the words of prompts come from."""
    shares = [share for _, share, _ in origins(parts)]
    ends = list(pairwise(accumulate(shares, initial=0.0)))
    segments = [
        Segment(low, high, colour, f"{name}: {text.percent(share)}")
        for (low, high), (name, share, colour) in zip(ends, origins(parts), strict=True)
        if share
    ]
    told = "; ".join(segment.label for segment in segments)
    return stacked(segments, f"Where the words of prompts come from: {told}.")


def origins(parts: Provenance) -> list[tuple[str, float, str]]:
    """The parts of `provenance`, in its order: name, share, colour."""
    return [
        ("both captions", parts.both, theme.DATA),
        ("the frame's captions alone", parts.frame_only, theme.SOFT),
        ("the music's caption alone", parts.music_only, theme.MUSIC),
        ("neither: the language model's own", parts.neither, theme.WAITS),
    ]


def overlap_map(overlaps: Sequence[Overlap], measure: str) -> Markup:
    """A heat map of `rouge_1`, `rouge_l` or `bert_score`. Empty where it was not measured."""
    values = {
        (pair.a, pair.b): value
        for pair in overlaps
        if (value := getattr(pair, measure)) is not None
    }
    names = list(dict.fromkeys(name for pair in values for name in pair))[:_MOST_TEXTS]
    if not names:
        return Markup("")
    (a, b), most = max(values.items(), key=lambda item: item[1])
    title = measure.replace("_", " ").replace("rouge", "ROUGE").replace("bert score", "BERTScore")
    says = f"{title} of each two kinds of text; most alike are {text.name(a)} and {text.name(b)}, "
    places = {name: place for place, name in enumerate(names)}
    known = {
        (places[a], places[b]): value
        for (a, b), value in values.items()
        if a in places and b in places
    }
    return heat([subject(name) for name in names], known, f"{says}{most:.2f}.")


def subject(name: str) -> str:
    """A kind of text, for people."""
    return name.replace("music_caption", "music caption").replace("answer:", "answer: ")
