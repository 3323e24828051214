"""Score the gains of tracks that inverse mixing recovers from mixes with known fades."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from djtrans.benchmarking.scores import Score
from djtrans.benchmarking.unmixdb import FadedTransition, MixedTrack
from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.warping import warp
from djtrans.core.curves.params import frame_times
from djtrans.core.errors import InputError
from djtrans.core.track.separation import separate
from djtrans.core.track.track import load_track
from djtrans.core.transition.pair import Pair
from djtrans.inverse.bands import BANDS
from djtrans.inverse.error import ERROR_LIMIT_DB, check_error
from djtrans.inverse.fitting import fit_curves
from djtrans.inverse.levels import level_trims
from djtrans.inverse.track_measurement import audible_bands, convex_gains, measured_gains
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.registry import Registry, default_registry

TASK = "inverse mixing"
#: Methods: that of ``djtrans fit``, and the estimate of the literature.
FIT, CONVEX = "fit", "convex"
METHODS = (FIT, CONVEX)
INVERSE_SCORES = (
    Score(TASK, "gain error", "mean absolute error of the gains of whole tracks", "", "lower"),
    *(Score(TASK, f"gain error {band}", "that of a band", "", "lower") for band in BANDS),
)
_RATE, _FRAMES_PER_BEAT = 44100, 2
#: Beats before the first fade and after the last, in which both gains are known to be constant.
_MARGIN_BEATS = 8
_SEPARATOR = "spectral"


def score_inverse(
    method: str, item: FadedTransition, registry: Registry | None
) -> dict[str, float]:
    """Recover the gains of a transition, and compare them with its fades.

    Parameters
    ----------
    method : str
        One of :data:`METHODS`.
    item : FadedTransition
    registry : Registry, optional

    Returns
    -------
    dict of str to float
        Scores by key.

    Raises
    ------
    InputError
        If the transition is not within the mix, or the curves do not explain it.
    """
    mix, beats, start = _window(item)
    tracks = [_aligned(t, item.time_scale, start, mix.shape[-1]) for t in item.tracks]
    trims = level_trims(mix, tracks[0], tracks[1], _RATE)
    a, b = (db_to_amplitude(trim) * x for trim, x in zip(trims, tracks, strict=True))
    times = frame_times(beats, (len(beats) - 1) * _FRAMES_PER_BEAT, _FRAMES_PER_BEAT)
    if method == FIT:
        found = _fitted(mix, a, b, beats, times, registry)
    else:
        found = convex_gains(mix, a, b, times, _RATE)
    true = torch.stack([_fades(track, times + start) for track in item.tracks]).unsqueeze(-1)
    audible = audible_bands((a, b), times, _RATE)
    error = (found - true).abs()
    scores = {f"{TASK} gain error": error[audible]} | {
        f"{TASK} gain error {band}": error[..., k][audible[..., k]] for k, band in enumerate(BANDS)
    }
    return {key: float(values.mean()) for key, values in scores.items() if len(values)}


def _window(item: FadedTransition) -> tuple[Tensor, Tensor, float]:
    """Cut the transition out of the mix: audio, times of beats from its start, and its start."""
    audio = load_track(item.audio).without_dc().at_rate(_RATE, 2).audio / item.gain
    a, b = item.tracks
    beat = 60.0 / item.bpm
    first = min(a.fade_out[0], b.fade_in[0]) - _MARGIN_BEATS * beat
    last = max(a.fade_out[1], b.fade_in[1]) + _MARGIN_BEATS * beat
    # Neither the fade before nor the one after belongs to this transition.
    start, stop = max(first, a.fade_in[1], 0.0), min(last, b.fade_out[0], audio.shape[-1] / _RATE)
    count = math.floor((stop - start) / beat)
    if count < _MARGIN_BEATS:
        raise InputError(f"{item.name}: the transition is not within the mix.")
    beats = torch.arange(count + 1, dtype=torch.float64) * beat
    begin = round(start * _RATE)
    return padded_slice(audio, begin, begin + round(float(beats[-1]) * _RATE)), beats, start


def _aligned(track: MixedTrack, time_scale: str, start: float, samples: int) -> Tensor:
    """Place a track on the timeline of the window, ``[2, samples]``."""
    audio = load_track(track.audio).without_dc().at_rate(_RATE, 2).audio
    if time_scale == "stretch" and track.speed != 1.0:
        at = (start - track.start) * track.speed
        points = ((0.0, at), (1.0, at + track.speed))
        return warp(audio, points, _RATE, 0.0, samples / _RATE)[..., :samples]
    audio = resample(audio, round(_RATE * track.speed), _RATE)
    begin = round((start - track.start) * _RATE)
    return padded_slice(audio, begin, begin + samples)


def _fades(track: MixedTrack, times: Tensor) -> Tensor:
    """Compute the gain of a track at times of the mix."""
    (begin, full), (falls, silent) = track.fade_in, track.fade_out
    rise = ((times - begin) / max(full - begin, 1e-9)).clamp(0.0, 1.0)
    fall = ((silent - times) / max(silent - falls, 1e-9)).clamp(0.0, 1.0)
    return torch.minimum(rise, fall).float()


def _fitted(
    mix: Tensor, a: Tensor, b: Tensor, beats: Tensor, times: Tensor, registry: Registry | None
) -> Tensor:
    """Recover curves, and measure what they do to the tracks, ``[2, frames, bands]``."""
    registry = registry or default_registry()
    declaration = registry.separators.find(_SEPARATOR).declaration
    separator: Any = registry.separators.build(_SEPARATOR)
    stems = Pair(a, b).map(lambda track: separate(separator, declaration, track, _RATE))
    mixer = DifferentiableDJMixer(registry=registry)
    fit = fit_curves(mixer, mix, stems.a, stems.b, beats, frames_per_beat=_FRAMES_PER_BEAT)
    check_error(fit.error_db["levels"], ERROR_LIMIT_DB)
    with torch.no_grad():
        again = mixer(stems.a, stems.b, fit.params)
    return torch.stack(
        [measured_gains(x, y, times, _RATE) for x, y in ((again.a, a), (again.b, b))]
    )
