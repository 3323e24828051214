"""Whose bass it is, as the curves say, where nothing was measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.layout import Row
from djtrans.core.params import TransitionParams
from djtrans.plot.scales import cutoff_hz

#: A bass that is turned down by more than this is not there.
PRESENT_DB = -10.0
#: Nor is one whose track is high-passed above the first, or low-passed below the second.
HIGH_PASS_HZ, LOW_PASS_HZ = 120.0, 40.0


def bass_owners(params: TransitionParams) -> tuple[str, ...]:
    """Owner of the low end per beat: ``"a"``, ``"b"``, ``"both"`` or ``"none"``.

    A guess from what the parameters are called and how they are read, at the middle of each beat:
    the gains named ``gain`` and ``low`` on the bass stem multiply (on all stems, averaged, where
    none has that name), and a cutoff that is neutral at its minimum is a high-pass.

    Parameters
    ----------
    params : TransitionParams
        One transition, ``values [frames, parameters]``.
    """
    values = params.values.detach().cpu().double().numpy()
    beats = len(params.beat_times) - 1
    middle = ((np.arange(beats) + 0.5) * params.frames_per_beat).astype(int)
    values = values[np.minimum(middle, params.n_frames - 1)]
    here = {}
    for track in ("a", "b"):
        rows = [row for row in params.layout.rows if row.track == track]
        stems = dict.fromkeys(row.stem for row in rows if row.parameter.name == "gain")
        heard = ["bass"] if "bass" in stems else list(stems)
        gains = [_bass_gain([r for r in rows if r.stem == stem], values) for stem in heard]
        level = np.mean(gains, axis=0) if gains else np.ones(beats)
        here[track] = level >= 10.0 ** (PRESENT_DB / 20.0)
    names = {(True, True): "both", (True, False): "a", (False, True): "b", (False, False): "none"}
    return tuple(names[bool(a), bool(b)] for a, b in zip(here["a"], here["b"], strict=True))


def _bass_gain(rows: list[Row], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear gain of a stem's bass, ``[beats]``."""
    gain = np.ones(len(values))
    for row in rows:
        parameter, curve = row.parameter, values[:, row.index]
        if parameter.curve == "gain" and parameter.name in ("gain", "low"):
            gain = gain * curve
        elif parameter.curve == "frequency" and parameter.neutral == parameter.minimum:
            gain = gain * (cutoff_hz(curve) <= HIGH_PASS_HZ)
        elif parameter.curve == "frequency" and parameter.neutral == parameter.maximum:
            gain = gain * (cutoff_hz(curve) >= LOW_PASS_HZ)
    return gain
