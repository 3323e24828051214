"""The built-in components pass every rule."""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from pathlib import Path

import attrs
import numpy as np
import torch

import djtrans.plugins.analyzers
import djtrans.plugins.denoisers
import djtrans.plugins.effects
import djtrans.plugins.encoders
import djtrans.plugins.exporters
import djtrans.plugins.libraries
import djtrans.plugins.metrics
import djtrans.plugins.mixers
import djtrans.plugins.objectives
import djtrans.plugins.schedulers
import djtrans.plugins.separators
import djtrans.plugins.techniques
import djtrans.plugins.tracklists
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.stems import Stems
from djtrans.testing import example_parts, parametrize_checks
from djtrans.testing.building import resolve_factory
from djtrans.testing.example_track import TRACK_BPM
from tests.helpers.beat_this import network, stand_in


def folder_of_parts(config):
    """The separator of ready stems, on the true parts of what the rules feed it."""
    path = Path(tempfile.mkdtemp()) / "stems"
    parts = example_parts(2, 22050)
    save_stems(Stems(torch.stack(list(parts.values())), tuple(parts), 22050), path)
    factory = resolve_factory("djtrans.plugins.separators.folder:FolderSeparator")
    return factory(attrs.evolve(config, path=str(path)))


def untrained_demucs(config):
    """The real separator with a small random network, saved as demucs releases are."""
    from demucs.htdemucs import HTDemucs
    from safetensors.torch import save_file

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = HTDemucs(
            sources=["drums", "bass", "other", "vocals"],
            channels=8,
            t_layers=1,
            t_heads=4,
            segment=Fraction(3, 2),
        ).eval()
    _, kwargs = network._init_args_kwargs
    segment = {"_type": "fraction", "numerator": 3, "denominator": 2}
    metadata = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": "[]",
        "kwargs": json.dumps(kwargs | {"segment": segment}),
    }
    file = Path(tempfile.mkdtemp()) / "955717e8.safetensors"
    save_file(network.state_dict(), file, metadata=metadata)
    factory = resolve_factory("djtrans.plugins.separators.demucs:DemucsSeparator")
    return factory(attrs.evolve(config, weights=str(file), device="cpu"))


class StandInBeats:
    """The real analyzer, with a network that finds the beats of the example track."""

    def __init__(self, config):
        file = Path(tempfile.mkdtemp()) / "final0.ckpt"
        file.write_bytes(b"weights")
        self._config = attrs.evolve(config, checkpoint=str(file), device="cpu")

    def analyze(self, audio, sample_rate, progress=None):
        beats = np.arange(0.0, audio.shape[-1] / sample_rate, 60.0 / TRACK_BPM)
        analyzer = resolve_factory("djtrans.plugins.analyzers.beat_this_analyzer:BeatThisAnalyzer")
        with stand_in(network(beats, beats[::4])):
            return analyzer(self._config).analyze(audio, sample_rate, progress)


test_effects = parametrize_checks(djtrans.plugins.effects)
test_separators = parametrize_checks(
    djtrans.plugins.separators,
    {
        ("demucs", "stems_are_in_the_declared_order"): "The network is untrained.",
    },
    makers={"folder": folder_of_parts, "demucs": untrained_demucs},
)
#: What a baseline does not do, and why it is not to.
BASELINES = {
    ("fade", "one_track_owns_the_lows"): "An equal-power fade has two basses: the baseline.",
    ("linear-fade", "one_track_owns_the_lows"): "A baseline: two basses.",
    ("linear-fade", "seeds_vary_the_curves"): "A baseline is one curve.",
    ("sum", "one_track_owns_the_lows"): "A baseline: what happens without a DJ.",
    ("sum", "the_lows_come_on_a_downbeat"): "B is there from the second frame on.",
    ("sum", "seeds_vary_the_curves"): "A baseline is one curve.",
}
test_techniques = parametrize_checks(djtrans.plugins.techniques, BASELINES)
test_metrics = parametrize_checks(djtrans.plugins.metrics)
test_objectives = parametrize_checks(djtrans.plugins.objectives)
test_mixers = parametrize_checks(djtrans.plugins.mixers)
test_analyzers = parametrize_checks(djtrans.plugins.analyzers, makers={"beat-this": StandInBeats})
test_encoders = parametrize_checks(djtrans.plugins.encoders)
test_denoisers = parametrize_checks(djtrans.plugins.denoisers)
test_schedulers = parametrize_checks(djtrans.plugins.schedulers)
test_tracklists = parametrize_checks(djtrans.plugins.tracklists)
test_libraries = parametrize_checks(djtrans.plugins.libraries)
test_exporters = parametrize_checks(djtrans.plugins.exporters)
