"""Errors of effects name the node, the frame and the plugin."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.errors import PluginError, ShapeError
from djtrans.mixer.not_finite import raise_not_finite

RATE = 8000
TRACK_RATE = 22050


class Wobble:
    """An insert that fails in one way above a depth of a half."""

    fault = ""

    def __init__(self, config): ...

    def latency_samples(self, ctx):
        return 0

    def tail_seconds(self, ctx):
        return 0.0

    def init_state(self, batch, channels, ctx):
        return ()

    def process(self, audio, curves, ctx, state):
        deep = curves["depth"] > 0.5
        if self.fault == "raise" and bool(deep.any()):
            raise RuntimeError("the size of tensor a must match")
        if self.fault == "nan":
            audio = audio.masked_fill(deep.unsqueeze(1), float("nan"))
        return audio, state


class Raises(Wobble):
    fault = "raise"


class MakesNan(Wobble):
    fault = "nan"


class BadMask:
    def __init__(self, config): ...

    def mask(self, curves, freqs_hz, ctx):
        depth = curves["depth"].unsqueeze(-1)
        return torch.where(depth > 0.5, float("nan"), torch.ones_like(depth))


class NoMask(BadMask):
    def mask(self, curves, freqs_hz, ctx):
        if bool((curves["depth"] > 0.5).any()):
            raise KeyError("cutoff")
        return torch.ones_like(curves["depth"]).unsqueeze(-1)


def registry_with(effect):
    class Plugin:
        @djtrans.hookimpl
        def djtrans_effects(self):
            yield djtrans.EffectDeclaration(
                name="wobble",
                summary="A fault.",
                factory=effect,
                domain="spectral" if issubclass(effect, BadMask) else "time",
                placements=("stem", "track"),
                parameters=(djtrans.Parameter(name="depth"),),
            )

    registry = djtrans.Registry(discover=False)
    registry.register(Plugin(), "acme")
    return registry


def mixer_with(effect):
    registry = registry_with(effect)
    spec = djtrans.resolve_spec("dj54")
    node = djtrans.NodeSpec("shake", "acme/wobble")
    larger = attrs.evolve(spec, track_chain=(node, *spec.track_chain))
    return djtrans.DifferentiableDJMixer(larger, registry=registry)


def inputs(mixer):
    """Eight frames of a quarter of a second, the depth above a half from the fourth on."""
    values = torch.tensor(mixer.layout.neutral).repeat(8, 1)
    values[4:, mixer.layout.index("a/track/shake/depth")] = 1.0
    audio = 0.1 * torch.randn(4, 2, 2 * RATE, generator=torch.Generator().manual_seed(1))
    return audio, audio, values


@pytest.mark.parametrize(
    ("effect", "message"),
    [
        (
            Raises,
            r"Node 'shake' \(effect acme/wobble of .*\) failed at frame 0 with RuntimeError: the",
        ),
        (NoMask, r"Node 'shake' \(effect acme/wobble .* failed with KeyError: 'cutoff' \(curves"),
    ],
)
def test_exceptions_name_node_frame_and_plugin(effect, message):
    mixer = mixer_with(effect)
    with pytest.raises(PluginError, match=message):
        mixer(*inputs(mixer), sample_rate=RATE)


@pytest.mark.parametrize(
    ("effect", "message"),
    [
        (
            MakesNan,
            r"\(effect acme/wobble of \(run time\)\) makes samples .* in frame 3, with depth = 0.5",
        ),
        (
            BadMask,
            r"Node 'shake' .* makes a mask with values that are not finite .* with depth = 0\.5",
        ),
    ],
)
def test_samples_that_are_not_finite_are_traced_to_their_node(effect, message):
    mixer = mixer_with(effect)
    given = inputs(mixer)
    assert not torch.isfinite(mixer(*given, sample_rate=RATE).mix).all()
    with pytest.raises(PluginError, match=message):
        raise_not_finite(mixer, *given, sample_rate=RATE)


def test_finite_effects_are_not_blamed():
    mixer = mixer_with(Wobble)
    with pytest.raises(PluginError, match="the output of every effect is finite"):
        raise_not_finite(mixer, *inputs(mixer), sample_rate=RATE)


@pytest.mark.usefixtures("warm_cache")
def test_a_transition_with_samples_that_are_not_finite_is_an_error():
    class Shake:
        def __init__(self, config): ...

        def generate(self, request):
            sheet = djtrans.CurveSheet(request)
            sheet.line("a/*/fader/gain", [(0, 1), (request.beats - 0.5, 0)])
            sheet.line("b/*/fader/gain", [(0, 0), (request.beats - 0.5, 1)])
            sheet.line("a/track/shake/depth", [(4, 0), (8, 1), (12, 0)])
            return sheet.values

    class NanCurves(Shake):
        def generate(self, request):
            curves = super().generate(request)
            curves[5, request.layout.index("a/track/shake/depth")] = float("nan")
            return curves

    class Broken(Shake):
        def generate(self, request):
            return request.nothing

    registry = registry_with(MakesNan)
    spec = djtrans.resolve_spec("dj54")
    node = djtrans.NodeSpec("shake", "acme/wobble")
    structure = (("intro", 8), ("drop", 8))
    tracks = [
        djtrans.Track(
            djtrans.synthesize(
                djtrans.TrackSpec(
                    bpm=bpm, seed=seed, structure=structure, sample_rate_hz=TRACK_RATE
                )
            ).audio,
            TRACK_RATE,
            f"{seed}",
        )
        for seed, bpm in ((1, 172.0), (2, 170.0))
    ]
    fade = registry.techniques.find("fade").declaration
    for technique, message in (
        (Shake, r"Node 'shake' .* not finite .* in frame \d+, with depth = "),
        (NanCurves, r"fade of djtrans .* not finite: a/track/shake/depth is nan in frame 5 of 32"),
        (Broken, r"The technique djtrans/fade of djtrans .* failed with AttributeError"),
    ):
        with (
            registry.override("technique", "fade", attrs.evolve(fade, factory=technique)),
            pytest.raises((PluginError, ShapeError), match=message),
        ):
            djtrans.generate(
                *tracks,
                technique="fade",
                bars=4,
                separator="spectral",
                model="none",
                mixer=attrs.evolve(spec, track_chain=(node, *spec.track_chain)),
                registry=registry,
            )
