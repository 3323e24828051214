"""Locate a track in a mix: its position, tempo and pitch, and the part in which it is audible."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from torch import Tensor

from djtrans.core.audio.polarity import to_mono
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.validation import check_audio
from djtrans.core.contracts.progress import FractionCallback
from djtrans.datasets.mixes.alignment.band_flux import FloatArray, flux
from djtrans.datasets.mixes.alignment.coarse_search import match_segments
from djtrans.datasets.mixes.alignment.offsets import Onsets, onsets
from djtrans.datasets.mixes.alignment.pitch import semitones_of
from djtrans.datasets.mixes.alignment.presence import (
    AUDIBLE_ALONE,
    AUDIBLE_BESIDE,
    clear,
    expected_flux,
    longest_run,
    partial,
    similarity,
)
from djtrans.datasets.mixes.alignment.refinement import refine
from djtrans.datasets.mixes.alignment.tempo_line import TempoLine, best_lines

#: Sample rate of the search, in Hz.
SEARCH_RATE = 22050
#: Confidence below which a track counts as not found.
LEAST_CONFIDENCE = 0.7


@attrs.frozen(eq=False)
class SearchAudio:
    """Audio with the features of the search.

    Attributes
    ----------
    mono : ndarray
        ``[samples]`` at :data:`SEARCH_RATE`.
    flux : ndarray
        ``[bands, frames]``.
    onsets : Onsets
    """

    mono: np.ndarray
    flux: FloatArray
    onsets: Onsets

    @classmethod
    def of(cls, audio: Tensor, sample_rate: int) -> SearchAudio:
        """Compute the features of ``[channels, samples]``."""
        check_audio(audio)
        mono = resample(to_mono(audio), sample_rate, SEARCH_RATE)[0].numpy()
        return cls(mono, flux(mono, SEARCH_RATE), onsets(mono.astype(np.float64), SEARCH_RATE))


@attrs.frozen(kw_only=True)
class Location:
    """Location of a track in a mix.

    Attributes
    ----------
    line : TempoLine
        Track time by mix time.
    semitones : float
        0 if the pitch is unchanged, ``12 * log2(line.rate)`` if it changes with the tempo.
    confidence : float
        Similarity of track and mix where the track is clearest, 0 to 1: at least 0.8 where the
        track plays alone, up to 0.77 for another track with the same beat.
    windows : int
        Number of windows of 4 s that support the line.
    spread_seconds : float
        Root mean square of their distances from it.
    """

    line: TempoLine
    semitones: float
    confidence: float
    windows: int
    spread_seconds: float


def locate(
    mix: SearchAudio, track: SearchAudio, progress: FractionCallback | None = None
) -> Location | None:
    """Locate a track in a mix, at any tempo within 10 % of its own, with or without key lock.

    Segments of the track are correlated with the mix (:mod:`~.coarse_search`), the tempo line that
    most of them support is estimated (:mod:`~.tempo_line`) and refined by the onsets
    (:mod:`~.refinement`). The tempo is assumed to be constant.

    Parameters
    ----------
    mix, track : SearchAudio
    progress : callable, optional
        Called with the fraction done, 0 to 1.

    Returns
    -------
    Location or None
        None if the track was not found.
    """
    matches = match_segments(mix.flux, track.flux, progress)
    frames = mix.flux.shape[1]

    def along(line: TempoLine) -> FloatArray:
        return similarity(mix.flux, expected_flux(track.flux, line, frames))

    # For tracks that repeat themselves, the whole of the mix decides; squared, since tracks of one
    # tempo are weakly correlated everywhere.
    candidates = [(line, along(line)) for line in best_lines(matches)]
    if not candidates:
        return None
    coarse, scores = max(candidates, key=lambda candidate: float((candidate[1] ** 2).sum()))
    refined = refine(mix.onsets, track.onsets, coarse, clear(scores))
    if refined is None:
        return None
    line = refined.line
    scores = along(line)
    confidence = float(np.clip(np.percentile(scores, 98), 0.0, 1.0))
    run = longest_run(clear(scores))
    if confidence < LEAST_CONFIDENCE or run is None:
        return None
    return Location(
        line=line,
        semitones=semitones_of(mix.mono, track.mono, SEARCH_RATE, line, *run),
        confidence=confidence,
        windows=refined.windows,
        spread_seconds=refined.spread_seconds,
    )


def audible_spans(
    mix: SearchAudio, tracks: Sequence[tuple[SearchAudio, Location]]
) -> list[tuple[float, float] | None]:
    """Find the part of the mix in which each of up to two tracks is audible, in seconds.

    Accurate to about 2 s. With two tracks, each is detected by its partial correlation.

    Parameters
    ----------
    mix : SearchAudio
    tracks : sequence of (SearchAudio, Location)
        Up to two tracks, and their locations.

    Returns
    -------
    list
        For each track start and stop, or None if it is not audible.
    """
    frames = mix.flux.shape[1]
    expected = [expected_flux(track.flux, location.line, frames) for track, location in tracks]
    scores = [similarity(mix.flux, flux_of_track) for flux_of_track in expected]
    if len(expected) < 2:
        return [longest_run(score >= AUDIBLE_ALONE) for score in scores]
    between = similarity(*expected)
    return [
        longest_run(partial(own, other, between) >= AUDIBLE_BESIDE)
        for own, other in (scores, scores[::-1])
    ]
