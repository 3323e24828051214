"""How much of each stem the curves let through, band by band, as far as their names say.

What an effect does is known for certain only to the effect. But a fader is a fader in every mixer,
and the parameters of an isolator or a filter are read the same way everywhere (that is what
:attr:`Parameter.curve <djtrans.core.parameters.Parameter.curve>` declares), so the level of a stem
in the mix follows from its level before the mixer without rendering anything.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray

from djtrans.core.curves import make_curves
from djtrans.core.extraction import BAND_EDGES_HZ
from djtrans.core.layout import Row
from djtrans.core.params import TransitionParams
from djtrans.core.spec import TRACK_BUS

#: Edges of the bands in Hz. Bass and kick are the first two (30 to 150 Hz); the edges of the
#: default isolator, 300 Hz and 4 kHz, are among them.
EDGES_HZ = (30.0, 75.0, 150.0, 300.0, 700.0, 1600.0, 4000.0, 8000.0, 16000.0)
BANDS = len(EDGES_HZ) - 1
CENTRES_HZ = np.sqrt(np.array(EDGES_HZ[1:]) * np.array(EDGES_HZ[:-1]))
#: The bands of an isolator by the names that its gains have.
ISOLATOR = {
    "low": BAND_EDGES_HZ[0] > CENTRES_HZ,
    "mid": (BAND_EDGES_HZ[0] <= CENTRES_HZ) & (BAND_EDGES_HZ[1] > CENTRES_HZ),
    "high": BAND_EDGES_HZ[1] <= CENTRES_HZ,
}
#: Points per beat at which curves are read.
_POINTS = 8

FloatArray = NDArray[np.float64]


def stem_gains(
    params: TransitionParams, track: str, stem: str, beats: NDArray[np.int64]
) -> FloatArray:
    """Gain that the curves put on a stem, root mean square over each beat.

    Faders count in all bands, gains named ``low``, ``mid`` and ``high`` in theirs, a cutoff that is
    neutral at its minimum as a high-pass and one that is neutral at its maximum as a low-pass (both
    12 dB per octave). Sends and whatever has another name are not counted, so what an effect adds
    (echoes, a tail) is not either.

    Parameters
    ----------
    params : TransitionParams
        One transition, ``values [frames, parameters]``.
    track, stem : str
    beats : ndarray
        ``[beats]`` int: beats of the window, from 0; curves are held before it and after.

    Returns
    -------
    ndarray
        ``[beats, bands]`` linear gain, bands as in :data:`EDGES_HZ`.
    """
    rows = [r for r in params.layout.rows if r.track == track and r.stem in (stem, TRACK_BUS)]
    offsets = (np.arange(_POINTS) + 0.5) / _POINTS
    position = (np.asarray(beats, dtype=np.float64)[:, None] + offsets).ravel()
    curves = _read(params, rows, position)
    gain = np.ones((len(position), BANDS))
    for _, group in groupby(enumerate(rows), lambda item: (item[1].stem, item[1].node)):
        for index, row in group:
            gain *= _response(row, curves[:, index])
    power = (gain**2).reshape(len(beats), _POINTS, BANDS).mean(axis=1)
    return np.asarray(np.sqrt(power))


def _read(params: TransitionParams, rows: list[Row], position: FloatArray) -> FloatArray:
    """Curves at positions in beats, ``[positions, rows]``."""
    clock = params.beat_times.detach().cpu().double().numpy()
    inside = np.interp(position, np.arange(len(clock)), clock)
    curves = make_curves(
        params.values.detach().cpu().double()[None],
        params.frame_times.detach().cpu().double(),
        [row.parameter for row in params.layout.rows],
    )
    picked = curves.select([row.index for row in rows])
    return np.asarray(picked.at(torch.from_numpy(inside))[0].T.numpy())


def _response(row: Row, curve: FloatArray) -> FloatArray:
    """What one parameter does, ``[positions, bands]``; 1 where it is not known."""
    parameter = row.parameter
    ones = np.ones((len(curve), BANDS))
    if parameter.curve == "gain" and parameter.neutral != parameter.minimum:
        if parameter.name in ISOLATOR:
            return np.where(ISOLATOR[parameter.name], curve[:, None], 1.0)
        return ones * curve[:, None] if parameter.name == "gain" else ones
    if parameter.curve == "frequency" and parameter.neutral in (
        parameter.minimum,
        parameter.maximum,
    ):
        ratio = (20.0 * 1000.0**curve)[:, None] / CENTRES_HZ
        if parameter.neutral == parameter.maximum:
            ratio = 1.0 / ratio
        open_ = np.abs(curve - parameter.neutral) < 1e-6
        return np.where(open_[:, None], 1.0, 1.0 / np.sqrt(1.0 + ratio**4))
    return ones
