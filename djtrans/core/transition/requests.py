"""Build the curve request of a planned transition, for inference and datasets."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stems import Stems
from djtrans.core.transition.plan import TrackPlan, TransitionPlan


def reference_level(analysis: Analysis, side: TrackPlan) -> float:
    """Compute the level of a track's loud parts at the mixer's input in dB, including its gain."""
    return analysis.levels.short_term_p95_lufs + side.gain_db


def window_features(
    stems: Stems,
    plan: TransitionPlan,
    side: TrackPlan,
    *,
    reference_db: float,
    isolated: bool,
    laid_rate: float = 1.0,
    extractors: Sequence[FeatureExtractor] = (),
) -> TrackFeatures:
    """Extract the features of one track in the window of a plan.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``: the aligned stems over the window, including the gain.
    plan : TransitionPlan
        The plan.
    side : TrackPlan
        The track's part of it.
    reference_db : float
        See :func:`reference_level`.
    isolated : bool
        True if the stems have good isolation.
    laid_rate : float
        Track seconds per second of the stems' source, if that was already stretched.
    extractors : sequence of FeatureExtractor
        Extractors of the model's encoders.

    Returns
    -------
    TrackFeatures
    """
    beat_times = torch.tensor(plan.beat_times, dtype=torch.float64)
    return extract_features(
        stems,
        beat_times,
        bpm=60.0 * (len(beat_times) - 1) / float(beat_times[-1]),
        key=side.key,
        reference_db=reference_db,
        isolated=isolated,
        stretch=laid_rate * (1.0 + side.stretch_percent / 100.0) - 1.0,
        phrase_beats=plan.phrase_beats(side),
        sections=plan.beat_sections(side),
        beats_per_bar=plan.beats_per_bar,
        frames_per_beat=plan.frames_per_beat,
        extractors=extractors,
        gain_db=side.gain_db,
    )


def build_curve_request(
    plan: TransitionPlan,
    layout: Layout,
    features_a: TrackFeatures | None,
    features_b: TrackFeatures | None,
    seed: int = 0,
) -> CurveRequest:
    """Build the request for the curves of a plan.

    Parameters
    ----------
    plan : TransitionPlan
        The plan.
    layout : Layout
        Parameters to generate.
    features_a, features_b : TrackFeatures
        See :func:`window_features`.
    seed : int
        Random seed.

    Returns
    -------
    CurveRequest
    """
    return CurveRequest(
        layout=layout,
        n_frames=plan.n_frames,
        swap_beat=plan.swap_beat,
        frames_per_beat=plan.frames_per_beat,
        beats_per_bar=plan.beats_per_bar,
        seed=seed,
        phrase_beats_a=plan.phrase_beats(plan.a),
        phrase_beats_b=plan.phrase_beats(plan.b),
        technique=plan.technique,
        place_a=plan.a.place,
        place_b=plan.b.place,
        key_distance=plan.key_distance,
        features_a=features_a,
        features_b=features_b,
    )
