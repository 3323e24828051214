"""Warn if a transition is silent for a bar or longer."""

from __future__ import annotations

import warnings
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.arrays import to_db
from djtrans.metrics.audible import beat_power
from djtrans.mixer.rendering import Rendered

#: Root mean square of a beat below which it is silent; music is at least 30 dB above it.
NEARLY_SILENT_DBFS = -50.0


class SilenceWarning(UserWarning):
    """Warning about a transition that is nearly silent in part or as a whole."""


def warn_of_silence(
    rendered: Rendered, sample_rate: int, beat_times: Tensor, beats_per_bar: int
) -> None:
    """Warn, once, if a bar or more of the window is silent, with the cause.

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
        "the curves attenuate what the tracks play there; check them in a plot (--visualize)"
        if bool((silent & played).any())
        else "neither track plays there; choose other cue points (--cue-a, --cue-b)"
    )
    warnings.warn(
        f"{int(silent.sum())} of {len(silent)} beats of the window are nearly silent (below "
        f"{NEARLY_SILENT_DBFS:g} dBFS), the first at {beats[int(silent.argmax())]:.1f} s of the "
        f"output: {why}. See docs/troubleshooting.md.",
        SilenceWarning,
        stacklevel=3,
    )


def _silent(audio: Tensor, sample_rate: int, beats: NDArray[np.float64]) -> NDArray[np.bool_]:
    power = audio.numpy().astype(np.float64) ** 2
    return np.asarray(
        to_db(beat_power(power.mean(axis=0), sample_rate, beats)) < NEARLY_SILENT_DBFS
    )


def _runs(silent: NDArray[np.bool_]) -> list[int]:
    """Return the lengths of the runs of silent beats."""
    return [sum(1 for _ in run) for is_silent, run in groupby(silent.tolist()) if is_silent]
