"""Who plays the bass, the kick, the vocals and the lead, beat by beat."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import AUDIBLE_DBFS, db_to_power, power_to_db
from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.core.curves.band_gains import BANDS, stem_gains
from djtrans.core.curves.params import TransitionParams
from djtrans.core.transition.summary import LEVELS_FLOOR_DB, Overview

#: Two tracks share a role while they are within this of each other.
CLASH_DB = 10.0

FloatArray = NDArray[np.float64]


@attrs.frozen
class Role:
    """What a track can hold alone.

    Attributes
    ----------
    name : str
    stem : str
        The stem that plays it; ``""`` for all of them together.
    bands : int
        It is heard in the lowest so many bands.
    usual_db : float
        A track holds it while it is at most this far under its own usual level there (the 90th
        percentile of the untouched beats) ...
    beside_db : float
        ... and at most this far under the usual level of the whole untouched track.
    bridges : bool
        Whether it is held through a single beat that misses: a voice takes breath.
    """

    name: str
    stem: str
    bands: int = BANDS
    usual_db: float = 10.0
    beside_db: float = 60.0
    bridges: bool = False


ROLES = (
    Role("bass", "", bands=2),
    Role("kick", "drums", bands=2, beside_db=20.0),
    # A stem that a separator left nearly empty is no voice; 15 dB is what the vocal metrics use.
    Role("vocals", "vocals", usual_db=15.0, beside_db=15.0, bridges=True),
    Role("lead", "other", beside_db=20.0),
)


@attrs.frozen(eq=False)
class Held:
    """One role of one track.

    Attributes
    ----------
    level_db : ndarray
        ``[beats]``, in the mix.
    sounds, heard : ndarray of bool
        ``[beats]``: whether the track holds the role before the mixer, and in the mix.
    """

    level_db: FloatArray
    sounds: NDArray[np.bool_]
    heard: NDArray[np.bool_]


@attrs.frozen(eq=False)
class Heard:
    """Levels in the mix on the grid of an overview, from untouched levels and curves.

    Attributes
    ----------
    levels_db : dict of (str, str) to ndarray
        By track and stem ``[beats]``, dB full scale.
    untouched_db : dict of (str, str) to ndarray
        The same before the mixer.
    held : dict of (str, str) to Held
        By role and track.
    owners : dict of str to tuple of str
        By role, for each beat of the grid: ``"a"``, ``"b"``, ``"both"`` or ``"none"``. Roles whose
        stem there is not are left out.
    band_gain : dict of str to ndarray
        By track ``[beats, bands]``: linear gain that the curves put on the whole track.
    """

    levels_db: dict[tuple[str, str], FloatArray]
    untouched_db: dict[tuple[str, str], FloatArray]
    held: dict[tuple[str, str], Held]
    owners: dict[str, tuple[str, ...]]
    band_gain: dict[str, FloatArray]


def audible_levels(overview: Overview, params: TransitionParams) -> Heard:
    """Levels of stems under curves, and who holds which role.

    A track holds a role on a beat if the role's level in the mix passes all three limits of
    :class:`Role` and :data:`~djtrans.core.audio.decibels.AUDIBLE_DBFS`. If both do, the role is
    shared where they are within :data:`CLASH_DB` of each other, else the louder holds it.

    Parameters
    ----------
    overview : Overview
    params : TransitionParams
        The curves that are wanted, whether or not the overview was measured under them.
    """
    beats = overview.grid_beats
    before = {
        (track, stem): side.power(stem)
        for track, side in overview.sides.items()
        for stem in overview.stems
    }
    after = {
        (track, stem): power * stem_gains(params, track, stem, beats) ** 2
        for (track, stem), power in before.items()
    }

    def whole(powers: dict[tuple[str, str], FloatArray], track: str) -> FloatArray:
        return np.sum([power for (side, _), power in powers.items() if side == track], axis=0)

    roles = [role for role in ROLES if role.stem in ("", *overview.stems)]
    held: dict[tuple[str, str], Held] = {}
    gains = {}
    for track in TRACKS:
        untouched, mixed = whole(before, track), whole(after, track)
        gains[track] = np.sqrt(mixed / np.maximum(untouched, 1e-12))
        for role in roles:
            one, other = (
                (before[track, role.stem], after[track, role.stem])
                if role.stem
                else (untouched, mixed)
            )
            held[role.name, track] = _held(role, one, other, untouched)
    return Heard(
        levels_db={key: _db(power) for key, power in after.items()},
        untouched_db={key: _db(power) for key, power in before.items()},
        held=held,
        owners={role.name: _owners(held[role.name, "a"], held[role.name, "b"]) for role in roles},
        band_gain=gains,
    )


def _held(role: Role, before: FloatArray, after: FloatArray, whole: FloatArray) -> Held:
    untouched_db, heard_db = _db(before[:, : role.bands]), _db(after[:, : role.bands])
    limit = max(
        _usual(untouched_db) - role.usual_db, _usual(_db(whole)) - role.beside_db, AUDIBLE_DBFS
    )
    sounds, heard = untouched_db >= limit, heard_db >= limit
    if role.bridges:
        sounds, heard = _bridged(sounds), _bridged(heard)
    return Held(heard_db, sounds, heard)


def _bridged(held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The same with single beats filled whose neighbours are both held."""
    out = held.copy()
    out[1:-1] |= held[:-2] & held[2:]
    return out


def _owners(a: Held, b: Held) -> tuple[str, ...]:
    both = a.heard & b.heard
    shared = both & (np.abs(a.level_db - b.level_db) <= CLASH_DB)
    louder = np.where(a.level_db >= b.level_db, "a", "b")
    alone = np.where(both, louder, np.where(a.heard, "a", np.where(b.heard, "b", "none")))
    return tuple(str(owner) for owner in np.where(shared, "both", alone))


def _usual(level_db: FloatArray) -> float:
    return float(np.percentile(level_db, 90))


def _db(power: FloatArray) -> FloatArray:
    return np.asarray(power_to_db(power.sum(axis=-1), amin=db_to_power(LEVELS_FLOOR_DB)))
