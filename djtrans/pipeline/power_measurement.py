"""Measure the power of a planned pair of tracks, to predict their mix."""

from __future__ import annotations

import torch

from djtrans.core.transition.alignment import AlignedTrack, window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.mixer.mixer import Mixer
from djtrans.objectives import PowerModel, measure_cross_power, measure_stem_powers


def power_model(
    mixer: Mixer, plan: TransitionPlan, tracks: Pair[AlignedTrack], isolated: Pair[bool]
) -> PowerModel:
    """Measure the stems of two tracks within the window of a plan, to predict their mix.

    Parameters
    ----------
    mixer : Mixer
    plan : TransitionPlan
    tracks : Pair of AlignedTrack
        Both tracks on the timeline of the plan.
    isolated : Pair of bool
        True if the stems have good isolation.

    Returns
    -------
    PowerModel
    """
    rate = tracks.a.stems.sample_rate
    stems = tracks.map(lambda track: track.window(window_span(plan, rate)))
    beat_times = torch.tensor(plan.beat_times, dtype=torch.float64)
    sources = Pair(
        measure_stem_powers(stems.a, beat_times, isolated=isolated.a),
        measure_stem_powers(stems.b, beat_times, isolated=isolated.b),
    )
    return PowerModel(
        mixer=mixer,
        sources=sources,
        cross_power=measure_cross_power(stems.a, stems.b, sources.a),
        beat_times=beat_times,
        swap_beat=plan.swap_beat,
        sample_rate=rate,
        phrase_beats=Pair(plan.phrase_beats(plan.a), plan.phrase_beats(plan.b)),
        frames_per_beat=plan.frames_per_beat,
        beats_per_bar=plan.beats_per_bar,
    )
