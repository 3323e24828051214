"""What is left out has no effect: renders with and without skipping are equal."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import attrs
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.curves.parameter import Parameter
from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.mixer import chunks, fused_stft, stages
from djtrans.mixer.masks import Part
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode
from djtrans.mixer.stream import MixOutput
from djtrans.pipeline.curve_generation import load_technique

Make = Callable[..., torch.Tensor]
RATE = 8000
SECONDS = 4


@pytest.fixture
def without_skipping() -> Callable[..., MixOutput]:
    """Call a function with every shortcut of the mixer off."""

    def call(function: Callable[..., MixOutput], *args: object, **options: object) -> MixOutput:
        def dense(chunk, controls, product=None):  # type: ignore[no-untyped-def]
            found = chunk.job.masks(controls.flatten(0, 2)).unflatten(0, controls.shape[:3])
            sources, _, stems = controls.shape[:3]
            wide = found.expand(*found.shape[:-1], len(chunk.job.transform.freqs_hz))
            return [Part(i, (s,), wide[i, :, s]) for i in range(sources) for s in range(stems)]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chunks.Chunk, "parts", torch.no_grad()(dense))
            patch.setattr(fused_stft, "is_silent", lambda audio: False)
            patch.setattr(stages.NodeCurves, "where_active", lambda self: None)
            patch.setattr(stages._Lane, "_paused", lambda *args: None)
            return function(*args, **options)

    return call


def assert_equal(got: MixOutput, want: MixOutput) -> None:
    """Equal within 1e-6, and by a null test below -120 dB."""
    for name in ("mix", "a", "b"):
        x, y = getattr(got, name), getattr(want, name)
        assert x.shape == y.shape
        assert float((x - y).abs().max()) <= 1e-6
        assert float((x - y).norm()) <= 1e-6 * float(y.norm()) + 1e-7


@pytest.mark.parametrize(
    "technique", ["bass-swap", "eq-blend", "filter-sweep", "echo-out", "stem-swap", "wash-out"]
)
def test_curves_of_techniques(
    mixer: Mixer, noise: Make, without_skipping: Callable[..., MixOutput], technique: str
) -> None:
    request = CurveRequest(layout=mixer.layout, n_frames=64, swap_beat=16, seed=3)
    values = conform(load_technique(technique).generate(request), mixer.layout)
    a, b = noise(4, 2, SECONDS * RATE), noise(4, 2, SECONDS * RATE, seed=9)
    with torch.no_grad():
        got = mixer(a, b, values, sample_rate=RATE, tail_seconds=1.0)
        want = without_skipping(mixer, a, b, values, sample_rate=RATE, tail_seconds=1.0)
    assert_equal(got, want)


def stretched(
    mixer: Mixer, values: torch.Tensor, stretches: list[tuple[int, int, int, int]]
) -> torch.Tensor:
    """Values in which parameters are neutral, held, 0 or equal to another stem's for a while."""
    values = values.clone()
    neutral, low = torch.tensor(mixer.layout.neutral), torch.zeros(len(mixer.layout))
    nodes = sorted({(r.track, r.stem, r.node) for r in mixer.layout.rows})
    for kind, place, start, length in stretches:
        part = slice(start, start + length)
        track, stem, node = nodes[place % len(nodes)]
        rows = mixer.layout.select(f"{track}/{stem}/{node}/*")
        if kind == 0:
            values[part, rows] = neutral[rows]
        elif kind == 1:
            values[part, rows] = values[start, rows].clone()
        elif kind == 2:
            rows = mixer.layout.select(f"{track}/{stem}/fader/*")
            values[part, rows] = low[rows]
        else:  # all stems of both tracks like one
            for row in mixer.layout.rows:
                if row.node in ("fader", "eq", "lpf", "hpf"):
                    like = mixer.layout.index(f"a/drums/{row.node}/{row.parameter.name}")
                    values[part, row.index] = values[part, like]
    return values


