"""Score separated stems against true ones."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from djtrans.benchmarking.scores import Score
from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems

TASK = "separation"
#: A true stem this far below its mix is silent, and has no score.
SILENT_DB = -60.0
#: Ratios are limited to this, which a stem equal to the true one reaches.
_MOST_DB = 100.0
SEPARATION_SCORES = (
    Score(TASK, "SDR", "signal-to-distortion ratio of a whole stem, mean over its stems", "dB"),
    *(Score(TASK, f"SDR {name}", f"that of {name}", "dB") for name in STEMS),
    Score(TASK, "SI-SDR", "the same at the best gain of each stem, mean over its stems", "dB"),
)


def separation_scores(found: Stems, true: Stems) -> dict[str, float]:
    """Score separated stems.

    Parameters
    ----------
    found, true : Stems
        Of the same length and sample rate; stems are compared by name.

    Returns
    -------
    dict of str to float
        Ratios in dB by :attr:`~djtrans.benchmarking.scores.Score.key`, at most 100; a silent true
        stem has none. Empty with fewer than two stems that sound, as nothing is to be separated.
    """
    least = float(true.mix.square().mean()) * db_to_power(SILENT_DB)
    sounding = [name for name in true.names if float(true[name].square().mean()) > least]
    shared = [name for name in sounding if name in found.names]
    if len(sounding) < 2 or not shared:
        return {}
    plain = {f"{TASK} SDR {name}": sdr_db(found[name], true[name]) for name in shared}
    return {
        f"{TASK} SDR": float(np.mean(list(plain.values()))),
        **plain,
        f"{TASK} SI-SDR": float(np.mean([si_sdr_db(found[name], true[name]) for name in shared])),
    }


def sdr_db(found: Tensor, true: Tensor) -> float:
    """Compute the signal-to-distortion ratio over all samples and channels, in dB.

    As the Music Demixing Challenge [1]_ defines it: power of the true signal over that of the
    error. The ratio of BSSEval, of which most published results are, forgives a filter of 512 taps
    and takes medians over seconds, and is higher.

    References
    ----------
    .. [1] Y. Mitsufuji et al., "Music Demixing Challenge 2021", Frontiers in Signal Processing,
       2022.
    """
    return _ratio_db(true, true - found)


def si_sdr_db(found: Tensor, true: Tensor) -> float:
    """Compute the scale-invariant ratio, in dB.

    J. Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019.
    """
    gain = (found.double() * true.double()).sum() / true.double().square().sum()
    target = gain * true.double()
    return _ratio_db(target, found.double() - target)


def _ratio_db(signal: Tensor, error: Tensor) -> float:
    power, left = (float(x.double().square().sum()) for x in (signal, error))
    if power == 0.0:
        return -_MOST_DB
    ratio = power / left if left > 0.0 else math.inf
    return float(np.clip(power_to_db(np.array(ratio)), -_MOST_DB, _MOST_DB))
