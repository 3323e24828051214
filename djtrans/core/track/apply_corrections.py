"""Apply corrections to an analysis: the only place at which they take effect."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import attrs

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Section
from djtrans.core.track.anchored_grid import AnchoredGrid, grid_from_anchors, in_octave
from djtrans.core.track.applied_correction import OWN, AppliedCorrection
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.cue import clock
from djtrans.core.track.key import Key
from djtrans.core.track.regridding import (
    bars_correspond,
    nearest_bar,
    phrases_between,
    phrases_of,
    regridded,
)

#: Confidence of what DJ software states: most of it was analyzed by that software, not checked.
IMPORTED_CONFIDENCE = 0.9
#: Places that a warning lists.
_MOST_PLACES = 5


@attrs.frozen
class CorrectionLayer:
    """Corrections from one source.

    Attributes
    ----------
    corrections : TrackCorrections
        In the time of djtrans.
    source : str
        ``"own"``, or the qualified name of a library reader.
    file : str
        Name of the file that states them, for messages.
    """

    corrections: TrackCorrections
    source: str = OWN
    file: str = ""

    @property
    def prefix(self) -> str:
        """Beginning of a message on these corrections."""
        return f"{self.file}: " if self.file else ""


def apply_corrections(analysis: Analysis, layers: Iterable[CorrectionLayer]) -> Analysis:
    """Apply corrections to an analysis.

    Parameters
    ----------
    analysis : Analysis
        As the analyzer found it.
    layers : iterable of CorrectionLayer
        In order of precedence, the highest last.

    Returns
    -------
    Analysis
        With the corrected parts listed in `corrections`.

    Raises
    ------
    InputError
        If a correction of the user is not within the track; the message names its file.

    Warns
    -----
    UserWarning
        If what DJ software states does not fit the track and is ignored, or a bar of the grid is
        uneven: an anchor is off the grid of the one before it.
    """
    for layer in layers:
        try:
            if layer.source == OWN:
                layer.corrections.check_within(analysis.duration_seconds)
            analysis = _apply(analysis, layer)
        except InputError as error:
            if layer.source == OWN:
                raise InputError(f"{layer.prefix}{error}") from None
            warnings.warn(
                f"{layer.prefix}what it states on the track is ignored: {error}", stacklevel=3
            )
    return analysis


def _apply(analysis: Analysis, layer: CorrectionLayer) -> Analysis:
    given = layer.corrections
    confidence = 1.0 if layer.source == OWN else IMPORTED_CONFIDENCE
    done: dict[str, str] = {}
    if "grid" in given.stated:
        before = analysis.grid
        grid = _corrected_grid(analysis, layer, confidence)
        if given.bpm is None and not given.anchors:
            # The same beats, counted in another octave.
            beat = analysis.bar_beat
        else:
            beat = analysis.bar_beat * 0 + grid.confidence
        analysis = regridded(attrs.evolve(analysis, bar_beat=beat), grid)
        done["grid"] = _grid_detail(grid, before, given)
    if given.downbeat_seconds is not None:
        grid = analysis.grid
        beats = (round(float(grid.beat_of(given.downbeat_seconds))) - grid.first_downbeat) % (
            grid.beats_per_bar
        )
        analysis = analysis.shifted(beats)
        sure = attrs.evolve(analysis.grid, downbeat_confidence=confidence)
        analysis = attrs.evolve(analysis, grid=sure)
        at = clock(float(grid.time_of(grid.beat_of(given.downbeat_seconds).round())))
        done["downbeats"] = f"one at {at}, {_counted(beats, 'beat')} later than before"
    if key := given.musical_key:
        done["key"] = f"{key.name} {key.camelot}, before {analysis.key.name} {analysis.key.camelot}"
        analysis = attrs.evolve(analysis, key=Key(key.tonic, key.mode, confidence))
    if given.sections:
        analysis = _with_sections(analysis, given, confidence)
        done["sections"] = ", ".join(map(str, given.sections))
    if given.cues:
        names = {cue.name for cue in given.cues if cue.name}
        others = [cue for cue in analysis.cues if cue.name not in names]
        cues = sorted([*others, *given.cues], key=lambda cue: cue.seconds)
        analysis = attrs.evolve(analysis, cues=cues)
        done["cues"] = ", ".join(map(str, given.cues))
    applied = [
        AppliedCorrection(part, layer.source, layer.file, detail) for part, detail in done.items()
    ]
    return attrs.evolve(analysis, corrections=(*analysis.corrections, *applied))


def _corrected_grid(analysis: Analysis, layer: CorrectionLayer, confidence: float) -> BeatGrid:
    given, grid = layer.corrections, analysis.grid
    if given.bpm is not None or given.anchors:
        # A tempo alone keeps the first downbeat where the analysis has it.
        first = GridAnchor(grid.time_of_bar(0), beat=0)
        anchored = grid_from_anchors(
            given.anchors or (first,), analysis.duration_seconds, grid, given.bpm
        )
        if anchored.uneven:
            _warn_of_uneven_bars(layer.prefix, anchored)
        grid, sure = anchored.grid, anchored.grid.downbeat_confidence
        if not given.anchors and not bars_correspond(analysis.grid, grid):
            sure = 0.0  # bars of another tempo are no evidence
        elif not given.anchors:
            sure = analysis.grid.downbeat_confidence
        grid = attrs.evolve(grid, confidence=confidence, downbeat_confidence=min(sure, confidence))
    if given.octave_bpm is not None:
        grid = in_octave(grid, given.octave_bpm)
    return grid


def _warn_of_uneven_bars(prefix: str, anchored: AnchoredGrid) -> None:
    places = [
        f"{clock(seconds)} ({beats:.2f} beats)" for seconds, beats in anchored.uneven[:_MOST_PLACES]
    ]
    more = (
        f" and at {len(anchored.uneven) - len(places)} more places"
        if len(anchored.uneven) > len(places)
        else ""
    )
    warnings.warn(
        f"{prefix}Anchors are off the grid of the anchor before them; the beats of the bar before "
        f"them are stretched to fit, at {', '.join(places)}{more}.",
        stacklevel=5,
    )


def _grid_detail(grid: BeatGrid, before: BeatGrid, given: TrackCorrections) -> str:
    parts = [f"{grid.bpm:.2f} BPM"]
    if len(given.anchors) == 1:
        parts.append(f"a beat at {clock(given.anchors[0].seconds)}")
    elif given.anchors:
        parts.append(f"{len(given.anchors)} anchors from {clock(given.anchors[0].seconds)}")
    return f"{', '.join(parts)}, before {before.bpm:.2f} BPM"


def _with_sections(analysis: Analysis, given: TrackCorrections, confidence: float) -> Analysis:
    """Overwrite bars with the given sections, and start phrases anew in these."""
    grid, labels = analysis.grid, [analysis.section_at(bar) for bar in range(analysis.grid.bars)]
    marked: list[tuple[int, int]] = []
    for mark in given.sections:
        start = nearest_bar(grid, mark.start_seconds)
        end = nearest_bar(grid, mark.end_seconds)
        if start >= end:
            raise InputError(
                f"The section '{mark}' is less than a bar of the corrected grid; give whole bars."
            )
        levels = analysis.bar_level_db[start:end]
        level = float(levels.max(initial=-120.0) - analysis.bar_level_db.max(initial=-120.0))
        labels[start:end] = [Section(mark.label, start, end, level, confidence)] * (end - start)
        marked.append((start, end))
    sections: list[Section] = []
    for bar, section in enumerate(labels):
        if bar and section is labels[bar - 1]:
            sections[-1] = attrs.evolve(sections[-1], end_bar=bar + 1)
        else:
            sections.append(attrs.evolve(section, start_bar=bar, end_bar=bar + 1))
    own = tuple(s for s in sections if (s.start_bar, s.end_bar) in marked)
    confidences = {
        phrase.start_bar: phrase.confidence
        for phrase in analysis.phrases
        if not any(start <= phrase.start_bar < end for start, end in marked)
    }
    confidences |= {phrase.start_bar: phrase.confidence for phrase in phrases_of(own)}
    starts = {*confidences, *(section.start_bar for section in sections), grid.bars}
    phrases = phrases_between(starts, confidences)
    return attrs.evolve(analysis, sections=sections, phrases=phrases)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
