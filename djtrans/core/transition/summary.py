"""Summary of a transition's audio for plots, small enough for a params file.

It has waveform peaks and stem levels per beat of the *unprocessed* tracks, which are valid for any
curves, and measurements of the rendered mix with the digest of its curves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power
from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.band_gains import EDGES_HZ
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import FormatError
from djtrans.core.transition.pair import Pair

if TYPE_CHECKING:
    from djtrans.core.transition.plan import TransitionPlan

#: Columns of a waveform per bar.
COLUMNS_PER_BAR = 32
#: Bars before and after the window that are plotted: the context that is separated.
AROUND_BARS = 4
#: Peaks are stored as integer thousandths of full scale, levels as integer dB, at least the floor.
PEAK_STEPS = 1000
LEVELS_FLOOR_DB = -90
#: Bounds of what can have been measured: 60 dB above full scale.
_HIGHEST_PEAK, _LARGEST_LEVEL_DB = 1000 * PEAK_STEPS, 1000

FloatArray = NDArray[np.float64]


def _grid(value: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(x) for x in row) for row in value)


def _grids(value: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], ...]]:
    return {name: _grid(rows) for name, rows in value.items()}


@attrs.frozen(kw_only=True)
class TrackOverview:
    """Summary of one track.

    Attributes
    ----------
    peaks : tuple of tuple of int
        ``[3][columns]``: peaks of the low, mid and high band of the unprocessed track, in
        thousandths of full scale.
    heard : tuple of tuple of int
        Peaks of the track's contribution to the mix, likewise.
    levels_db : mapping of str to tuple of tuple of int
        RMS level in dBFS of each unprocessed stem, ``[beats][bands]``; bands as in
        :data:`djtrans.core.curves.band_gains.EDGES_HZ`.
    """

    peaks: tuple[tuple[int, ...], ...] = attrs.field(converter=_grid)
    heard: tuple[tuple[int, ...], ...] = attrs.field(converter=_grid)
    levels_db: Mapping[str, tuple[tuple[int, ...], ...]] = attrs.field(converter=_grids)

    def power(self, stem: str) -> FloatArray:
        """Return the mean square of an unprocessed stem, ``[beats, bands]``; 0 at the floor."""
        level = np.array(self.levels_db[stem], dtype=np.float64)
        return np.where(level <= LEVELS_FLOOR_DB, 0.0, db_to_power(level))


@attrs.frozen(kw_only=True)
class Overview:
    """Summary of both tracks on one grid of beats.

    Attributes
    ----------
    first_beat : int
        First beat of the grid; beat 0 is the start of the window.
    beats : int
        Length of the grid.
    columns_per_bar : int
        Columns of the waveforms per bar.
    isolation : {"good", "weak", "unknown"}
        Isolation of the stems: the worse of both tracks.
    a, b : TrackOverview
        Summaries of the tracks.
    bass : tuple of str
        Owner of the bass on each beat of the window, measured on the rendered mix: ``"a"``,
        ``"b"``, ``"both"`` or ``"none"``.
    curves : str
        Digest of the curves for which `heard` and `bass` were measured.
    """

    first_beat: int
    beats: int
    columns_per_bar: int
    isolation: str
    a: TrackOverview
    b: TrackOverview
    bass: tuple[str, ...]
    curves: str

    @property
    def sides(self) -> Pair[TrackOverview]:
        """Summaries of both tracks."""
        return Pair(self.a, self.b)

    @property
    def grid_beats(self) -> NDArray[np.int64]:
        """Numbers of the grid's beats, ``[beats]``."""
        return self.first_beat + np.arange(self.beats)

    @property
    def stems(self) -> tuple[str, ...]:
        """Stem names."""
        return tuple(self.a.levels_db)

    def measured_under(self, params: TransitionParams) -> bool:
        """Return True if `heard` and `bass` were measured for these curves."""
        return self.curves == curves_digest(params)


def curves_digest(params: TransitionParams) -> str:
    """Compute a hash of the values of curves."""
    values = params.values.detach().cpu().numpy().astype("<f4")
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]


def flat_overview(plan: TransitionPlan, params: TransitionParams) -> Overview:
    """Create a summary without audio: all stems have equal, constant levels.

    Ownership then follows from the curves alone.
    """
    stems = [r.stem for r in params.layout.rows if r.stem not in (TRACK_BUS, MASTER_BUS)]
    around = AROUND_BARS * plan.beats_per_bar
    beats = len(plan.beat_times) - 1 + 2 * around
    columns = COLUMNS_PER_BAR * beats // plan.beats_per_bar
    empty = _grid(np.zeros((3, columns)))
    level = _grid(np.full((beats, len(EDGES_HZ) - 1), -20))
    side = TrackOverview(peaks=empty, heard=empty, levels_db=dict.fromkeys(stems, level))
    return Overview(
        first_beat=-around,
        beats=beats,
        columns_per_bar=COLUMNS_PER_BAR,
        isolation="good",
        a=side,
        b=side,
        bass=(),
        curves="",
    )


def check(overview: Overview, bars: int, beats_per_bar: int) -> None:
    """Raise if the parts of an overview do not match each other or the window.

    Raises
    ------
    FormatError
        If they do not match.
    """
    columns = overview.beats * overview.columns_per_bar // beats_per_bar
    window = len(overview.bass)
    fits = window == bars * beats_per_bar and set(overview.bass) <= {"a", "b", "both", "none"}
    fits &= overview.first_beat <= 0 <= overview.beats - window + overview.first_beat
    fits &= overview.isolation in ("good", "weak", "unknown") and overview.columns_per_bar > 0
    for side in overview.sides:
        waves = (*side.peaks, *side.heard)
        fits &= [len(row) for row in waves] == [columns] * 6
        fits &= all(0 <= peak <= _HIGHEST_PEAK for row in waves for peak in row)
        fits &= set(side.levels_db) == set(overview.stems)
        fits &= all(
            len(rows) == overview.beats
            and {len(row) for row in rows} == {len(EDGES_HZ) - 1}
            and all(abs(level) <= _LARGEST_LEVEL_DB for row in rows for level in row)
            for rows in side.levels_db.values()
        )
    if not fits:
        raise FormatError(
            "its overview does not fit its plan; remove the field 'overview', or generate it again."
        )
