"""Which bars of a track are which place: the end of its intro, its drops, its sung phrases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise, takewhile

from djtrans.core.track.analysis import Analysis

#: A phrase whose bars have this vocal likelihood on average is sung.
SUNG_PHRASE = 0.5


def outro_start(track: Analysis) -> int | None:
    """First bar of the outro, which may be several sections; None where there is none."""
    ending = list(takewhile(lambda s: s.label == "outro", reversed(track.sections)))
    return ending[-1].start_bar if ending else None


def intro_end(track: Analysis) -> int | None:
    """The bar after the intro; None where there is none."""
    opening = list(takewhile(lambda s: s.label == "intro", track.sections))
    return opening[-1].end_bar if opening else None


def _labelled(label: str) -> Callable[[Analysis], Iterable[int]]:
    def starts(track: Analysis) -> Iterable[int]:
        return [s.start_bar for s in track.sections if s.label == label]

    return starts


def _build_ends(track: Analysis) -> Iterable[int]:
    return [
        after.start_bar
        for before, after in pairwise(track.sections)
        if (before.label, after.label) == ("build", "drop")
    ]


def _phrases(sung: bool) -> Callable[[Analysis], Iterable[int]]:
    def starts(track: Analysis) -> Iterable[int]:
        for phrase in track.phrases:
            voice = track.bar_vocal[phrase.start_bar : phrase.start_bar + phrase.bars]
            if len(voice) and (float(voice.mean()) >= SUNG_PHRASE) == sung:
                yield phrase.start_bar

    return starts


def _one(bar: int | None) -> Iterable[int]:
    return [] if bar is None else [bar]


_BARS: dict[str, Callable[[Analysis], Iterable[int]]] = {
    "phrase": lambda track: track.phrase_bars,
    "section": lambda track: [s.start_bar for s in track.sections[1:]],
    "intro-end": lambda track: _one(intro_end(track)),
    "outro": lambda track: _one(outro_start(track)),
    "drop": _labelled("drop"),
    "build-end": _build_ends,
    "break": _labelled("break"),
    "vocal": _phrases(sung=True),
    "instrumental": _phrases(sung=False),
}


def bars_at(place: str, track: Analysis) -> frozenset[int]:
    """The bars of a track at which it is at a place.

    Parameters
    ----------
    place : str
        One of :data:`djtrans.core.contracts.technique.PLACES`.
    track : Analysis

    Returns
    -------
    frozenset of int
        Phrase lines only: what else a place is, it starts a phrase.
    """
    return frozenset(_BARS[place](track)) & track.phrase_bars
