"""One effect on audio: closed forms, and the mixer that it must agree with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from djtrans import EffectDeclaration, MixerSpec, NodeSpec, Parameter, apply_effect
from djtrans.core.errors import ConfigError, InputError, ShapeError, UnknownComponentError
from djtrans.mixer.build import DifferentiableDJMixer, build_node
from djtrans.mixer.mixer import Mixer

Make = Callable[..., torch.Tensor]
RATE = 22050


class Invert:
    """A time effect that turns the sign of the audio around, three samples late."""

    def __init__(self, config: object) -> None:
        pass

    def latency_samples(self, ctx: object) -> int:
        return 3

    def tail_seconds(self, ctx: object) -> float:
        return 0.0

    def init_state(self, batch: int, channels: int, ctx: object) -> torch.Tensor:
        return torch.zeros(batch, channels, 3)

    def process(self, audio, curves, ctx, state):
        line = torch.cat([state.to(audio), audio * (1 - 2 * curves["amount"]).unsqueeze(1)], -1)
        return line[..., : audio.shape[-1]], line[..., audio.shape[-1] :]


INVERT = EffectDeclaration(
    name="invert",
    summary="Inverts the sign.",
    factory=Invert,
    domain="time",
    placements=("stem",),
    parameters=(Parameter(name="amount", summary="1 inverts it."),),
)


def test_a_gain_of_half_is_half_the_audio(noise: Make) -> None:
    audio = noise(2, 9000)
    torch.testing.assert_close(
        apply_effect("gain", audio, gain=0.5), 0.5 * audio, atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("effect", ["lowpass", "highpass", "eq3", "reverb", "delay"])
def test_neutral_effects_give_the_audio_back(noise: Make, effect: str) -> None:
    audio = noise(3, 2, 9000)
    torch.testing.assert_close(apply_effect(effect, audio, RATE), audio, atol=1e-6, rtol=0)


def test_the_open_lowpass_lets_everything_through(noise: Make) -> None:
    audio = noise(2, 9000, dtype=torch.float64)
    out = apply_effect("lowpass", audio, cutoff=1.0)
    torch.testing.assert_close(out, audio, atol=1e-12, rtol=0)


def test_an_array_is_spread_over_the_audio() -> None:
    ramp = np.linspace(1, 0, 8, endpoint=False)
    out = apply_effect("gain", torch.ones(1, 8000, dtype=torch.float64), 8000, gain=ramp)
    # Within an STFT frame the gain is averaged, which leaves a straight line straight.
    at = torch.arange(1000, 6000)
    torch.testing.assert_close(out[0, at], 1 - at.double() / 8000, atol=1e-3, rtol=0)


def test_frames_can_lie_on_beats() -> None:
    """At 60 BPM and one frame per beat the third frame is two seconds in, and is held."""
    audio = torch.ones(1, 32000)
    out = apply_effect("gain", audio, 8000, bpm=60, frames_per_beat=1, gain=[1.0, 1.0, 0.25])
    assert out[0, 8000].item() == pytest.approx(1, abs=1e-3)
    assert out[0, 20000:31000].sub(0.25).abs().max() < 1e-5


def test_the_echo_falls_on_the_beat() -> None:
    click = torch.zeros(1, 8000)
    click[0, 0] = 1.0
    out = apply_effect("delay", click, 8000, config={"beats": 0.5}, bpm=150, send=1.0)
    assert out.nonzero()[:, 1].tolist() == [0, 1600]
    assert out[0, 1600] == 1.0


@pytest.mark.parametrize(
    ("effect", "curves"),
    [
        ("lowpass", {"cutoff": [0.9, 0.3, 0.6, 0.8]}),
        ("reverb", {"send": [0.0, 1.0, 0.5, 0.0]}),
        ("delay", {"send": [1.0, 0.0, 1.0, 1.0], "feedback": [0.5] * 4}),
    ],
)
def test_the_same_node_of_a_mixer_gives_the_same(noise: Make, effect: str, curves: dict) -> None:
    audio = noise(2, 30000)
    spec = MixerSpec(stems=("x",), stem_chain=(), track_chain=(NodeSpec("n", effect),))
    mixer = DifferentiableDJMixer(spec)
    values = torch.tensor([curves[row.parameter.name] for row in mixer.layout.rows]).T
    frames = torch.arange(4, dtype=torch.float64) * (30000 / RATE / 4)
    expected = mixer(
        audio[None],
        torch.zeros(1, 2, 30000),
        values,
        sample_rate=RATE,
        frame_times=frames,
        beat_times=torch.arange(4, dtype=torch.float64) * 0.5,
        seed=4,
        tail_seconds=0.5,
    )
    out = apply_effect(effect, audio, RATE, seed=4, tail_seconds=0.5, **curves)
    torch.testing.assert_close(out, expected.a, atol=1e-6, rtol=0)


def test_a_batch_is_its_rows_one_by_one(noise: Make) -> None:
    audio, gains = noise(2, 1, 5000), torch.tensor([[0.2, 0.4], [0.9, 0.7]])
    both = apply_effect("gain", audio, gain=gains)
    for row in range(2):
        torch.testing.assert_close(both[row], apply_effect("gain", audio[row], gain=gains[row]))


def test_every_form_of_an_effect_is_taken(noise: Make) -> None:
    audio = noise(2, 5000)
    node = NodeSpec("eq", "eq3", {"low_crossover_hz": 200.0})
    settings = {"low_crossover_hz": 200.0}
    outs = [
        apply_effect(node, audio, low=0.0),
        apply_effect(build_node(node), audio, low=0.0),
        apply_effect("djtrans/eq3", audio, config=settings, low=0.0),
        apply_effect(build_node(node).declaration, audio, config=settings, low=0.0),
    ]
    assert all(torch.equal(out, outs[0]) for out in outs)


def test_an_effect_for_stems_that_is_late_needs_no_registry(noise: Make) -> None:
    audio = noise(2, 5000)
    assert torch.equal(apply_effect(INVERT, audio, amount=1.0), -audio)


def test_gradients_reach_the_curves(noise: Make) -> None:
    gain = torch.tensor(0.5, requires_grad=True)
    apply_effect("gain", noise(1, 4000), gain=gain).square().sum().backward()
    assert gain.grad is not None
    assert gain.grad.item() > 0


@pytest.mark.parametrize(
    ("error", "match", "effect", "arguments"),
    [
        (UnknownComponentError, "Did you mean 'lowpass'", "lowpas", {}),
        (InputError, "no parameter 'gian'. Did you mean 'gain'", "gain", {"gian": 1.0}),
        (InputError, "range is 0 to 1", "gain", {"gain": 2.0}),
        (InputError, "above 0", "gain", {"bpm": 0.0}),
        (InputError, "above 0", "gain", {"bpm": float("inf")}),
        (InputError, "above 0", "gain", {"frames_per_beat": float("inf")}),
        (ConfigError, "has no field", "delay", {"config": {"beat": 1}}),
        (ShapeError, r"\(3,\), \(4,\)", "eq3", {"low": [1.0] * 3, "mid": [1.0] * 4}),
    ],
)
def test_what_does_not_fit_is_refused(
    noise: Make, error: type[Exception], match: str, effect: str, arguments: dict
) -> None:
    with pytest.raises(error, match=match):
        apply_effect(effect, noise(1, 4000), **arguments)


def test_audio_and_built_effects_are_checked(noise: Make, mixer: Mixer) -> None:
    with pytest.raises(ShapeError, match=r"\(100,\)"):
        apply_effect("gain", noise(100))
    with pytest.raises(ShapeError, match="int64"):
        apply_effect("gain", torch.ones(1, 10, dtype=torch.int64))
    with pytest.raises(ConfigError, match="built already"):
        apply_effect(mixer.stem_nodes[0], noise(1, 100), config={"order": 2})