STRETCHES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 99), st.integers(0, 15), st.integers(1, 16)),
    max_size=40,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stretches=STRETCHES,
    silent=st.sets(st.integers(0, 7)),
    cuts=st.lists(st.integers(0, SECONDS * RATE), max_size=4),
    seed=st.integers(0, 99),
)
def test_random_stretches_and_any_chunking(
    mixer: Mixer,
    noise: Make,
    random_curves: Make,
    without_skipping: Callable[..., MixOutput],
    stretches: list[tuple[int, int, int, int]],
    silent: set[int],
    cuts: list[int],
    seed: int,
) -> None:
    samples = SECONDS * RATE
    values = stretched(mixer, random_curves(16, seed=seed), stretches)
    a, b = noise(4, 1, samples), noise(4, 1, samples, seed=9)
    for stem in silent:
        (a, b)[stem // 4][stem % 4, :, samples // 3 :] = 0.0
    times = torch.arange(16) * (SECONDS / 16)
    with torch.no_grad():
        want = without_skipping(mixer, a, b, values, sample_rate=RATE, tail_seconds=0.5)
        stream = mixer.stream(values, channels=1, sample_rate=RATE, frame_times=times)
        bounds = [0, *sorted(cuts), samples]
        parts = [
            stream.process(a[..., i:j], b[..., i:j]) for i, j in itertools.pairwise(bounds) if j > i
        ]
        got = MixOutput.concatenate([*parts, stream.flush(0.5)])
    assert_equal(got, want)


@pytest.mark.parametrize("wanted", ["curves", "audio", "both"])
@pytest.mark.parametrize("start", ["neutral", "equal", "random"])
def test_gradients_are_those_of_everything(
    mixer: Mixer,
    noise: Make,
    random_curves: Make,
    without_skipping: Callable[..., MixOutput],
    wanted: str,
    start: str,
) -> None:
    """A parameter that is neutral, or equal to another, or of a silent stem, has its gradient."""
    values = random_curves(6)
    if start == "neutral":
        values = torch.tensor(mixer.layout.neutral).repeat(6, 1)
    elif start == "equal":
        values = stretched(mixer, values, [(3, 0, 0, 6)])
    found = []
    for call in (None, without_skipping):
        a, b = noise(4, 1, 12000).double(), noise(4, 1, 12000, seed=9).double()
        a[1] = 0.0
        p = values.double().requires_grad_(wanted != "audio")
        a.requires_grad_(wanted != "curves")

        def render(x=a, y=b, q=p, call=call):  # type: ignore[no-untyped-def]
            out = mixer(x, y, q, sample_rate=RATE, tail_seconds=0.2)
            (out.mix * noise(*out.mix.shape, seed=4)).sum().backward()
            return out

        render() if call is None else call(render)
        found.append([x.grad for x in (p, a) if x.requires_grad])
    for got, want in zip(*found, strict=True):
        assert float(want.abs().max()) > 1e-6
        torch.testing.assert_close(got, want, atol=1e-9 * float(want.abs().max()), rtol=1e-6)


def test_neutral_and_silent_stems_are_not_transformed(
    mixer: Mixer, noise: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformed = []
    spectra = chunks.Chunk.spectra

    def counted(chunk, audio, window):  # type: ignore[no-untyped-def]
        transformed.append(audio.shape[:-1])
        return spectra(chunk, audio, window)

    monkeypatch.setattr(chunks.Chunk, "spectra", counted)
    a, b = noise(4, 1, 8000), noise(4, 1, 8000, seed=9)
    values = torch.tensor(mixer.layout.neutral).repeat(4, 1)
    values[:, mixer.layout.select("b/*/fader/gain")] = 0.0
    with torch.no_grad():
        mixer(a, b, values, sample_rate=RATE)
        assert not transformed
        # One transform for four stems of A; none for B, which is not audible.
        values[:, mixer.layout.select("*/eq/low")] = torch.linspace(1, 0, 4)[:, None]
        mixer(a, b, values, sample_rate=RATE)
        together = len(transformed)
        assert together > 0
        values[0, mixer.layout.index("a/drums/eq/low")] = 0.7
        mixer(a, b, values, sample_rate=RATE)
        apart = len(transformed) - together
        assert together < apart <= 2 * together
        a[1:] = 0.0
        mixer(a, b, values, sample_rate=RATE)
        assert len(transformed) - together - apart == together


def test_a_move_within_a_chunk_is_rendered(
    mixer: Mixer, noise: Make, without_skipping: Callable[..., MixOutput]
) -> None:
    """Curves that are neutral at both ends of a chunk, and not between them."""
    values = torch.tensor(mixer.layout.neutral).repeat(64, 1)
    values[6, mixer.layout.select("a/drums/eq/low")] = 0.0
    values[20, mixer.layout.select("a/*/fader/gain")] = 0.5
    values[34, mixer.layout.select("b/bass/hpf/cutoff")] = 0.4
    a, b = noise(4, 1, SECONDS * RATE), noise(4, 1, SECONDS * RATE, seed=9)
    with torch.no_grad():
        got = mixer(a, b, values, sample_rate=RATE)
        want = without_skipping(mixer, a, b, values, sample_rate=RATE)
    assert_equal(got, want)


class Late:
    """Insert or send, late by 100 samples; counts the rows that it processes."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def latency_samples(self, ctx: object) -> int:
        return 100

    def tail_seconds(self, ctx: object) -> float:
        return 0.0

    def init_state(self, batch: int, channels: int, ctx: object) -> torch.Tensor:
        return torch.zeros(batch, channels, 100)

    def process(self, audio, curves, ctx, state):  # type: ignore[no-untyped-def]
        self.rows.append(len(audio))
        line = torch.cat([state.to(audio), audio * (self.start + curves["depth"][:, None])], -1)
        return line[..., : audio.shape[-1]], line[..., audio.shape[-1] :]

    start = 1.0


class LateSend(Late):
    start = 0.0


@pytest.mark.parametrize("effect", [Late, LateSend])
def test_effects_of_plugins_run_where_they_are_active(
    make_mixer: Callable[..., Mixer],
    noise: Make,
    without_skipping: Callable[..., MixOutput],
    effect: type[Late],
) -> None:
    """With latency, at some places only, in a batch; never called if neutral everywhere."""
    send = effect is LateSend
    built = effect()
    declaration = EffectDeclaration(
        name="late",
        summary="Late.",
        factory=lambda config: built,
        domain="time",
        routing="send" if send else "insert",
        placements=("track",) if send else ("stem", "track"),
        parameters=(Parameter(name="depth", unit="x", summary="Gain."),),
    )
    late, node = BuiltNode("late", built, declaration, declaration.parameters), NodeSpec("late", "")
    gain = make_mixer(MixerSpec(("s",), (NodeSpec("fader", "gain"),))).stem_nodes[0]
    chain = (NodeSpec("fader", "gain"), NodeSpec("after", "gain"))
    after = attrs.evolve(gain, id="after")
    if send:
        mixer = Mixer(MixerSpec(("s", "t"), chain, (node,)), [gain, after], [late])
    else:
        spec = MixerSpec(("s", "t"), (chain[0], node, chain[1]))
        mixer = Mixer(spec, [gain, late, after])
    a, b = noise(3, 2, 1, 9000), noise(3, 2, 1, 9000, seed=3)
    values = torch.tensor(mixer.layout.neutral).repeat(3, 4, 1)
    with torch.no_grad():
        mixer(a, b, values, sample_rate=RATE)
        assert not built.rows
        active = mixer.layout.select("b/*/late/depth")[-1]
        values[1, 1:3, active] = 0.5
        values[..., mixer.layout.select("*/fader/gain")] = 0.8
        got = mixer(a, b, values, sample_rate=RATE)
        assert set(built.rows) == {3}  # the items of one place
        want = without_skipping(mixer, a, b, values, sample_rate=RATE)
    assert float((got.mix[1] - 0.8 * (a + b)[1].sum(0)).abs().max()) > 0.01
    assert_equal(got, want)


@pytest.mark.parametrize("node", ["reverb", "delay"])
def test_sends_pause_before_use_and_after_their_tail(
    make_mixer: Callable[..., Mixer],
    noise: Make,
    without_skipping: Callable[..., MixOutput],
    monkeypatch: pytest.MonkeyPatch,
    node: str,
) -> None:
    """Fed at 2 s and again at 8 s, with a tail between; processed in that time only."""
    config = {"decay_seconds": 0.5} if node == "reverb" else {"beats": 0.25}
    mixer = make_mixer(MixerSpec(("s",), (), (NodeSpec("fx", node, config),)))
    values = torch.zeros(40, len(mixer.layout))
    for start in (8, 32):
        values[start : start + 2, mixer.layout.select("a/*/fx/send")] = 1.0
    a, b, seconds = noise(1, 1, 10 * RATE), noise(1, 1, 10 * RATE, seed=9), 0.1
    processed = []
    kind = type(mixer.track_nodes[0].effect)
    process = kind.process

    def counted(self, audio, *others):  # type: ignore[no-untyped-def]
        processed.append(audio.shape[-1] / RATE)
        return process(self, audio, *others)

    times = torch.arange(40) * 0.25
    beats = torch.linspace(0.6, 0.4, 22, dtype=torch.float64).cumsum(0) - 0.6
    clock = {"sample_rate": RATE, "frame_times": times, "beat_times": beats}
    with torch.no_grad():
        want = without_skipping(mixer, a, b, values, **clock)
        monkeypatch.setattr(kind, "process", counted)
        stream = mixer.stream(values, channels=1, **clock)
        size = round(seconds * RATE)
        pieces = zip(a.split(size, -1), b.split(size, -1), strict=True)
        got = MixOutput.concatenate([*(stream.process(x, y) for x, y in pieces), stream.flush()])
    assert 1.5 < sum(processed) < 6.0
    assert float((want.a - a[0])[..., 8 * RATE :].abs().max()) > 0.01
    assert_equal(got, want)
