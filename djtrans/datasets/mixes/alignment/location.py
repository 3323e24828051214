"""Where and at which tempo a track plays in a mix."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from torch import Tensor

from djtrans.core.audio.resampling import resample
from djtrans.core.audio.validation import check_audio
from djtrans.core.contracts.progress import FractionCallback
from djtrans.datasets.mixes.alignment.band_flux import FloatArray, flux
from djtrans.datasets.mixes.alignment.coarse_search import find_places
from djtrans.datasets.mixes.alignment.offsets import Onsets, onsets
from djtrans.datasets.mixes.alignment.pitch import semitones_of
from djtrans.datasets.mixes.alignment.presence import (
    HEARD_ALONE,
    HEARD_BESIDE,
    clear,
    expected_flux,
    likeness,
    longest_run,
    partial,
)
from djtrans.datasets.mixes.alignment.refinement import refine
from djtrans.datasets.mixes.alignment.tempo_line import Line, best_lines

#: Everything is searched at this rate, in Hz.
SEARCH_RATE = 22050
#: A track that is nowhere more like the mix than this is not found.
LEAST_CONFIDENCE = 0.7


@attrs.frozen(eq=False)
class Sound:
    """Audio as it is searched.

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
    def of(cls, audio: Tensor, sample_rate: int) -> Sound:
        """Listen to ``[channels, samples]``."""
        check_audio(audio)
        mono = resample(audio.mean(dim=0, keepdim=True), sample_rate, SEARCH_RATE)[0].numpy()
        return cls(mono, flux(mono, SEARCH_RATE), onsets(mono.astype(np.float64), SEARCH_RATE))


@attrs.frozen(kw_only=True)
class Place:
    """Where a track plays in a mix.

    Attributes
    ----------
    line : Line
        Track time by mix time.
    semitones : float
        0 where its pitch was kept, ``12 * log2(line.rate)`` where it moved with the speed.
    confidence : float
        Likeness of track and mix where the track is clearest, 0 to 1: 0.8 and more where the track
        is heard alone, up to 0.77 for another track with the same beat.
    windows : int
        How many windows of 4 s the line goes through.
    spread_seconds : float
        Root mean square of their distances from it.
    """

    line: Line
    semitones: float
    confidence: float
    windows: int
    spread_seconds: float


def locate(mix: Sound, track: Sound, progress: FractionCallback | None = None) -> Place | None:
    """Find a track in a mix, played at any tempo within 10 % of its own, pitch kept or not.

    Segments of the track are laid on all places at all tempos (:mod:`~.search`), the line that
    most of them agree on is drawn (:mod:`~.line`) and then made exact by the onsets
    (:mod:`~.refine`). The tempo is taken as constant.

    Parameters
    ----------
    mix, track : Sound
    progress : callable, optional

    Returns
    -------
    Place or None
        None where the mix is nowhere like the track.
    """
    places = find_places(mix.flux, track.flux, progress)
    frames = mix.flux.shape[1]

    def alike_on(line: Line) -> FloatArray:
        return likeness(mix.flux, expected_flux(track.flux, line, frames))

    # Where a track repeats itself, the whole of the mix decides; squared, since what two tracks of
    # one tempo share is found everywhere.
    candidates = [(line, alike_on(line)) for line in best_lines(places)]
    if not candidates:
        return None
    coarse, alike = max(candidates, key=lambda one: float((one[1] ** 2).sum()))
    refined = refine(mix.onsets, track.onsets, coarse, clear(alike))
    if refined is None:
        return None
    line = refined.line
    alike = alike_on(line)
    confidence = float(np.clip(np.percentile(alike, 98), 0.0, 1.0))
    run = longest_run(clear(alike))
    if confidence < LEAST_CONFIDENCE or run is None:
        return None
    return Place(
        line=line,
        semitones=semitones_of(mix.mono, track.mono, SEARCH_RATE, line, *run),
        confidence=confidence,
        windows=refined.windows,
        spread_seconds=refined.spread_seconds,
    )


def heard(mix: Sound, tracks: Sequence[tuple[Sound, Place]]) -> list[tuple[float, float] | None]:
    """The part of the mix over which each of up to two tracks is heard, in seconds.

    Right to about 2 s. With two tracks, each is judged by what it explains beside the other one.

    Parameters
    ----------
    mix : Sound
    tracks : sequence of (Sound, Place)
        None, one or two, and where they play.

    Returns
    -------
    list
        For each track start and stop, or None where it is not heard.
    """
    frames = mix.flux.shape[1]
    laid = [expected_flux(track.flux, place.line, frames) for track, place in tracks]
    alike = [likeness(mix.flux, one) for one in laid]
    if len(laid) < 2:
        return [longest_run(one >= HEARD_ALONE) for one in alike]
    between = likeness(*laid)
    return [
        longest_run(partial(one, other, between) >= HEARD_BESIDE)
        for one, other in (alike, alike[::-1])
    ]
