"""Estimate the gain of each stem per frequency band from the curves, without rendering.

Only an effect knows exactly what it does. But faders, isolator bands and filter cutoffs have the
same meaning in every mixer (declared by
:attr:`Parameter.curve <djtrans.core.curves.parameter.Parameter.curve>`), so the level of a stem in
the mix follows from its level before the mixer.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from djtrans.core.contracts.mixer_spec import TRACK_BUS
from djtrans.core.curves.interpolation import make_curves
from djtrans.core.curves.layout import Row
from djtrans.core.curves.parameter import Parameter
from djtrans.core.curves.params import TransitionParams
from djtrans.core.track.feature_extraction import BAND_EDGES_HZ

#: Edges of the bands in Hz. Bass and kick are the first two (30 to 150 Hz); the edges of the
#: default isolator, 300 Hz and 4 kHz, are among them.
EDGES_HZ = (30.0, 75.0, 150.0, 300.0, 700.0, 1600.0, 4000.0, 8000.0, 16000.0)
BANDS = len(EDGES_HZ) - 1
CENTRES_HZ = np.sqrt(np.array(EDGES_HZ[1:]) * np.array(EDGES_HZ[:-1]))
#: Steepness of crossovers and filters, as an order: 6 dB per octave each.
ORDER = 4
#: Frequencies per band at which gains are evaluated: a filter's slope varies within a band.
_INSIDE = 4
_FREQS_HZ = np.concatenate(
    [low + (high - low) * (np.arange(_INSIDE) + 0.5) / _INSIDE for low, high in pairwise(EDGES_HZ)]
)
_BELOW = [1.0 / (1.0 + (_FREQS_HZ / edge) ** ORDER) for edge in BAND_EDGES_HZ]
#: Weights of an isolator's bands, by the names of their gains; they sum to 1.
ISOLATOR = {"low": _BELOW[0], "mid": _BELOW[1] - _BELOW[0], "high": 1.0 - _BELOW[1]}
#: Points per beat at which curves are evaluated.
_POINTS = 8

FloatArray = NDArray[np.float64]


def stem_gains(
    params: TransitionParams, track: str, stem: str, beats: NDArray[np.int64]
) -> FloatArray:
    """Compute the RMS gain that the curves apply to a stem, per beat and band.

    Faders apply to all bands, gains named ``low``, ``mid`` and ``high`` to theirs. A cutoff that is
    neutral at its minimum is a high-pass, one that is neutral at its maximum a low-pass. Crossovers
    and slopes are those of the default mixer. Sends and parameters of other names are ignored, and
    so are sounds that effects add (echoes, tails).

    Parameters
    ----------
    params : TransitionParams
        One transition, ``values [frames, parameters]``.
    track : {"a", "b"}
        The track.
    stem : str
        Name of the stem.
    beats : ndarray
        ``[beats]`` int: beats of the window, from 0; curves are held before and after the window.

    Returns
    -------
    ndarray
        ``[beats, bands]`` linear gain, bands as in :data:`EDGES_HZ`.
    """
    rows = [r for r in params.layout.rows if r.track == track and r.stem in (stem, TRACK_BUS)]
    offsets = (np.arange(_POINTS) + 0.5) / _POINTS
    position = (np.asarray(beats, dtype=np.float64)[:, None] + offsets).ravel()
    curves = _read(params, rows, position)
    gain = np.ones((len(position), len(_FREQS_HZ)))
    nodes: dict[tuple[str, str], FloatArray] = {}
    for index, row in enumerate(rows):
        parameter, curve = row.parameter, curves[:, index, None]
        if is_level(parameter) and parameter.name in ISOLATOR:
            # A node with only some of the bands leaves the rest of the spectrum unchanged.
            node_gain = nodes.setdefault((row.stem, row.node), np.ones_like(gain))
            node_gain += ISOLATOR[parameter.name] * (curve - 1.0)
        elif is_level(parameter) and parameter.name == "gain":
            gain *= curve
        elif parameter.curve == "frequency":
            gain *= _filter(parameter, curve)
    for node_gain in nodes.values():
        gain *= node_gain
    power = (gain**2).reshape(len(beats), _POINTS, BANDS, _INSIDE).mean(axis=(1, 3))
    return np.asarray(np.sqrt(power))


def _read(params: TransitionParams, rows: list[Row], position: FloatArray) -> FloatArray:
    """Evaluate curves at positions in beats, ``[positions, rows]``."""
    beat_times = params.beat_times.detach().cpu().double().numpy()
    times = np.interp(position, np.arange(len(beat_times)), beat_times)
    curves = make_curves(
        params.values.detach().cpu().double()[None],
        params.frame_times.detach().cpu().double(),
        [row.parameter for row in params.layout.rows],
    )
    picked = curves.select([row.index for row in rows])
    return np.asarray(picked.at(torch.from_numpy(times))[0].T.numpy())


def is_level(parameter: Parameter) -> bool:
    """Return True for a fader or an isolator band: a gain that is not neutral at its minimum."""
    return parameter.curve == "gain" and parameter.neutral != parameter.minimum


def _filter(parameter: Parameter, curve: FloatArray) -> FloatArray:
    """Compute the gain of a low-pass or high-pass, ``[positions, frequencies]``; 1 if open."""
    ratio = 20.0 * 1000.0**curve / _FREQS_HZ
    if parameter.neutral == parameter.maximum:
        ratio = 1.0 / ratio
    elif parameter.neutral != parameter.minimum:
        return np.ones_like(ratio)
    is_open = np.abs(curve - parameter.neutral) < 1e-6
    return np.where(is_open, 1.0, 1.0 / np.sqrt(1.0 + ratio ** (2 * ORDER)))
