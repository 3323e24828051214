"""Low-level entry points: features of a window of stems, and a transition from two of them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.warping import warp
from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.params import TransitionParams
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stems import Stems
from djtrans.core.transition.plan import BeatSection
from djtrans.diffusion.extractors import default_extractors
from djtrans.metrics.key_relation import key_relation
from djtrans.mixer.mixer import Mixer
from djtrans.pipeline.curve_generation import generate_params

#: Tempo difference, as a fraction, beyond which stems are time-stretched.
SAME_TEMPO = 1e-4


def build_track_features(
    stems: Stems,
    analysis: Analysis,
    *,
    start_seconds: float = 0.0,
    n_frames: int = 128,
    frames_per_beat: int = 2,
    isolated: bool = True,
    extractors: Sequence[FeatureExtractor] | None = None,
) -> TrackFeatures:
    """Compute the features of a window of a track's stems.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``, with the same time origin as the analysis.
    analysis : Analysis
        Analysis of the same track.
    start_seconds : float
        Start of the window; moved to the nearest downbeat.
    n_frames : int
        Frames of the window: beats times `frames_per_beat`.
    frames_per_beat : int
        Frames per beat: 2, 4 or 8.
    isolated : bool
        True if the stems have good isolation; False for those of ``spectral``.
    extractors : sequence of FeatureExtractor, optional
        Extractors of the model's encoders, ``model.extractors``; by default those of the encoders
        that a new model has by default. The bundled model needs none.

    Returns
    -------
    TrackFeatures

    Raises
    ------
    InputError
        If the window does not fit into the stems.

    See Also
    --------
    djtrans.generate_transition : Takes the features of two windows.

    Examples
    --------
    >>> import djtrans
    >>> structure = (("intro", 8), ("drop", 8))
    >>> synthetic = djtrans.synthesize(djtrans.TrackSpec(bpm=124.0, structure=structure))
    >>> track = djtrans.Track(synthetic.audio, synthetic.sample_rate)
    >>> analysis = djtrans.analyze_track(track)
    >>> features = djtrans.build_track_features(synthetic.stems, analysis, n_frames=32)
    >>> len(features.beat_times)
    17
    """
    grid = analysis.grid
    bar = round((float(grid.beat_of(start_seconds)) - grid.first_downbeat) / grid.beats_per_bar)
    first = grid.beat_of_bar(max(bar, 0))
    beats, rest = divmod(n_frames, frames_per_beat)
    if rest or beats < 1:
        raise InputError(
            f"n_frames = {n_frames} is not a whole number of beats at {frames_per_beat} frames "
            f"per beat; give a multiple of {frames_per_beat}."
        )
    times = torch.from_numpy(grid.time_of(first + torch.arange(beats + 1).double().numpy()))
    return extract_features(
        stems,
        times,
        bpm=grid.bpm,
        key=analysis.key.camelot,
        reference_db=analysis.levels.short_term_p95_lufs,
        isolated=isolated,
        phrase_beats=tuple(
            float(beat)
            for beat in (grid.beat_of_bar(b) - first for b in sorted(analysis.phrase_bars))
            if 0 <= beat <= beats
        ),
        sections=tuple(
            BeatSection(s.label, start, stop, s.level_db)
            for s in analysis.sections
            if (stop := grid.beat_of_bar(s.end_bar) - first) > 0
            and (start := grid.beat_of_bar(s.start_bar) - first) < beats
        ),
        beats_per_bar=grid.beats_per_bar,
        frames_per_beat=frames_per_beat,
        extractors=default_extractors() if extractors is None else extractors,
    )


def generate_transition(
    model: CurveModel,
    mixer: Mixer,
    stems_a: Stems,
    stems_b: Stems,
    features_a: TrackFeatures,
    features_b: TrackFeatures,
    n_frames: int | None = None,
    device: str | torch.device = "cpu",
    *,
    seed: int = 0,
) -> tuple[Tensor, TransitionParams]:
    """Generate the curves for two windows, and mix them.

    The windows are those of the features. B's stems are time-stretched to A's beats if the tempos
    differ; the swap lies on the downbeat in the middle.

    Parameters
    ----------
    model : CurveModel
        A trained model or a technique.
    mixer : Mixer
    stems_a, stems_b : Stems
        ``[stems, channels, samples]``; they contain the windows of their features.
    features_a, features_b : TrackFeatures
        With the same number of beats.
    n_frames : int, optional
        Resample the generated curves to this many frames.
    device : str or torch.device
        Device of the mixer.
    seed : int
        Seed of the model and of the mixer.

    Returns
    -------
    audio : Tensor
        ``[channels, samples]``, the mixed window.
    params : TransitionParams
        The curves.

    Raises
    ------
    InputError
        If the windows differ in beats, or the stems in rate, channels or names.

    See Also
    --------
    djtrans.generate : Transition between two files.

    Examples
    --------
    >>> import djtrans
    >>> structure = (("intro", 8), ("drop", 8))
    >>> synthetic = djtrans.synthesize(djtrans.TrackSpec(bpm=124.0, structure=structure))
    >>> track = djtrans.Track(synthetic.audio, synthetic.sample_rate)
    >>> stems = synthetic.stems
    >>> features = djtrans.build_track_features(stems, djtrans.analyze_track(track), n_frames=32)
    >>> model = djtrans.load_technique("bass-swap")
    >>> mixer = djtrans.DifferentiableDJMixer()
    >>> audio, params = djtrans.generate_transition(
    ...     model, mixer, stems, stems, features, features
    ... )
    >>> params.values.shape
    torch.Size([32, 54])
    """
    if len(features_a.beat_times) != len(features_b.beat_times):
        raise InputError(
            f"The windows have {len(features_a.beat_times) - 1} and "
            f"{len(features_b.beat_times) - 1} beats; build both features with the same n_frames."
        )
    rate = stems_a.sample_rate
    if stems_b.sample_rate != rate:
        raise InputError(
            f"The stems have sample rates {rate} and {stems_b.sample_rate} Hz; load both with the "
            "same sample_rate."
        )
    beat_times = features_a.beat_times - features_a.beat_times[0]
    length = float(beat_times[-1])
    window_a = _cut(stems_a, features_a, length, 1.0)
    ratio = float(features_b.beat_times[-1] - features_b.beat_times[0]) / length
    window_b = _cut(stems_b, features_b, length, ratio)
    bars = (len(beat_times) - 1) // features_a.beats_per_bar
    swap_beat = max(1, bars // 2) * features_a.beats_per_bar
    request = CurveRequest(
        layout=mixer.layout,
        n_frames=(len(beat_times) - 1) * features_a.frames_per_beat,
        swap_beat=swap_beat,
        frames_per_beat=features_a.frames_per_beat,
        beats_per_bar=features_a.beats_per_bar,
        seed=seed,
        phrase_beats_a=features_a.phrase_beats,
        phrase_beats_b=features_b.phrase_beats,
        place_a="phrase" if swap_beat in features_a.phrase_beats else "",
        place_b="phrase" if swap_beat in features_b.phrase_beats else "",
        key_distance=key_relation(features_a.key, features_b.key).steps,
        features_a=features_a,
        features_b=features_b,
    )
    params = generate_params(model, request, beat_times)
    if n_frames is not None:
        params = params.resampled(n_frames)
    mixer.to(device)
    with torch.no_grad():
        out = mixer(window_a.to(device), window_b.to(device), params.to(device), seed=seed)
    return out.mix.cpu(), params.to("cpu")


def _cut(stems: Stems, features: TrackFeatures, length: float, ratio: float) -> Stems:
    """Cut the window out of the stems, stretched by `ratio` track seconds per second."""
    start = float(features.beat_times[0])
    if abs(ratio - 1.0) < SAME_TEMPO:
        first = round(start * stems.sample_rate)
        return stems.window(first, first + round(length * stems.sample_rate))
    points = ((0.0, start), (length, start + length * ratio))
    parts = [warp(stem, points, stems.sample_rate, 0.0, length) for stem in stems.audio]
    return attrs.evolve(stems, audio=torch.stack(parts))
