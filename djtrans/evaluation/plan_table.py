"""Plan many pairs of tracks without rendering, and measure the plans on the analyses."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path

import attrs
import numpy as np

from djtrans.core.errors import FormatError, PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.plan import TransitionPlan, track_seconds
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.core.util.tables import csv_table
from djtrans.planning import PlanOptions, plan_transition
from djtrans.planning.levels import mean_level_db
from djtrans.registry import Registry

#: Terms of a plan that a DJ would object to, and the values from which on.
TERMS: Mapping[str, float] = {
    "level_drop_db": 3.0,
    "bass_drop_db": 6.0,
    "unplayed_a_seconds": 45.0,
    "skipped_b_seconds": 45.0,
    "tempo_change_percent": 6.0,
    "gain_db": 6.0,
}
#: Bars that are compared before and after the swap.
COMPARED_BARS = 8
_COLUMNS = ("pair", "technique", "bars", "confidence", "swap_a_seconds", "swap_b_seconds")


@attrs.frozen(kw_only=True)
class PlanRow:
    """A plan in numbers.

    Attributes
    ----------
    pair : str
    technique : str
        Qualified name; empty if no plan is possible.
    bars : int
    confidence : float
    swap_a_seconds, swap_b_seconds : float
        Position of the swap in both files.
    terms : mapping of str to float
        Value of each of :data:`TERMS`.
    reason : str
        Why no plan is possible.
    """

    pair: str
    technique: str = ""
    bars: int = 0
    confidence: float = 0.0
    swap_a_seconds: float = 0.0
    swap_b_seconds: float = 0.0
    terms: Mapping[str, float] = attrs.field(factory=dict)
    reason: str = ""

    @property
    def excess(self) -> dict[str, float]:
        """Excess of each term over its limit, as a multiple of the limit; 0 within it."""
        return {name: max(0.0, self.terms[name] / limit - 1.0) for name, limit in TERMS.items()}

    @property
    def risk(self) -> float:
        """Sum of the excesses."""
        return sum(self.excess.values()) if self.technique else 0.0

    @property
    def place(self) -> tuple[object, ...]:
        """Technique, length and position, in tenths of a second."""
        swaps = (round(self.swap_a_seconds, 1), round(self.swap_b_seconds, 1))
        return (self.technique, self.bars, *swaps)


def plan_row(pair: str, plan: TransitionPlan, a: Analysis, b: Analysis) -> PlanRow:
    """Measure a plan on the analyses of its tracks."""
    swap = plan.beat_times[plan.swap_beat]
    swaps = [track_seconds(side.warp, swap) for side in plan.sides]
    gain = plan.b.gain_db - plan.a.gain_db
    music_a, music_b = plan.a.music, plan.b.music
    return PlanRow(
        pair=pair,
        technique=plan.technique,
        bars=plan.bars,
        confidence=plan.confidence,
        swap_a_seconds=swaps[0],
        swap_b_seconds=swaps[1],
        terms={
            "level_drop_db": _level(a, a.bar_loudness_db, swaps[0], before=True)
            - _level(b, b.bar_loudness_db, swaps[1])
            - gain,
            "bass_drop_db": _level(a, a.bar_low_db, swaps[0], before=True)
            - _level(b, b.bar_low_db, swaps[1])
            - gain,
            "unplayed_a_seconds": 0.0
            if music_a is None
            else max(0.0, music_a[1] - plan.beat_times[-1]),
            "skipped_b_seconds": 0.0 if music_b is None else max(0.0, -music_b[0]),
            "tempo_change_percent": max(abs(side.stretch_percent) for side in plan.sides),
            "gain_db": abs(gain),
        },
    )


def _level(
    track: Analysis, levels_db: np.ndarray, seconds: float, *, before: bool = False
) -> float:
    """Return the level of the mean power of the bars before or after a time of the file."""
    bar = int(np.argmin(np.abs(track.grid.downbeat_times - seconds)))
    start, stop = (bar - COMPARED_BARS, bar) if before else (bar, bar + COMPARED_BARS)
    return mean_level_db(levels_db[max(0, start) : stop])


def plan_pairs(
    analyses: Mapping[str, Analysis],
    options: PlanOptions | None = None,
    *,
    technique: str = "auto",
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> dict[str, tuple[PlanRow, TransitionPlan | None]]:
    """Plan every ordered pair of tracks from their analyses.

    Parameters
    ----------
    analyses : mapping of str to Analysis
        By the name of the track.
    options : PlanOptions, optional
    technique : str
    progress : callable, optional
    registry : Registry, optional

    Returns
    -------
    dict of str to (PlanRow, TransitionPlan or None)
        By the name of the pair; None where no plan is possible.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.evaluation import plan_pairs
    >>> structure = (("intro", 16), ("drop", 32), ("outro", 16))
    >>> songs = [djtrans.synthesize(djtrans.TrackSpec(seed=s, structure=structure)) for s in (1, 2)]
    >>> tracks = [djtrans.Track(song.audio, song.sample_rate) for song in songs]
    >>> found = plan_pairs({f"{i}": djtrans.analyze_track(track) for i, track in enumerate(tracks)})
    >>> sorted(found)
    ['0 to 1', '1 to 0']
    """
    pairs = list(permutations(analyses, 2))
    report, found = progress or (lambda event: None), {}
    for done, (a, b) in enumerate(pairs):
        name = f"{a} to {b}"
        report(Progress("plans", done, len(pairs), name))
        plan: TransitionPlan | None
        try:
            plan = plan_transition(
                analyses[a], analyses[b], options, technique=technique, registry=registry
            )
        except PlanError as error:
            plan, row = None, PlanRow(pair=name, reason=str(error))
        else:
            row = plan_row(name, plan, analyses[a], analyses[b])
        found[name] = (row, plan)
    report(Progress("plans", len(pairs), len(pairs)))
    return found


def plans_csv(rows: Sequence[PlanRow]) -> str:
    """Format plans as CSV, one line each."""
    return csv_table(
        (*_COLUMNS, *TERMS, "reason"),
        (
            (
                *(getattr(row, name) for name in _COLUMNS),
                *(row.terms.get(name) for name in TERMS),
                row.reason,
            )
            for row in rows
        ),
    )


def read_plans(path: str | os.PathLike[str]) -> tuple[PlanRow, ...]:
    """Read plans that :func:`plans_csv` has formatted.

    Raises
    ------
    FormatError
        If the file cannot be read, or is another one.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"Cannot read {path}: {error}. Give the plans.csv of a run.") from None
    lines = csv.DictReader(io.StringIO(text))
    if lines.fieldnames is None or not {*_COLUMNS, *TERMS} <= set(lines.fieldnames):
        raise FormatError(
            f"{path} has not the columns of a table of plans; give the plans.csv of a run with "
            "--plans-only."
        )
    try:
        return tuple(_row(line) for line in lines)
    except (ValueError, TypeError) as error:
        raise FormatError(f"{path} line {lines.line_num}: {error}. Make it again.") from None


def _row(line: Mapping[str, str]) -> PlanRow:
    return PlanRow(
        pair=line["pair"],
        technique=line["technique"],
        bars=int(line["bars"]),
        confidence=float(line["confidence"]),
        swap_a_seconds=float(line["swap_a_seconds"]),
        swap_b_seconds=float(line["swap_b_seconds"]),
        terms={name: float(line[name]) for name in TERMS} if line["technique"] else {},
        reason=line["reason"],
    )
