"""The mixer as a whole: transparency, streaming, gradients, shapes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import attrs
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec, NodeSpec
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import ConfigError, InputError, LayoutError, ShapeError
from djtrans.core.track.stems import Stems
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.stages import Queue
from djtrans.mixer.stream import MixOutput
from djtrans.mixer.validation import check_pair

Make = Callable[..., torch.Tensor]
NAMES = ("drums", "bass", "vocals", "other")


def neutral(mixer: Mixer, frames: int = 8) -> torch.Tensor:
    return torch.tensor(mixer.layout.neutral).repeat(frames, 1)


def decibels(error: torch.Tensor, reference: torch.Tensor) -> float:
    return float(20 * torch.log10(error.norm() / reference.norm() + 1e-30))


def test_layout_is_the_54_of_the_contract(mixer: Mixer) -> None:
    stem = ["gain", "eq_low", "eq_mid", "eq_high", "lpf", "hpf"]
    track = 4 * stem + ["reverb_send", "delay_send", "delay_feedback"]
    assert [row.alias for row in mixer.layout.rows] == 2 * track
    assert [row.stem for row in mixer.layout.rows[:24:6]] == list(NAMES)
    assert mixer.layout.keys[25] == "a/track/delay/send"
    assert mixer.layout.keys[28] == "b/drums/eq/low"


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_neutral_is_the_sum_of_stems_below_120_db(
    mixer: Mixer, noise: Make, rate: int, channels: int
) -> None:
    a, b = noise(4, channels, 20000), noise(4, channels, 20000, seed=9)
    out = mixer(a, b, neutral(mixer), sample_rate=rate)
    assert decibels(out.mix - a.sum(0) - b.sum(0), out.mix) < -120
    assert decibels(out.a - a.sum(0), out.a) < -120


def test_b_faded_out_returns_a(mixer: Mixer, noise: Make) -> None:
    a, b = noise(4, 2, 20000), noise(4, 2, 20000, seed=9)
    p = neutral(mixer)
    p[:, mixer.layout.select("b/*/fader/gain")] = 0
    out = mixer(a, b, p)
    assert decibels(out.mix - a.sum(0), a.sum(0)) < -120
    assert float(out.b.abs().max()) == 0.0


def test_killing_all_bands_is_exactly_silent(mixer: Mixer, noise: Make) -> None:
    p = neutral(mixer)
    p[:, mixer.layout.select("a/*/eq/*")] = 0
    out = mixer(noise(4, 2, 9000), noise(4, 2, 9000), p)
    assert float(out.a.abs().max()) == 0.0


def test_killed_low_band_passes_no_bass(mixer: Mixer) -> None:
    tone = 0.5 * torch.sin(2 * torch.pi * 50 * torch.arange(44100) / 44100)
    stems = tone.expand(4, 1, -1)
    p = neutral(mixer)
    p[:, mixer.layout.select("a/*/eq/low")] = 0
    out = mixer(stems, torch.zeros_like(stems), p)
    middle = slice(10000, 30000)
    assert decibels(out.a[..., middle], 4 * tone[middle]) < -50


@pytest.mark.parametrize("samples", [1, 2, 31, 2047, 2048, 2049, 5000])
def test_any_length(mixer: Mixer, noise: Make, samples: int) -> None:
    a = noise(4, 2, samples)
    out = mixer(a, a, neutral(mixer))
    torch.testing.assert_close(out.mix, 2 * a.sum(0), atol=1e-6, rtol=0)


@settings(max_examples=6)
@given(cuts=st.lists(st.integers(0, 40000), max_size=6))
def test_any_chunking_gives_the_whole(
    mixer: Mixer, noise: Make, random_curves: Make, cuts: list[int]
) -> None:
    a, b, p = noise(4, 2, 40000), noise(4, 2, 40000, seed=9), random_curves(6)
    times = torch.arange(6) * (40000 / 44100 / 6)
    whole = mixer(a, b, p, tail_seconds=0.3)
    stream = mixer.stream(p, channels=2, sample_rate=44100, frame_times=times)
    bounds = [0, *sorted(cuts), 40000]
    spans = [(i, j) for i, j in itertools.pairwise(bounds) if j > i]
    parts = [stream.process(a[..., i:j], b[..., i:j]) for i, j in spans]
    got = MixOutput.concatenate([*parts, stream.flush(0.3)])
    assert got.mix.shape == whole.mix.shape == (2, 40000 + round(0.3 * 44100))
    for name in ("mix", "a", "b"):
        torch.testing.assert_close(getattr(got, name), getattr(whole, name), atol=1e-5, rtol=0)


def test_chunked_gradients_equal_the_whole(mixer: Mixer, noise: Make, random_curves: Make) -> None:
    times = torch.arange(6) * (30000 / 44100 / 6)
    found = []
    for cuts in ([30000], [1, 999, 14000, 15000]):
        a, b = noise(4, 1, 30000).requires_grad_(True), noise(4, 1, 30000, seed=9)
        p = random_curves(6).requires_grad_(True)
        stream = mixer.stream(p, channels=1, sample_rate=44100, frame_times=times)
        chunks = zip(a.split(cuts, -1), b.split(cuts, -1), strict=True)
        out = MixOutput.concatenate([*(stream.process(x, y) for x, y in chunks), stream.flush()])
        (out.mix * noise(1, 30000, seed=4)).sum().backward()
        found.append((p.grad, a.grad))
    for got, want in zip(*found, strict=True):
        torch.testing.assert_close(got, want, atol=1e-4 * float(want.abs().max()), rtol=0)


def test_memory_of_a_stream_does_not_grow(mixer: Mixer, noise: Make) -> None:
    stream = mixer.stream(neutral(mixer), channels=1, sample_rate=8000, frame_times=range(8))
    given = 0
    for index in range(30):
        chunk = noise(4, 1, 3000)
        given += stream.process(chunk, chunk).samples
        assert (index + 1) * 3000 - given <= stream.latency_samples


def test_batches_are_independent(mixer: Mixer, noise: Make, random_curves: Make) -> None:
    a, b, p = noise(3, 4, 2, 9000), noise(3, 4, 2, 9000, seed=2), random_curves(3, 6)
    together = mixer(a, b, p, tail_seconds=0.1)
    for i in range(3):
        alone = mixer(a[i], b[i], p[i], tail_seconds=0.1)
        torch.testing.assert_close(together.mix[i], alone.mix, atol=1e-6, rtol=0)


def test_a_batch_on_one_side_is_shared(mixer: Mixer, noise: Make, random_curves: Make) -> None:
    a, b, p = noise(4, 2, 5000), noise(4, 2, 5000, seed=2), random_curves(3, 6)
    out = mixer(a, b, p)
    assert out.mix.shape == (3, 2, 5000)
    torch.testing.assert_close(out.mix[1], mixer(a, b, p[1]).mix, atol=1e-6, rtol=0)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.6])
def test_gradcheck_at_the_stops(
    make_mixer: Callable[..., Mixer], noise: Make, value: float
) -> None:
    spec = MixerSpec(
        ("one",),
        (
            NodeSpec("fader", "gain"),
            NodeSpec("eq", "eq3"),
            NodeSpec("lpf", "lowpass"),
            NodeSpec("hpf", "highpass"),
        ),
        (NodeSpec("delay", "delay", {"beats": 0.5}),),
    )
    small = make_mixer(spec, MixerConfig(fft_size=256, overlap=2, window="sqrt-hann"))
    a, b = (noise(1, 1, 50, seed=s, dtype=torch.float64).requires_grad_(True) for s in (1, 2))
    p = torch.full((2, len(small.layout)), value, dtype=torch.float64, requires_grad=True)

    def render(x: torch.Tensor, y: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = small(x, y, q, sample_rate=1000).mix
        return out

    # The smoothstep of the bypass has a kink in its second derivative at the stops, hence atol.
    assert torch.autograd.gradcheck(render, (a, b, p), atol=1e-5, rtol=1e-3, fast_mode=True)


def test_float64_and_trainable_effects_and_master_chain(
    make_mixer: Callable[..., Mixer], noise: Make
) -> None:
    spec = MixerSpec(("x", "y"), (), (), (NodeSpec("out", "gain"),))
    mixer = make_mixer(spec)
    a, b = noise(2, 1, 3000, dtype=torch.float64), noise(2, 1, 3000, dtype=torch.float64, seed=3)
    out = mixer(a, b, torch.full((2, 1), 0.25))
    assert out.mix.dtype == torch.float64
    torch.testing.assert_close(out.a, a.sum(0))
    torch.testing.assert_close(out.mix, 0.25 * (a.sum(0) + b.sum(0)))


def test_stem_chain_of_spectral_time_spectral(
    make_mixer: Callable[..., Mixer], noise: Make
) -> None:
    """A time node ends fusion, and its latency is compensated."""
    import djtrans.mixer.nodes as nodes
    from djtrans.core.contracts.effect import EffectDeclaration

    class Late:
        """Passes its input on, 100 samples late."""

        def latency_samples(self, ctx: object) -> int:
            return 100

        def tail_seconds(self, ctx: object) -> float:
            return 0.0

        def init_state(self, batch: int, channels: int, ctx: object) -> torch.Tensor:
            return torch.zeros(batch, channels, 100)

        def process(self, audio, curves, ctx, state):  # type: ignore[no-untyped-def]
            line = torch.cat([state, audio], -1)
            return line[..., : audio.shape[-1]], line[..., audio.shape[-1] :]

    declaration = EffectDeclaration(
        name="late",
        summary="Late.",
        factory=lambda config: Late(),
        domain="time",
        placements=("stem", "track", "master"),
        parameters=(),
    )
    gain = make_mixer(MixerSpec(("s",), (NodeSpec("g", "gain"),))).stem_nodes[0]
    spec = MixerSpec(
        ("s", "t"),
        (NodeSpec("g", "gain"), NodeSpec("late", "late"), NodeSpec("h", "gain")),
        (NodeSpec("late", "late"),),
        (NodeSpec("late", "late"),),
    )
    late = nodes.BuiltNode("late", Late(), declaration, ())
    mixer = Mixer(spec, [gain, late, attrs.evolve(gain, id="h")], [late], [late])
    a, b = noise(2, 1, 8000), noise(2, 1, 8000, seed=3)
    out = mixer(a, b, torch.full((2, len(mixer.layout)), 0.5))
    torch.testing.assert_close(out.a, 0.25 * a.sum(0), atol=1e-6, rtol=0)
    torch.testing.assert_close(out.mix, 0.25 * (a.sum(0) + b.sum(0)), atol=1e-6, rtol=0)


def test_a_cut_leaves_the_one_whole(mixer: Mixer, noise: Make) -> None:
    """B opens as a late edge: 24 ms after the frame it is full, 80 ms before not there at all."""
    frames, rate = 8, 44100
    b = torch.full((4, 1, 2 * rate), 0.1)
    p = neutral(mixer, frames)
    p[:4, mixer.layout.select("b/*/fader/gain")] = 0
    out = mixer(torch.zeros_like(b), b, p).b[0] / 0.4
    one = rate  # frame 4 of 8 in two seconds
    assert float(out[: one - 3500].abs().max()) < 1e-6
    assert float((out[one + 1024 :] - 1).abs().max()) < 1e-5


def test_tail_rings_on_after_the_send_closes(mixer: Mixer, noise: Make) -> None:
    a = noise(4, 1, 22050)
    p = neutral(mixer)
    p[:4, mixer.layout.select("a/track/reverb/send")] = 1.0
    out = mixer(a, torch.zeros_like(a), p, tail_seconds=0.5)
    assert out.samples == 22050 + 22050
    assert float(out.a[..., 22500:].abs().max()) > 1e-3


def test_stems_and_params_as_records(mixer: Mixer, noise: Make, random_curves: Make) -> None:
    beats = torch.arange(4, dtype=torch.float64) * 0.2
    params = TransitionParams(
        random_curves(6), mixer.layout, torch.arange(6, dtype=torch.float64) * 0.1, beats
    )
    a, b = (Stems(noise(4, 2, 22050, seed=s), NAMES, 44100) for s in (1, 2))
    out = mixer(a, b, params)
    bare = mixer(a.audio, b.audio, params.values, frame_times=params.frame_times, beat_times=beats)
    torch.testing.assert_close(out.mix, bare.mix)
    assert out.sample_rate == 44100


def test_bad_input_is_refused(mixer: Mixer, noise: Make) -> None:
    a, p = noise(4, 2, 100), neutral(mixer)
    with pytest.raises(ShapeError, match="4 stems"):
        mixer(noise(3, 2, 100), a, p)
    with pytest.raises(ShapeError, match="differ"):
        mixer(a, noise(4, 2, 99), p)
    with pytest.raises(ShapeError, match="none of them empty"):
        mixer(noise(4, 2, 0), noise(4, 2, 0), p)
    with pytest.raises(ShapeError, match="float32"):
        mixer(a.half(), a.half(), p)
    with pytest.raises(ShapeError, match=r"\[frames, 54\]"):
        mixer(a, a, p[:, :53])
    with pytest.raises(InputError, match="a/drums/fader/gain"):
        mixer(a, a, p * 1.5)
    with pytest.raises(InputError, match="nan"):
        mixer(a, a, p * float("nan"))
    with pytest.raises(ShapeError, match="drums"):
        mixer(Stems(a, tuple("wxyz"), 44100), a, p)
    with pytest.raises(InputError, match="resample"):
        mixer(Stems(a, NAMES, 44100), Stems(a, NAMES, 48000), p)
    with pytest.raises(ShapeError, match="batches"):
        mixer(noise(2, 4, 2, 100), noise(2, 4, 2, 100), p.expand(3, -1, -1))
    with pytest.raises(InputError, match="frame_times"):
        mixer.stream(p)
    with pytest.raises(InputError, match="no input"):
        mixer.stream(p, frame_times=range(8)).flush()
    short = Layout(mixer.layout.rows[:-1])
    other = TransitionParams(p[:, :-1], short, torch.arange(8), torch.arange(5))
    with pytest.raises(LayoutError, match="53 rows"):
        mixer(a, a, other)


def test_spec_and_nodes_must_agree(make_mixer: Callable[..., Mixer]) -> None:
    mixer = make_mixer()
    with pytest.raises(ConfigError, match="in order"):
        Mixer(mixer.spec, mixer.stem_nodes[::-1], mixer.track_nodes)
    with pytest.raises(ConfigError, match="cannot stand"):
        make_mixer(MixerSpec(("s",), (NodeSpec("r", "reverb"),)))
    with pytest.raises(ConfigError, match="overlap 4"):
        make_mixer(config=MixerConfig(window="hann", overlap=2))


def test_chunks_and_batches_that_do_not_fit_are_refused(mixer: Mixer, noise: Make) -> None:
    p = neutral(mixer)
    stream = mixer.stream(p, frame_times=range(8), beat_times=range(5))
    for chunk in (noise(4, 1, 100), noise(1, 4, 2, 100), noise(4, 3, 100)):
        with pytest.raises(ShapeError, match="made for batch None and 2 channels"):
            stream.process(chunk, chunk)
    assert stream.process(noise(4, 2, 100), noise(4, 2, 100)) is not None
    for a, b in ((2, 2), (1, 3), (3, 1)):
        check_pair(noise(a, 4, 2, 9), noise(b, 4, 2, 9))
    with pytest.raises(ShapeError, match="differ"):
        check_pair(noise(2, 4, 2, 9), noise(3, 4, 2, 9))


def test_a_queue_gives_what_all_signals_have() -> None:
    queue, given = Queue(2), torch.arange(6.0)[None]
    found = [queue.push([given[:, :3], given[:, :2]])]  # one sample waits
    found.append(queue.push([given[:, 3:3], given[:, 2:2]]))  # and nothing comes
    found.append(queue.push([given[:, 3:], given[:, 2:]]))
    assert [part[0].shape[-1] for part in found] == [2, 0, 4]
    for signal in range(2):
        assert torch.equal(torch.cat([part[signal] for part in found], dim=-1), given)


def test_the_audio_gets_its_gradient_alone(mixer: Mixer, noise: Make, random_curves: Make) -> None:
    """The gradient of A's stems is the same whether B and the curves need one or not."""
    values, found = random_curves(6), []
    for others in (True, False):
        a, b = noise(4, 1, 9000).requires_grad_(True), noise(4, 1, 9000, seed=9)
        p = values.clone().requires_grad_(others)
        out = mixer(a, b.requires_grad_(others), p)
        (out.mix * noise(1, 9000, seed=4)).sum().backward()
        found.append(a.grad)
    assert float(found[0].abs().max()) > 1e-3
    torch.testing.assert_close(*found)
