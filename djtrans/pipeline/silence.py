"""Says when a transition is silent where music was wanted."""

from __future__ import annotations

import warnings
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.arrays import to_db
from djtrans.metrics.audible import beat_power
from djtrans.mixer.rendering import Rendered

#: A beat whose root mean square lies below this is silent. Music is 30 dB and more above it.
NEARLY_SILENT_DBFS = -50.0


class SilenceWarning(UserWarning):
    """A transition, or a part of it, is nearly silent."""


def warn_of_silence(
    rendered: Rendered, sample_rate: int, beat_times: Tensor, beats_per_bar: int
) -> None:
    """Warn, once, if a bar or more on end is silent in the window, and say whose doing it is.

    Parameters
    ----------
    rendered : Rendered
    sample_rate : int
        In Hz.
    beat_times : Tensor
        ``[beats + 1]``, beats of the window in seconds within the audio.
    beats_per_bar : int
    """
    beats = beat_times.numpy()
    silent = _silent(rendered.mix, sample_rate, beats)
    if max(_runs(silent), default=0) < beats_per_bar:
        return
    played = ~(
        _silent(rendered.solo_a, sample_rate, beats) & _silent(rendered.solo_b, sample_rate, beats)
    )
    why = (
        "the curves hold back what the tracks play there; look at them (--visualize)"
        if bool((silent & played).any())
        else "neither track plays there; start elsewhere (--cue-a, --cue-b)"
    )
    warnings.warn(
        f"{int(silent.sum())} of {len(silent)} beats of the window are nearly silent (below "
        f"{NEARLY_SILENT_DBFS:g} dBFS), the first at {beats[int(silent.argmax())]:.1f} s of the "
        f"output: {why}. More in docs/troubleshooting.md.",
        SilenceWarning,
        stacklevel=3,
    )


def _silent(audio: Tensor, sample_rate: int, beats: NDArray[np.float64]) -> NDArray[np.bool_]:
    power = audio.numpy().astype(np.float64) ** 2
    return np.asarray(
        to_db(beat_power(power.mean(axis=0), sample_rate, beats)) < NEARLY_SILENT_DBFS
    )


def _runs(silent: NDArray[np.bool_]) -> list[int]:
    """Lengths of the runs of silent beats."""
    return [sum(1 for _ in run) for is_silent, run in groupby(silent.tolist()) if is_silent]
