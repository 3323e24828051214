"""Score an analysis against annotations, with mir_eval."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from types import ModuleType

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.benchmarking.annotations import Annotations
from djtrans.core.errors import DependencyError
from djtrans.core.track.analysis import Analysis

Times = NDArray[np.float64]

#: Changes with each change of what a score is; results of another version are measured again.
VERSION = 3
#: Tolerance of a tempo, relative; and factors that Acc2 allows besides 1.
_TEMPO_TOLERANCE, _FACTORS = 0.04, (1.0, 2.0, 3.0, 1 / 2, 1 / 3)
#: Tolerance of the strict continuity, in seconds.
_STRICT_SECONDS = 0.015
#: Tolerances of boundaries, in seconds.
_WINDOWS = {"HR.5F": 0.5, "HR3F": 3.0}
#: Tolerance of cue points, in seconds; the other one is half a beat.
_CUE_SECONDS = 0.5


@attrs.frozen
class Score:
    """Score of a system.

    Attributes
    ----------
    task : str
        Task.
    name : str
        Name of the score in its task.
    meaning : str
        Definition in one line.
    unit : str
        Unit; ``""`` for scores from 0 to 1.
    better : {"higher", "lower"}
        Which side is better.
    """

    task: str
    name: str
    meaning: str
    unit: str = ""
    better: str = "higher"

    @property
    def key(self) -> str:
        """Name with the task, as in tables: ``"beats F"``."""
        return f"{self.task} {self.name}"


_OF_BEATS = (
    ("F", "F-measure, ±70 ms"),
    (
        "CMLt",
        "share of beats that are right in position and interval, within 17.5 % of the interval",
    ),
    ("AMLt", "the same, also at double or half the tempo, or on the off-beat"),
    ("CMLt 15 ms", "the same as CMLt, within ±15 ms at the median interval"),
)
SCORES = (
    Score("tempo", "Acc1", "share of tracks whose tempo is right within 4 %"),
    Score("tempo", "Acc2", "the same, or times 2, 3, 1/2 or 1/3"),
    *(Score("beats", *score) for score in _OF_BEATS),
    *(Score("downbeats", *score) for score in _OF_BEATS),
    Score("key", "weighted", "MIREX: 1 right, 0.5 a fifth, 0.3 relative, 0.2 parallel"),
    Score("structure", "HR.5F", "F-measure of the boundaries, ±0.5 s"),
    Score("structure", "HR3F", "F-measure of the boundaries, ±3 s"),
    Score("cues", "F.5", "F-measure of the starts of sections as cue points, ±0.5 s"),
    Score("cues", "P.5", "share of the starts of sections at which a cue point lies, ±0.5 s"),
    Score("cues", "R.5", "share of the cue points at which a section starts, ±0.5 s"),
    Score("cues", "F beat", "the same as F.5, within half a beat on either side"),
    Score("cues", "on phrases", "share of the cue points at which a phrase starts, ±0.5 s"),
)


def require_mir_eval() -> ModuleType:
    """Import mir_eval.

    Raises
    ------
    DependencyError
        If it is not installed.
    """
    try:
        import mir_eval
    except ImportError:
        raise DependencyError(
            "mir_eval is not installed; install it with: pip install 'djtrans[bench]'"
        ) from None
    return mir_eval


def score(analysis: Analysis, annotations: Annotations) -> dict[str, float]:
    """Score an analysis in all tasks that are annotated.

    Parameters
    ----------
    analysis : Analysis
        Analysis of the track.
    annotations : Annotations
        What is true of it. A list of fewer than two beats is no annotation.

    Returns
    -------
    dict of str to float
        Scores from 0 to 1 by :attr:`Score.key`.

    Raises
    ------
    DependencyError
        If mir_eval is not installed.
    """
    mir_eval = require_mir_eval()
    found: dict[str, float] = {}
    grid = analysis.grid
    with warnings.catch_warnings():
        # mir_eval warns of empty lists of beats, whose score is 0.
        warnings.simplefilter("ignore")
        if annotations.bpm is not None:
            found |= _tempo(mir_eval, annotations.bpm, grid.bpm)
        inside = (grid.beat_times >= 0) & (grid.beat_times <= analysis.duration_seconds)
        found |= _beats(mir_eval, "beats", annotations.beats, grid.beat_times[inside])
        downbeats = grid.downbeat_times
        inside = (downbeats >= 0) & (downbeats <= analysis.duration_seconds)
        found |= _beats(mir_eval, "downbeats", annotations.downbeats, downbeats[inside])
        if annotations.key:
            weighted = mir_eval.key.weighted_score(annotations.key, analysis.key.name)
            found["key weighted"] = float(weighted)
        if len(annotations.boundaries) > 1:
            found |= _structure(mir_eval, annotations.boundaries, analysis)
        if annotations.cues:
            found |= _cues(mir_eval, annotations, analysis)
    return found


def _tempo(mir_eval: ModuleType, bpm: float, found: float) -> dict[str, float]:
    def right(factor: float) -> bool:
        # mir_eval compares two tempi, of which 0 is ignored.
        return bool(
            mir_eval.tempo.detection(
                np.array([0.0, bpm * factor]), 0.0, np.array([found, found]), tol=_TEMPO_TOLERANCE
            )[1]
        )

    return {
        "tempo Acc1": float(right(1.0)),
        "tempo Acc2": float(any(right(factor) for factor in _FACTORS)),
    }


def _beats(
    mir_eval: ModuleType, task: str, annotated: tuple[float, ...], found: Times
) -> dict[str, float]:
    trim: Callable[[Times], Times] = mir_eval.beat.trim_beats
    true, estimated = trim(np.array(annotated)), trim(found)
    if len(true) < 2:
        return {}
    _, cmlt, _, amlt = mir_eval.beat.continuity(true, estimated)
    phase = _STRICT_SECONDS / float(np.median(np.diff(true)))
    strict = mir_eval.beat.continuity(true, estimated, continuity_phase_threshold=phase)[1]
    values = (mir_eval.beat.f_measure(true, estimated), cmlt, amlt, strict)
    return {
        f"{task} {name}": float(value) for (name, _), value in zip(_OF_BEATS, values, strict=True)
    }


def _structure(
    mir_eval: ModuleType, annotated: tuple[float, ...], analysis: Analysis
) -> dict[str, float]:
    starts = [analysis.grid.time_of_bar(section.start_bar) for section in analysis.sections[1:]]
    inside = [time for time in starts if 0 < time < analysis.duration_seconds]
    times = np.array([0.0, *inside, analysis.duration_seconds])
    true = mir_eval.util.boundaries_to_intervals(np.array(annotated))
    estimated, _ = mir_eval.util.adjust_intervals(
        mir_eval.util.boundaries_to_intervals(times), t_min=annotated[0], t_max=annotated[-1]
    )
    return {
        f"structure {name}": float(mir_eval.segment.detection(true, estimated, window=window)[2])
        for name, window in _WINDOWS.items()
    }


def _cues(mir_eval: ModuleType, annotations: Annotations, analysis: Analysis) -> dict[str, float]:
    """Score the bars from which a plan may choose: starts of sections, and of phrases."""

    def times(bars: Iterable[int]) -> Times:
        found = np.array(sorted(analysis.grid.time_of_bar(bar) for bar in bars))
        return found[(found >= 0) & (found <= analysis.duration_seconds)]

    true = np.array(annotations.cues)
    sections = times(section.start_bar for section in analysis.sections)
    half_beat = 30.0 / (annotations.bpm or analysis.grid.bpm)
    measure = mir_eval.onset.f_measure
    f, precision, recall = measure(true, sections, window=_CUE_SECONDS)
    values = {
        "F.5": f,
        "P.5": precision,
        "R.5": recall,
        "F beat": measure(true, sections, window=half_beat)[0],
        "on phrases": measure(true, times(analysis.phrase_bars), window=_CUE_SECONDS)[2],
    }
    return {f"cues {name}": float(value) for name, value in values.items()}
