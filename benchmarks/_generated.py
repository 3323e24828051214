"""Transitions of all sources of a case, and their measurements."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import attrs
import numpy as np
import torch
from _cases import Case, LoadedCase, beat_times
from _sampling import ABLATIONS, Encoded, Sampler, shuffled_powers
from torch import Tensor

import djtrans
from djtrans import load_technique
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import conform
from djtrans.core.transition.alignment import window_span
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.normalization import Scaling
from djtrans.inverse.bands import stem_masks
from djtrans.mixer.mixer import Mixer
from djtrans.pipeline.curve_generation import generate_params
from djtrans.pipeline.curve_sampling import sample_params
from djtrans.pipeline.options import GenerateOptions
from djtrans.pipeline.transition import Transition

RULES, MODEL, REFINED = "rules", "model", ", refined"
SAMPLE, FIRST = "model, sample only", "model, first sample"
#: The best of several samples, with both tracks shuffled in conditioning and predicted mix.
SHUFFLED = "model, tracks shuffled"
SOURCES = (RULES, RULES + REFINED, SAMPLE, FIRST, MODEL, MODEL + REFINED, *ABLATIONS, SHUFFLED)
#: Seeds whose distance is the diversity of a source.
SEEDS = 4
#: Frequencies of kick and bass in Hz.
LOWS_HZ = (45.0, 60.0, 80.0, 110.0, 150.0)
LOW_STEMS = ("drums", "bass")


class Generated:
    """Transitions of all sources of a case, each generated once.

    Attributes
    ----------
    changed : dict of str to tuple of float
        For each ablation: the root mean square change of the normalized curves, and their distance
        for different seeds.
    """

    def __init__(self, case: LoadedCase, model: DiffusionModel, other: Case) -> None:
        self.case, self.model, self.other = case, model, other
        self.sampler = Sampler(model, case.request(model.extractors))
        self.seeds = [self.sampler.request.seed + index for index in range(SEEDS)]
        self.known: dict[str, Transition] = {}
        self.changed: dict[str, tuple[float, float]] = {}

    def transition(self, source: str) -> Transition | None:
        """Render a source; None if the model lacks what is to be removed."""
        if source not in self.known:
            found = self._generate(source)
            if found is None:
                return None
            self.known[source] = found
        return self.known[source]

    def _generate(self, source: str) -> Transition | None:
        if source == RULES:
            return self.case.rules
        if source.endswith(REFINED):
            start = self.transition(source.removesuffix(REFINED))
            return None if start is None else djtrans.refine(start)
        request = self.sampler.request
        if source == FIRST:
            params = generate_params(self.model, request, beat_times(self.case))
            return self.case.with_curves(params.values)
        if source == MODEL:
            options, measure = GenerateOptions(), lambda: self.case.powers
            params, _ = sample_params(
                self.model, request, beat_times(self.case), options, measure=measure
            )
            return self.case.with_curves(params.values)
        encoded = self.sampler.encoded()
        if source == SAMPLE:
            return self.case.with_curves(self.sampler.unprocessed(self.samples[0]))
        if source == SHUFFLED:
            return self._shuffled(encoded)
        other = self._other() if source == "model, audio of another case" else None
        changed = ABLATIONS[source](encoded, other)
        if changed is None:
            return None
        curves = self.sampler.sample(changed, [request.seed])[0]
        self.changed[source] = (rms(curves - self.samples[0]), distance(self.samples))
        return self.case.with_curves(self.sampler.processed(curves))

    def _shuffled(self, encoded: Encoded) -> Transition | None:
        changed = ABLATIONS["model, audio shuffled"](encoded, None)
        if changed is None:
            return None
        powers, best = self.case.powers, self.sampler.best
        each = torch.stack([best(encoded, powers, seed) for seed in self.seeds])
        curves = best(changed, shuffled_powers(powers), self.seeds[0])
        self.changed[SHUFFLED] = (rms(curves - each[0]), distance(each))
        return self.case.with_curves(self.sampler.processed(curves))

    def _other(self) -> Encoded | None:
        """Encode another case; None if it has a track of this one."""
        loaded = self.other.load()
        if set(loaded.track_hashes) & set(self.case.track_hashes):
            return None
        return Sampler(self.model, loaded.request(self.model.extractors)).encoded()

    @functools.cached_property
    def samples(self) -> Tensor:
        """Samples with several seeds, the first that of the request, without post-processing."""
        return self.sampler.sample(self.sampler.encoded(), self.seeds)

    def diversity(self, source: str) -> float:
        """Measure the distance of the curves of a source with different seeds."""
        request = self.sampler.request
        if source == MODEL:
            curves = self.model.generate_many(request, self.seeds)
        else:
            technique = load_technique(self.case.content.plan.technique)
            each = [technique.generate(attrs.evolve(request, seed=seed)) for seed in self.seeds]
            curves = torch.stack(each)
        return distance(Scaling(request.layout).to_model(conform(curves, request.layout)))


def rms(difference: Tensor) -> float:
    """Compute a root mean square."""
    return float(difference.square().mean().sqrt())


def distance(curves: Tensor) -> float:
    """Compute the mean root mean square difference of curves ``[seeds, frames, parameters]``."""
    return float(np.mean([rms(a - b) for a, b in itertools.combinations(curves, 2)]))


def measure(mixer: Mixer, transition: Transition) -> dict[str, Any]:
    """Measure a rendered transition by all metrics and gates."""
    metrics, plan = transition.metrics(), transition.plan
    use, exchange = transition.provenance.refinement, exchange_beat(mixer, transition)
    boundaries = [*plan.phrase_beats(plan.a), *plan.phrase_beats(plan.b), plan.swap_beat]
    off = None if exchange is None else min(abs(exchange - beat) for beat in boundaries)
    return {
        "metrics": metrics.values(),
        "gates": {gate.name: gate.verdict for gate in metrics.gates},
        "exchange": {
            "off_swap": None if exchange is None else exchange - plan.swap_beat,
            "off_phrase": off,
        },
        "refinement": None if use is None else {"accepted": use.accepted, "reason": use.reason},
    }


def exchange_beat(mixer: Mixer, transition: Transition) -> float | None:
    """Find the beat from which B's kick and bass own the low end; None if they do not."""
    params = transition.params
    span = window_span(transition.plan, transition.sample_rate)
    stems = [track.window(span) for track in (transition.a, transition.b)]
    ctx = RenderContext(transition.sample_rate, params.beat_times, params.frame_times)
    gains = stem_masks(mixer, params.values, torch.tensor(LOWS_HZ), ctx).square().mean(dim=-1)
    power = torch.cat([s.audio.square().mean(dim=(1, 2)) for s in stems])
    low = [i for i, name in enumerate(stems[0].names) if name in LOW_STEMS]
    count = len(stems[0].names)
    shares = gains * power[:, None]
    b_owns = shares[[i + count for i in low]].sum(dim=0) > shares[low].sum(dim=0)
    changes = (b_owns[1:] != b_owns[:-1]).nonzero().flatten()
    if len(changes) == 0 or not bool(b_owns[-1]):
        return None
    return (int(changes[-1]) + 1) / params.frames_per_beat
