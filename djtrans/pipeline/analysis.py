"""Analyze a track with a registered analyzer, and apply its corrections."""

from __future__ import annotations

import os

from djtrans.core.audio.resampling import resample
from djtrans.core.audio.validation import require_sound
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_io import cached_analysis
from djtrans.core.track.apply_corrections import apply_corrections
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import MINIMUM_SECONDS, Track, load_track
from djtrans.core.util.isolation import same_surroundings
from djtrans.core.util.profiling import timed
from djtrans.pipeline.corrections import correction_layers
from djtrans.pipeline.options import DEFAULT_ANALYZER
from djtrans.registry import Registry, default_registry

#: Tracks of a higher sample rate, in Hz, are analyzed at this one.
HIGHEST_RATE = 48000


def analyze_track(
    track: Track | str | os.PathLike[str],
    *,
    analyzer: str = DEFAULT_ANALYZER,
    cached: bool = True,
    corrected: bool = True,
    progress: FractionCallback | None = None,
    registry: Registry | None = None,
) -> Analysis:
    """Find beat grid, phrases, sections, key, levels and vocals of a track.

    Parameters
    ----------
    track : Track or path
        A loaded track, or an audio file.
    analyzer : str
        Name of a registered analyzer.
    cached : bool
        Use the cached analysis of a file that was analyzed before.
    corrected : bool
        Apply the corrections in the sidecar file of the track, and those of DJ software.
    progress : callable, optional
        Receives the fraction done, 0 to 1.
    registry : Registry, optional

    Returns
    -------
    Analysis

    Raises
    ------
    AudioFileError
        If the file cannot be read, is silent, or is too short.
    InputError
        If a correction is invalid, or not within the track.

    See Also
    --------
    djtrans.plan_transition : Plans a transition between two analyzed tracks.

    Examples
    --------
    >>> import djtrans
    >>> structure = (("intro", 8), ("drop", 8))
    >>> synthetic = djtrans.synthesize(djtrans.TrackSpec(bpm=124.0, structure=structure))
    >>> track = djtrans.Track(synthetic.audio, synthetic.sample_rate)
    >>> round(djtrans.analyze_track(track).grid.bpm)
    124
    """
    loaded = (track if isinstance(track, Track) else load_track(track)).without_dc()
    return analyze_loaded(
        loaded,
        analyzer=analyzer,
        cached=cached,
        corrected=corrected,
        progress=progress,
        registry=registry or default_registry(),
    )


def analyze_loaded(
    loaded: Track | LazyTrack,
    *,
    registry: Registry,
    analyzer: str = DEFAULT_ANALYZER,
    cached: bool = True,
    corrected: bool = True,
    progress: FractionCallback | None = None,
) -> Analysis:
    """Analyze a track that has no DC offset; see :func:`analyze_track`."""
    component = registry.analyzers.find(analyzer)

    def analyze() -> Analysis:
        with timed("check samples"):
            require_sound(loaded.audio, loaded.sample_rate, MINIMUM_SECONDS, what=loaded.name)
        # Above the range of hearing nothing is music, but it would count as level.
        rate = min(loaded.sample_rate, HIGHEST_RATE)
        audio = resample(loaded.audio, loaded.sample_rate, rate)
        with timed("import"):
            built = registry.analyzers.build(component.name)
        with timed(component.name), same_surroundings():
            return built.analyze(audio, rate, progress)

    # The cache holds what the analyzer found: corrections may change at any time.
    if cached:
        with timed("cache"):
            found = cached_analysis(loaded, component.name, component.declaration, analyze)
    else:
        found = analyze()
    if not corrected:
        return found
    with timed("corrections"):
        return apply_corrections(found, correction_layers(loaded, registry))
