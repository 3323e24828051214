"""Arrangement of dance tracks: the instruments that play in each bar."""

from __future__ import annotations

import attrs

from djtrans.core.track.analysis import FULL_LABELS
from djtrans.synthesis.timeline import Bar
from djtrans.synthesis.track_spec import TrackSpec


@attrs.frozen
class Arrangement:
    """Linear level of each instrument in one bar; 0 is silent, 1 is full.

    `brightness_start` and `brightness_end` run from 0 (dark) to 2 (open) and say how far the
    filter of the pads is open at the bar's two ends; `riser_start` and `riser_end` are how far the
    riser has come, both 0 where there is none.
    """

    kick: float = 0.0
    clap: float = 0.0
    hats: float = 0.0
    open_hats: float = 0.0
    percussion: float = 0.0
    roll: float = 0.0
    bass: float = 0.0
    pad: float = 0.0
    brightness_start: float = 1.0
    brightness_end: float = 1.0
    stab: float = 0.0
    arp: float = 0.0
    riser_start: float = 0.0
    riser_end: float = 0.0


def arrange(bar: Bar, spec: TrackSpec) -> Arrangement:
    """Choose the instruments of one bar.

    The intro adds one drum after the other (or has none, as the spec says), a build opens the
    filter under a riser and a snare roll and has no bass, a drop has everything, a groove all but
    the stabs, a break has no kick, and the outro takes the drums away in the order in which the
    intro brought them.
    """
    start, end = bar.progress, (bar.position + 1) / bar.section_bars
    if bar.label == "intro":
        return _intro(spec.intro, start, end)
    if bar.label == "outro":
        return _drums_only(grown=1.0 - end)
    if bar.label == "build":
        return Arrangement(
            kick=0.0 if bar.ends_section else 0.9,
            clap=0.8 if start < 0.5 else 0.0,
            hats=0.6 + 0.4 * start,
            percussion=0.7,
            roll=0.2 + 0.6 * start,
            pad=0.55 + 0.3 * start,
            brightness_start=2.0 * start,
            brightness_end=2.0 * end,
            arp=0.4 + 0.4 * start,
            riser_start=start,
            riser_end=end,
        )
    if bar.label in FULL_LABELS:
        return Arrangement(
            kick=1.0,
            clap=1.0,
            hats=1.0,
            open_hats=1.0,
            percussion=1.0,
            bass=1.0,
            pad=0.8,
            brightness_start=1.5,
            brightness_end=1.5,
            stab=1.0 if bar.label == "drop" else 0.0,
            arp=0.7 if start < 0.5 else 1.0,
        )
    rising = start >= 0.5 and bar.next_label in ("drop", "build")
    return Arrangement(
        hats=0.0 if start < 0.5 else 0.35,
        percussion=0.4,
        pad=0.85,
        brightness_start=0.2 + start,
        brightness_end=0.2 + end,
        arp=0.0 if start < 0.5 else 0.5,
        riser_start=2.0 * start - 1.0 if rising else 0.0,
        riser_end=2.0 * end - 1.0 if rising else 0.0,
    )


def _intro(kind: str, start: float, end: float) -> Arrangement:
    if kind == "drums":
        return _drums_only(grown=start)
    if kind == "sparse":
        return Arrangement(
            hats=0.5 + 0.4 * start if start >= 0.5 else 0.0,
            percussion=0.7,
            pad=0.3 + 0.3 * start,
            brightness_start=start,
            brightness_end=end,
        )
    return Arrangement(
        pad=0.8,
        brightness_start=0.2 + start,
        brightness_end=0.2 + end,
        arp=0.4 if start >= 0.75 and kind == "beatless" else 0.0,
    )


def _drums_only(grown: float) -> Arrangement:
    return Arrangement(
        kick=0.85 + 0.1 * grown,
        hats=0.5 + 0.4 * grown if grown >= 0.25 else 0.0,
        clap=0.8 if grown >= 0.5 else 0.0,
        percussion=0.5 if grown < 0.5 else 0.8,
        open_hats=0.7 if grown >= 0.75 else 0.0,
    )
