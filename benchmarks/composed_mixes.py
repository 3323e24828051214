"""Mixes composed of synthesized tracks: known offsets, known tempos, a technique between them."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans import DifferentiableDJMixer, load_technique
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.warping import warp
from djtrans.core.curves.params import TransitionParams
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.stems import Stems
from djtrans.pipeline.curve_generation import generate_params
from djtrans.synthesis import sample_spec, synthesize

#: How much denser than the samples the turntable reads.
_OVERSAMPLED = 8
TECHNIQUES = (
    "bass-swap",
    "long-blend",
    "eq-blend",
    "filter-sweep",
    "fade",
    "echo-out",
    "drop-swap",
)


@attrs.frozen(eq=False)
class Composed:
    """A mix of two tracks, and the truth of it.

    Attributes
    ----------
    mix, a, b : Tensor
        ``[channels, samples]``; the tracks as they are, unstretched.
    rates : tuple of float
        Track seconds per mix second.
    zeros : tuple of float
        Track time at the start of the mix.
    window : tuple of float
        The transition, in seconds of the mix.
    stems : tuple of Stems
        ``[stems, channels, samples]``: both tracks on the clock of the mix, before the mixer.
    truth : TransitionParams
        Curves over the window.
    """

    name: str
    mix: Tensor
    a: Tensor
    b: Tensor
    sample_rate: int
    rates: tuple[float, float]
    zeros: tuple[float, float]
    window: tuple[float, float]
    varispeed: bool
    stems: tuple[Stems, Stems]
    truth: TransitionParams


def compose(seed: int, sample_rate: int = 22050) -> Composed:
    """Two tracks of different tempos and keys, mixed at a third tempo by a technique."""
    rng = np.random.default_rng([seed, 7])
    technique = TECHNIQUES[seed % len(TECHNIQUES)]
    varispeed = seed % 4 == 3
    bars = 4 if technique in ("echo-out", "drop-swap") else 8
    structure = (("intro", 8), ("drop", 8), ("break", 4), ("drop", 8), ("outro", 8))
    genres = ("house", "techno", "swing", "breakbeat", "broken", "half-time")
    genre = genres[seed % len(genres)]
    specs = [
        sample_spec(
            2 * seed + side,
            genre,
            structure=structure,
            sample_rate_hz=sample_rate,
            bpm=round(float(rng.uniform(118, 132)), 2),
        )
        for side in (0, 1)
    ]
    tracks = [synthesize(spec) for spec in specs]
    tempo = float(np.clip(np.mean([s.bpm for s in specs]) * rng.uniform(0.95, 1.05), 112, 140))
    rates = [tempo / spec.bpm for spec in specs]
    beat = 60.0 / tempo
    before, after = (rng.uniform(10.0, 18.0) for _ in range(2))
    # A leaves in its second drop or its outro; B enters near its start.
    cue_a, cue_b = int(rng.integers(18, 24)), int(rng.integers(0, 6))
    length = 4 * bars * beat
    total = before + length + after
    # No DJ's beats lie exactly on each other's.
    late = (0.0, float(rng.uniform(-0.015, 0.015)))
    zeros, laid = [], []
    for track, rate, cue, off in zip(tracks, rates, (cue_a, cue_b), late, strict=True):
        at_zero = track.spec.start_seconds + cue * 4 * 60.0 / track.spec.bpm - rate * (before + off)
        zeros.append(at_zero)
        points = ((0.0, at_zero), (total, at_zero + rate * total))
        parts = [_laid(stem, points, sample_rate, total, varispeed) for stem in track.stems.audio]
        laid.append(Stems(torch.stack(parts), track.stems.names, sample_rate))
    mixer = DifferentiableDJMixer()
    begin, end = round(before * sample_rate), round((before + length) * sample_rate)
    swap = 4 * (bars // 2)
    request = CurveRequest(
        mixer.layout,
        8 * bars,
        swap,
        phrase_beats_a=(0, swap, 4 * bars),
        phrase_beats_b=(0, swap, 4 * bars),
        seed=seed,
    )
    beats = torch.arange(4 * bars + 1, dtype=torch.float64) * beat
    params = generate_params(load_technique(technique), request, beats)
    with torch.no_grad():
        window = mixer(*(stems.window(begin, end) for stems in laid), params).mix
    mix = torch.cat([laid[0].mix[:, :begin], window[:, : end - begin], laid[1].mix[:, end:]], dim=1)
    return Composed(
        f"{technique}, {genre}{', varispeed' if varispeed else ''}",
        mix,
        tracks[0].audio,
        tracks[1].audio,
        sample_rate,
        tuple(rates),
        tuple(zeros),
        (before, before + length),
        varispeed,
        (laid[0], laid[1]),
        params,
    )


def _laid(audio: Tensor, points, sample_rate: int, total: float, varispeed: bool) -> Tensor:
    if not varispeed:
        return warp(audio, points, sample_rate, 0.0, total)
    return read_varied(
        audio, points[0][1], (points[1][1] - points[0][1]) / total, sample_rate, total
    )


def read_varied(
    audio: Tensor, start: float, rate: float, sample_rate: int, seconds: float
) -> Tensor:
    """As a turntable plays it: oversampled eight times, then linear between samples."""
    at = start * sample_rate + rate * np.arange(round(seconds * sample_rate))
    times = _OVERSAMPLED * at
    dense = resample(audio, sample_rate, _OVERSAMPLED * sample_rate).numpy()
    rows = [np.interp(times, np.arange(dense.shape[1]), row, left=0, right=0) for row in dense]
    return torch.from_numpy(np.stack(rows).astype(np.float32))
