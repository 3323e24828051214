"""Anchors: the bars at which a swap can lie, such as the end of the intro or a drop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise, takewhile

from djtrans.core.track.analysis import FULL_LABELS, Analysis

#: Mean vocal probability of the bars from which on a phrase counts as sung.
SUNG_PHRASE = 0.5


def outro_start(track: Analysis) -> int | None:
    """Return the first bar of the outro, which may span sections; None if there is no outro."""
    ending = list(takewhile(lambda s: s.label == "outro", reversed(track.sections)))
    return ending[-1].start_bar if ending else None


def intro_end(track: Analysis) -> int | None:
    """Return the bar after the intro; None if there is no intro."""
    opening = list(takewhile(lambda s: s.label == "intro", track.sections))
    return opening[-1].end_bar if opening else None


def _starts(track: Analysis, label: str) -> list[int]:
    return [s.start_bar for s in track.sections if s.label == label]


def _drops(track: Analysis) -> Iterable[int]:
    """Return the starts of the drops; of the grooves of a track without drops."""
    return _starts(track, "drop") or _starts(track, "groove")


def _build_ends(track: Analysis) -> Iterable[int]:
    return [
        after.start_bar
        for before, after in pairwise(track.sections)
        if before.label == "build" and after.label in FULL_LABELS
    ]


def _phrases(sung: bool) -> Callable[[Analysis], Iterable[int]]:
    def starts(track: Analysis) -> Iterable[int]:
        for phrase in track.phrases:
            vocal = track.bar_vocal[phrase.start_bar : phrase.start_bar + phrase.bars]
            if len(vocal) and (float(vocal.mean()) >= SUNG_PHRASE) == sung:
                yield phrase.start_bar

    return starts


def _optional(bar: int | None) -> Iterable[int]:
    return [] if bar is None else [bar]


_BARS: dict[str, Callable[[Analysis], Iterable[int]]] = {
    "phrase": lambda track: track.phrase_bars,
    "section": lambda track: [s.start_bar for s in track.sections[1:]],
    "intro-end": lambda track: _optional(intro_end(track)),
    "outro": lambda track: _optional(outro_start(track)),
    "drop": _drops,
    "build-end": _build_ends,
    "break": lambda track: _starts(track, "break"),
    "vocal": _phrases(sung=True),
    "instrumental": _phrases(sung=False),
}


def anchor_bars(anchor: str, track: Analysis) -> frozenset[int]:
    """Find the bars of a track that are a given anchor.

    Parameters
    ----------
    anchor : str
        One of :data:`djtrans.core.contracts.technique.PLACES`.
    track : Analysis

    Returns
    -------
    frozenset of int
        Only bars on phrase boundaries.
    """
    return frozenset(_BARS[anchor](track)) & track.phrase_bars
