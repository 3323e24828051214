"""What a picture needs of the audio, small enough to travel in a params file.

Peaks for the waveforms and the level of each stem beat by beat, both of the *untouched* tracks:
they hold whatever becomes of the curves. Beside them what was measured on the rendered mix, with
the digest of the curves that it was rendered from.
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
#: Bars before and after the window that are shown: what a separator hears of them.
AROUND_BARS = 4
#: Peaks are written as whole thousandths of full scale, levels as whole decibels from here up.
PEAK_STEPS = 1000
LEVELS_FLOOR_DB = -90

FloatArray = NDArray[np.float64]


def _grid(value: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(x) for x in row) for row in value)


def _grids(value: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], ...]]:
    return {name: _grid(rows) for name, rows in value.items()}


@attrs.frozen(kw_only=True)
class TrackOverview:
    """One track.

    Attributes
    ----------
    peaks : tuple of tuple of int
        ``[3][columns]``: highest absolute value of the low, mid and high band of the untouched
        track, in thousandths of full scale.
    heard : tuple of tuple of int
        The same of what the track adds to the mix.
    levels_db : mapping of str to tuple of tuple of int
        By stem ``[beats][bands]``: RMS level of the untouched stem, in dB full scale; bands as in
        :data:`djtrans.core.curves.band_gains.EDGES_HZ`.
    """

    peaks: tuple[tuple[int, ...], ...] = attrs.field(converter=_grid)
    heard: tuple[tuple[int, ...], ...] = attrs.field(converter=_grid)
    levels_db: Mapping[str, tuple[tuple[int, ...], ...]] = attrs.field(converter=_grids)

    def power(self, stem: str) -> FloatArray:
        """Mean square of an untouched stem, ``[beats, bands]``; 0 at the floor."""
        level = np.array(self.levels_db[stem], dtype=np.float64)
        return np.where(level <= LEVELS_FLOOR_DB, 0.0, db_to_power(level))


@attrs.frozen(kw_only=True)
class Overview:
    """Both tracks on one grid of beats.

    Attributes
    ----------
    first_beat : int
        First beat of the grid; beat 0 is the start of the window.
    beats : int
        Length of the grid.
    columns_per_bar : int
    isolation : {"good", "weak", "unknown"}
        How well the stems are kept apart: the worse of both tracks.
    a, b : TrackOverview
    bass : tuple of str
        Owner of the bass on each beat of the window, as measured on the rendered mix: ``"a"``,
        ``"b"``, ``"both"`` or ``"none"``.
    curves : str
        Digest of the curves that `heard` and `bass` were measured under.
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
        """Both tracks."""
        return Pair(self.a, self.b)

    @property
    def grid_beats(self) -> NDArray[np.int64]:
        """Beats of the grid, ``[beats]``."""
        return self.first_beat + np.arange(self.beats)

    @property
    def stems(self) -> tuple[str, ...]:
        """Stem names."""
        return tuple(self.a.levels_db)

    def measured_under(self, params: TransitionParams) -> bool:
        """Whether these are the curves that `heard` and `bass` were measured under."""
        return self.curves == curves_digest(params)


def curves_digest(params: TransitionParams) -> str:
    """Hash of the values of curves."""
    values = params.values.detach().cpu().numpy().astype("<f4")
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]


def flat_overview(plan: TransitionPlan, params: TransitionParams) -> Overview:
    """What stands in where there is no audio: every stem as loud as the others on every beat.

    Under it, who plays what is what the curves alone say.
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
    """Refuse an overview whose parts do not fit each other and the window.

    Raises
    ------
    FormatError
    """
    columns = overview.beats * overview.columns_per_bar // beats_per_bar
    fits = len(overview.bass) == bars * beats_per_bar and set(overview.bass) <= {
        "a", "b", "both", "none",
    }  # fmt: skip
    for side in overview.sides:
        fits &= [len(row) for row in (*side.peaks, *side.heard)] == [columns] * 6
        fits &= set(side.levels_db) == set(overview.stems)
        fits &= all(
            len(rows) == overview.beats and {len(row) for row in rows} == {len(EDGES_HZ) - 1}
            for rows in side.levels_db.values()
        )
    if not fits:
        raise FormatError(
            "Its overview does not fit its plan; remove the field 'overview', or generate it again."
        )
