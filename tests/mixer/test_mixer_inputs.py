"""Effects with further inputs: the other track, and stems."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError
from djtrans.mixer.build import build_node
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode

STEMS = ("drums", "bass")
RATE = 8000


class Add:
    """Adds its inputs, the first times 10, the second times 100."""

    def latency_samples(self, ctx):
        return 0

    def tail_seconds(self, ctx):
        return 0.0

    def init_state(self, batch, channels, ctx):
        return ()

    def process(self, audio, curves, ctx, state, *, inputs):
        amount = curves["amount"].unsqueeze(1)
        for factor, signal in zip((10.0, 100.0), inputs.values(), strict=False):
            audio = audio + factor * amount * signal
        return audio, state


def declaration(*inputs, placement="track"):
    return EffectDeclaration(
        name="add",
        summary="A sum.",
        factory="nowhere:Add",
        domain="time",
        placements=(placement,),
        inputs=inputs,
        parameters=(Parameter(name="amount"),),
    )


def mixer(declared, fader=True, late=False):
    """A mixer with faders, of which the last stem stage is spectral, and the effect."""
    node = BuiltNode("add", Add(), declared, declared.parameters)
    spec = NodeSpec("add", "add")
    chains = {"stem": [], "track": []}
    chains[declared.placements[0]].append((spec, node))
    if fader:
        gain = NodeSpec("fader", "djtrans/gain")
        chains["stem"].insert(0, (gain, build_node(gain)))
    specs = {f"{p}_chain": tuple(s for s, _ in chain) for p, chain in chains.items()}
    nodes = [tuple(n for _, n in chains[p]) for p in ("stem", "track")]
    return Mixer(MixerSpec(stems=STEMS, **specs), *nodes)


def values(built, **changed):
    """Neutral values of two frames, with some keys changed."""
    found = torch.tensor(built.layout.neutral).repeat(2, 1)
    for key, value in changed.items():
        found[:, built.layout.index(key.replace("__", "/"))] = value
    return found


def stems(seed, samples=4000):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 2, samples, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("fader", [True, False])
def test_a_track_gets_the_other_track_and_stems_of_both_behind_their_faders(fader):
    built = mixer(declaration("other", "other/drums"), fader)
    a, b = stems(1), stems(2)
    changed = {"a__track__add__amount": 1.0}
    heard_drums = b[0]
    if fader:
        changed["b__drums__fader__gain"] = 0.25
        heard_drums = 0.25 * b[0]
    out = built(a, b, values(built, **changed), sample_rate=RATE)
    heard_b = heard_drums + b[1]
    torch.testing.assert_close(out.b, heard_b, rtol=0, atol=1e-6)
    expected = a.sum(dim=0) + 10 * heard_b + 100 * heard_drums
    torch.testing.assert_close(out.a, expected, rtol=0, atol=1e-4)


def test_a_track_gets_a_stem_of_its_own():
    built = mixer(declaration("bass"))
    a, b = stems(1), stems(2)
    out = built(a, b, values(built, b__track__add__amount=1.0), sample_rate=RATE)
    torch.testing.assert_close(out.b, b.sum(dim=0) + 10 * b[1], rtol=0, atol=1e-5)
    torch.testing.assert_close(out.a, a.sum(dim=0), rtol=0, atol=1e-6)


def test_a_stem_gets_the_same_stem_of_the_other_track_and_named_ones():
    built = mixer(declaration("other", "bass", placement="stem"))
    a, b = stems(1), stems(2)
    out = built(a, b, values(built, a__drums__add__amount=0.5), sample_rate=RATE)
    expected = a.sum(dim=0) + 0.5 * (10 * b[0] + 100 * a[1])
    torch.testing.assert_close(out.a, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("inputs", [("other/drums",), ("other",), ("drums", "other/bass")])
def test_streaming_gives_what_one_call_gives(inputs):
    built = mixer(declaration(*inputs))
    a, b = stems(1, 9000), stems(2, 9000)
    curves = values(built, a__track__add__amount=0.7, b__track__add__amount=0.2)
    whole = built(a, b, curves, sample_rate=RATE)
    stream = built.stream(
        curves, sample_rate=RATE, frame_times=[0.0, 9000 / RATE / 2], dtype=torch.float64
    )
    cuts = [1, 500, 2500, 2501, 9000]
    parts = [
        stream.process(a[..., i:j], b[..., i:j]) for i, j in zip([0, *cuts], cuts, strict=False)
    ]
    parts.append(stream.flush())
    for name in ("mix", "a", "b"):
        joined = torch.cat([getattr(part, name) for part in parts], dim=-1)
        torch.testing.assert_close(joined, getattr(whole, name), rtol=0, atol=1e-9)


def test_gradients_pass_through_the_inputs():
    built = mixer(declaration("other/drums"))
    a, b = stems(1, 1000), stems(2, 1000).requires_grad_(True)
    curves = values(built, a__track__add__amount=0.5).double().requires_grad_(True)
    out = built(a, b, curves, sample_rate=RATE)
    (gradient, of_curves) = torch.autograd.grad(out.a.sum(), (b, curves))
    # d(sum of A) / d(drums of B) is 10 * 0.5, but at the ends of the first and last STFT frame.
    torch.testing.assert_close(gradient[0], torch.full_like(b[0], 5.0), rtol=0, atol=1e-6)
    assert not gradient[1].any()
    fader = built.layout.index("b/drums/fader/gain")
    assert of_curves[:, fader].abs().sum() > 0


def test_a_batch_keeps_its_rows_apart():
    built = mixer(declaration("other/drums"))
    a = torch.stack([stems(1), stems(3)])
    b = torch.stack([stems(2), stems(4)])
    curves = values(built, a__track__add__amount=1.0)
    together = built(a, b, curves, sample_rate=RATE)
    for row in range(2):
        alone = built(a[row], b[row], curves, sample_rate=RATE)
        torch.testing.assert_close(together.a[row], alone.a, rtol=0, atol=1e-9)


def test_inputs_that_cannot_be_had_are_refused():
    with pytest.raises(ConfigError, match="needs the stem 'vocals' as an input of 'add'"):
        mixer(declaration("other/vocals"))
    for inputs, change, message in (
        (("other",), {"domain": "spectral"}, "need the time domain"),
        (("other",), {"placements": ("track", "master")}, "need the time domain"),
        (("Other!",), {}, "give 'other', stem names such as 'drums'"),
        (("other", "other"), {}, "each once"),
    ):
        with pytest.raises(ConfigError, match=message):
            attrs.evolve(declaration(), inputs=inputs, **change)
