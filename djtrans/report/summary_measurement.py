"""Measure the overview of a rendered transition: waveforms, levels and bass ownership."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.band_peaks import band_peaks
from djtrans.core.audio.decibels import db_to_amplitude, power_to_db
from djtrans.core.curves.band_gains import EDGES_HZ
from djtrans.core.transition.summary import (
    AROUND_BARS,
    COLUMNS_PER_BAR,
    LEVELS_FLOOR_DB,
    PEAK_STEPS,
    Overview,
    TrackOverview,
    curves_digest,
)

if TYPE_CHECKING:
    from djtrans.core.curves.params import TransitionParams
    from djtrans.core.transition.alignment import AlignedTrack
    from djtrans.core.transition.plan import TransitionPlan
    from djtrans.mixer.rendering import Rendered

FloatArray = NDArray[np.float64]


def measure_track(
    untouched: Any,
    contribution: Any,
    stems: Mapping[str, Any],
    sample_rate: int,
    edges: FloatArray,
    beat_edges: FloatArray,
    contribution_offset_seconds: float = 0.0,
) -> TrackOverview:
    """Measure the overview of one track.

    Parameters
    ----------
    untouched, contribution : ndarray
        ``[channels, samples]``: the track before the mixer, and its part of the mix.
    stems : mapping of str to ndarray
        The unprocessed stems, each ``[channels, samples]``.
    sample_rate : int
        In Hz.
    edges : ndarray
        ``[columns + 1]`` seconds from the first sample: the columns of the waveform.
    beat_edges : ndarray
        ``[beats + 1]`` seconds: the beats.
    contribution_offset_seconds : float
        Position in `contribution` of the first sample of the others.
    """

    def peaks(audio: Any, at: FloatArray) -> list[list[int]]:
        return _whole(band_peaks(audio, sample_rate, at) * PEAK_STEPS)

    levels = {
        name: _whole(band_levels_db(np.asarray(stem), sample_rate, beat_edges))
        for name, stem in stems.items()
    }
    return TrackOverview(
        peaks=peaks(untouched, edges),
        heard=peaks(contribution, edges + contribution_offset_seconds),
        levels_db=levels,
    )


def measure_overview(
    rendered: Rendered,
    a: AlignedTrack,
    b: AlignedTrack,
    plan: TransitionPlan,
    params: TransitionParams,
    *,
    isolation: str,
) -> Overview:
    """Measure the overview of a rendered transition.

    Parameters
    ----------
    rendered : Rendered
    a, b : AlignedTrack
        With the input stems of the mixer.
    plan : TransitionPlan
    params : TransitionParams
        The curves that it was rendered from.
    isolation : {"good", "weak", "unknown"}
        Isolation of the stems.

    Returns
    -------
    Overview
    """
    from djtrans.metrics import bass_overlap

    rate, bar = a.stems.sample_rate, plan.beats_per_bar
    around = AROUND_BARS * bar
    first, last = -around, len(plan.beat_times) - 1 + around
    clock = plan.clock_of_beat
    beat_edges = np.array([clock(beat) for beat in range(first, last + 1)])
    columns = COLUMNS_PER_BAR * (last - first) // bar
    edges = np.interp(np.linspace(first, last, columns + 1), np.arange(first, last + 1), beat_edges)
    start = rendered.span.start / rate
    trim = db_to_amplitude(rendered.trim_db)
    margin = a.stems_span.start / rate
    sides = {
        name: measure_track(
            aligned.solo(aligned.stems_span).numpy() * trim,
            contribution.numpy(),
            {stem: aligned.stems[stem].numpy() * trim for stem in aligned.stems.names},
            rate,
            edges - margin,
            beat_edges - margin,
            contribution_offset_seconds=margin - start,
        )
        for name, aligned, contribution in (("a", a, rendered.a), ("b", b, rendered.b))
    }
    # A second on either side of the window suffices for the filter of the metric.
    left = max(0, -rendered.span.start - rate)
    right = round(plan.window_seconds * rate) - rendered.span.start + rate
    r = rendered
    part = slice(left, right)
    owners = bass_overlap(
        r.a[:, part],
        r.b[:, part],
        rate,
        np.array(plan.beat_times) - start - left / rate,
        r.solo_a[:, part],
        r.solo_b[:, part],
    ).owners
    return Overview(
        first_beat=first,
        beats=last - first,
        columns_per_bar=COLUMNS_PER_BAR,
        isolation=isolation,
        bass=owners,
        curves=curves_digest(params),
        **sides,
    )


def band_levels_db(audio: FloatArray, sample_rate: int, beat_edges: FloatArray) -> FloatArray:
    """Compute the RMS level of each band on each beat.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``; the power is averaged over the channels.
    sample_rate : int
        In Hz.
    beat_edges : ndarray
        ``[beats + 1]`` increasing, in seconds from the first sample.

    Returns
    -------
    ndarray
        ``[beats, bands]`` in dBFS (a full-scale sine is -3), at least :data:`LEVELS_FLOOR_DB`. Each
        beat is one periodogram without a taper, which would attenuate the kick at the beat's start.
    """
    spans = np.rint(np.asarray(beat_edges) * sample_rate).astype(int)
    out = np.full((len(spans) - 1, len(EDGES_HZ) - 1), float(LEVELS_FLOOR_DB))
    for beat, (start, stop) in enumerate(pairwise(spans)):
        part = audio[:, max(0, start) : max(0, stop)]
        size = part.shape[-1]
        if size < 64:
            continue
        power = (np.abs(np.fft.rfft(part, axis=-1)) ** 2).mean(axis=0)
        band = np.searchsorted(EDGES_HZ, np.fft.rfftfreq(size, 1.0 / sample_rate), side="right")
        total = np.bincount(band, weights=power, minlength=len(EDGES_HZ) + 1)[1:-1]
        level = power_to_db(2.0 * total / size**2, amin=1e-12)
        out[beat] = np.maximum(level, LEVELS_FLOOR_DB)
    return out


def _whole(values: FloatArray) -> list[list[int]]:
    return np.rint(values).astype(int).tolist()
