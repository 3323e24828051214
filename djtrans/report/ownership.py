"""Ownership: the track that provides bass, kick, vocals and lead at each beat."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import AUDIBLE_DBFS, db_to_power, power_to_db
from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.core.curves.band_gains import BANDS, stem_gains
from djtrans.core.curves.params import TransitionParams
from djtrans.core.transition.summary import LEVELS_FLOOR_DB, Overview

#: Level difference up to which two tracks share a role.
CLASH_DB = 10.0

FloatArray = NDArray[np.float64]


@attrs.frozen
class Role:
    """A musical role that one track can provide alone.

    Attributes
    ----------
    name : str
    stem : str
        The stem that plays it; ``""`` for all of them together.
    bands : int
        Number of the lowest bands in which it is measured.
    usual_db : float
        A track provides it while its level is at most this far below its usual level there (the
        90th percentile of the unprocessed beats) ...
    beside_db : float
        ... and at most this far below the usual level of the whole unprocessed track.
    bridges : bool
        Fill gaps of a single beat, such as breaths of a singer.
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
    # Excludes vocal stems that a separator left nearly empty; the vocal metrics use 15 dB, too.
    Role("vocals", "vocals", usual_db=15.0, beside_db=15.0, bridges=True),
    Role("lead", "other", beside_db=20.0),
)


@attrs.frozen(eq=False)
class RoleActivity:
    """Activity of one role of one track.

    Attributes
    ----------
    level_db : ndarray
        ``[beats]``, in the mix.
    before_mixer, in_mix : ndarray of bool
        ``[beats]``: True where the track provides the role before the mixer, and in the mix.
    """

    level_db: FloatArray
    before_mixer: NDArray[np.bool_]
    in_mix: NDArray[np.bool_]


@attrs.frozen(eq=False)
class AudibleLevels:
    """Levels and ownership in the mix on the grid of an overview.

    Attributes
    ----------
    levels_db : dict of (str, str) to ndarray
        By track and stem ``[beats]``, in dBFS.
    untouched_db : dict of (str, str) to ndarray
        The same before the mixer.
    held : dict of (str, str) to RoleActivity
        By role and track.
    owners : dict of str to tuple of str
        By role, for each beat of the grid: ``"a"``, ``"b"``, ``"both"`` or ``"none"``. Roles
        without their stem are omitted.
    band_gain : dict of str to ndarray
        By track ``[beats, bands]``: linear gain of the curves on the whole track.
    """

    levels_db: dict[tuple[str, str], FloatArray]
    untouched_db: dict[tuple[str, str], FloatArray]
    held: dict[tuple[str, str], RoleActivity]
    owners: dict[str, tuple[str, ...]]
    band_gain: dict[str, FloatArray]


def audible_levels(overview: Overview, params: TransitionParams) -> AudibleLevels:
    """Compute the levels of stems under curves, and the ownership of roles.

    A track provides a role on a beat if the role's level in the mix exceeds both limits of
    :class:`Role` and :data:`~djtrans.core.audio.decibels.AUDIBLE_DBFS`. If both tracks do, the role
    is shared where their levels are within :data:`CLASH_DB` of each other, else the louder one owns
    it.

    Parameters
    ----------
    overview : Overview
        Levels before the mixer.
    params : TransitionParams
        Curves, which may differ from those the overview was measured under.

    Returns
    -------
    AudibleLevels
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
    held: dict[tuple[str, str], RoleActivity] = {}
    gains = {}
    for track in TRACKS:
        untouched, mixed = whole(before, track), whole(after, track)
        gains[track] = np.sqrt(mixed / np.maximum(untouched, 1e-12))
        for role in roles:
            unprocessed, processed = (
                (before[track, role.stem], after[track, role.stem])
                if role.stem
                else (untouched, mixed)
            )
            held[role.name, track] = _held(role, unprocessed, processed, untouched)
    return AudibleLevels(
        levels_db={key: _db(power) for key, power in after.items()},
        untouched_db={key: _db(power) for key, power in before.items()},
        held=held,
        owners={role.name: _owners(held[role.name, "a"], held[role.name, "b"]) for role in roles},
        band_gain=gains,
    )


def _held(role: Role, before: FloatArray, after: FloatArray, whole: FloatArray) -> RoleActivity:
    before_db, after_db = _db(before[:, : role.bands]), _db(after[:, : role.bands])
    limit = max(
        _usual(before_db) - role.usual_db, _usual(_db(whole)) - role.beside_db, AUDIBLE_DBFS
    )
    before_mixer, in_mix = before_db >= limit, after_db >= limit
    if role.bridges:
        before_mixer, in_mix = _bridged(before_mixer), _bridged(in_mix)
    return RoleActivity(after_db, before_mixer, in_mix)


def _bridged(held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill gaps of a single beat."""
    out = held.copy()
    out[1:-1] |= held[:-2] & held[2:]
    return out


def _owners(a: RoleActivity, b: RoleActivity) -> tuple[str, ...]:
    both = a.in_mix & b.in_mix
    shared = both & (np.abs(a.level_db - b.level_db) <= CLASH_DB)
    louder = np.where(a.level_db >= b.level_db, "a", "b")
    alone = np.where(both, louder, np.where(a.in_mix, "a", np.where(b.in_mix, "b", "none")))
    return tuple(str(owner) for owner in np.where(shared, "both", alone))


def _usual(level_db: FloatArray) -> float:
    return float(np.percentile(level_db, 90))


def _db(power: FloatArray) -> FloatArray:
    return np.asarray(power_to_db(power.sum(axis=-1), amin=db_to_power(LEVELS_FLOOR_DB)))
