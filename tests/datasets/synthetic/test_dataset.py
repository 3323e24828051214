"""Composed sets: a window of a framed track is what inference would extract there."""

from __future__ import annotations

from collections import Counter

import attrs
import numpy as np
import pytest
import torch

from djtrans import DifferentiableDJMixer, load_technique, mixer_layout
from djtrans.core.curves.params import conform
from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.key import Key
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.datasets.batch import NO_TECHNIQUE_FRACTION
from djtrans.datasets.content import dataset_digest
from djtrans.datasets.synthetic.batches import SyntheticBatches
from djtrans.datasets.synthetic.composition import (
    Composition,
    CompositionTrack,
    request_of,
)
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.framed_track import frame_track
from djtrans.datasets.synthetic.power_features import PowerExtractor
from djtrans.datasets.synthetic.stored_curves import StoredCurves
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling
from djtrans.plugins.denoisers import DitConfig
from djtrans.plugins.denoisers.dit import Dit
from djtrans.plugins.encoders.none import NoEncoder
from djtrans.registry import default_registry

RATE, BPM, BARS = 8000, 120.0, 12


@pytest.fixture(scope="module")
def stems():
    noise = torch.Generator().manual_seed(4)
    audio = torch.randn(4, 1, round((4 * BARS + 2) * 60 / BPM * RATE), generator=noise)
    swell = torch.linspace(0.01, 0.3, audio.shape[-1])
    return Stems(audio * swell, STEMS, RATE)


@pytest.fixture(scope="module")
def analysis(stems):
    beats = 0.1 + np.arange(4 * BARS + 2) * 60 / BPM
    return Analysis(
        duration_seconds=stems.samples / RATE,
        grid=BeatGrid(beats, 1, BPM),
        sections=(Section("drop", 0, BARS),),
        phrases=(Phrase(0, BARS),),
        key=Key(9, "minor"),
        levels=Levels(-12.0, -10.0),
        bar_level_db=np.full(BARS, -12.0),
        bar_low_db=np.full(BARS, -18.0),
    )


@pytest.fixture(scope="module")
def framed(stems, analysis):
    return frame_track(stems, analysis)


def side(bar=2, **facts):
    return CompositionTrack(
        track=0,
        bar=bar,
        key="8A",
        place="phrase",
        phrase_beats=(0.0, 16.0),
        sections=(("drop", -8.0, 40.0, 0.0),),
        **{"gain_db": 0.0, "stretch": 0.02, **facts},
    )


def composition(technique="djtrans/bass-swap", bars=8, **facts):
    return Composition(
        technique=technique,
        bars=bars,
        swap_beat=2 * bars,
        beats_per_bar=4,
        frames_per_beat=2,
        bpm=BPM,
        key_distance=1,
        a=side(),
        b=side(bar=1, gain_db=-3.0),
        **facts,
    )


def test_a_window_is_what_inference_extracts_there(stems, analysis, framed):
    request = request_of(composition(), [framed], mixer_layout("dj54"), 7)
    first = 1 + 4 * 2
    times = torch.from_numpy(analysis.grid.beat_times[first : first + 33].copy())
    direct = extract_features(stems, times, bpm=BPM, reference_db=-10.0)
    a, b = request.features_a, request.features_b
    for name in ("level_db", "onset", "vocal"):
        assert torch.allclose(getattr(a, name), getattr(direct, name), atol=1e-5)
    assert a.reference_db == -10.0
    assert b.reference_db == -13.0
    assert a.sections[0].label == "drop"
    assert request.seed == 7
    assert request.n_frames == 64


def test_a_quieter_copy_has_lower_levels_by_its_gain(framed):
    same = attrs.evolve(composition(), b=side(gain_db=-3.0))
    request = request_of(same, [framed], mixer_layout("dj54"), 0)
    difference = request.features_a.level_db - request.features_b.level_db
    assert torch.allclose(difference, torch.tensor(3.0))


def test_a_window_beyond_the_track_is_refused(framed):
    with pytest.raises(InputError, match="outside a track of"):
        request_of(attrs.evolve(composition(), a=side(bar=10)), [framed], mixer_layout("dj54"), 0)


def composed(framed, **parts):
    parts = {"training": (composition(), composition("djtrans/fade", 4)), **parts}
    return SyntheticDataset(
        tracks=[framed],
        training=parts["training"],
        validation=parts.get("validation", (composition(),)),
        facts={"seed": 1},
    )


def test_a_set_is_one_file(tmp_path, framed):
    composed(framed).save(tmp_path / "set.safetensors")
    read = SyntheticDataset.load(tmp_path / "set.safetensors")
    assert read.training == composed(framed).training
    assert read.validation == composed(framed).validation
    assert read.facts == {"seed": 1}
    assert read.tracks[0].reference_db == framed.reference_db
    # Half precision: eight parts in ten thousand of -120 dB.
    assert torch.allclose(read.tracks[0].level_db.float(), framed.level_db, atol=0.05)
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\0\0\0")
    for name, why in (
        ("cut", "not a readable synthetic dataset"),
        ("none", "There is no synthetic dataset"),
    ):
        with pytest.raises(FormatError, match=why):
            SyntheticDataset.load(tmp_path / f"{name}.safetensors")


@pytest.fixture(scope="module")
def batches(framed):
    registry = default_registry()
    encoders = tuple(registry.encoders.build(name) for name in ("audio@2", "technique"))
    slots = [ConditioningSlot(str(i), *e.widths(STEMS)) for i, e in enumerate(encoders)]
    network = DiffusionNetwork(Dit(DitConfig(width=8, depth=1, heads=1)), "velocity", 54, slots)
    names = ("bass-swap", "fade", "cut")
    return SyntheticBatches(
        composed(framed),
        {f"djtrans/{name}": load_technique(name) for name in names},
        encoders,
        network,
        DifferentiableDJMixer().layout,
        seed=5,
    )


def test_batches_are_a_function_of_their_index(batches):
    one, again, other = (batches.batch(index, 4) for index in (3, 3, 4))
    assert torch.equal(one.curves, again.curves)
    assert torch.equal(one.conditioning.per_frame, again.conditioning.per_frame)
    assert one.curves.shape != other.curves.shape or not torch.equal(one.curves, other.curves)
    held = batches.batch(3, 4, validation=True)
    assert held.curves.shape[1] == 64


def test_a_batch_is_as_many_frames_whatever_their_length(batches):
    seen = {}
    for index in range(20):
        curves = batches.batch(index, 4).curves
        seen[curves.shape[1]] = curves.shape[0]
        assert float(curves.abs().max()) <= 1.0
        assert torch.isfinite(curves).all()
    assert seen == {32: 16, 64: 8}


def test_curves_are_generated_by_the_technique_and_conform(batches, framed):
    layout = batches.layout
    batch = batches.batch(0, 4, validation=True)
    drawn = Scaling(layout).from_model(batch.curves)
    assert torch.allclose(conform(drawn, layout), drawn, atol=1e-6)
    lows = layout.select("b/*/eq/low")
    swap = 2 * batches.dataset.validation[0].swap_beat
    assert (drawn[:, : swap - 1, lows] < 0.05).all()
    assert (drawn[:, swap:, lows] == 1.0).all()


def test_some_examples_have_no_technique(batches):
    without = [
        float(channel)
        for index in range(40)
        for channel in batches.batch(index, 8).conditioning.global_[:, 9]
    ]
    assert abs(sum(without) / len(without) - NO_TECHNIQUE_FRACTION) < 0.05


def test_a_set_that_lacks_a_technique_or_a_part_is_refused(batches, framed):
    with pytest.raises(InputError, match=r"uses djtrans/bass-swap, djtrans/fade, which is not"):
        attrs.evolve(batches, techniques={})
    with pytest.raises(InputError, match="no transition for validation"):
        attrs.evolve(batches, dataset=composed(framed, validation=()))


def rated(data):
    """A dataset with stored curves for its first transition: constants, by which they are known."""

    def curves(level, cost, refined):
        values = torch.full((data.training[0].frames, 54), level).half()
        return StoredCurves(0, values, cost, refined)

    stored = (curves(-0.5, 4.0, False), curves(-0.25, 6.0, False), curves(0.25, 1.0, True))
    return attrs.evolve(data, training_curves=stored, validation_curves=stored[:1])


def test_stored_curves_are_part_of_the_file_and_of_the_digest(tmp_path, framed):
    plain = composed(framed)
    data = rated(plain)
    data.save(tmp_path / "set.safetensors")
    read = SyntheticDataset.load(tmp_path / "set.safetensors")
    assert [(c.composition, c.cost, c.refined) for c in read.training_curves] == [
        (0, 4.0, False),
        (0, 6.0, False),
        (0, 1.0, True),
    ]
    assert torch.equal(read.training_curves[2].values, data.training_curves[2].values)
    assert len(read.validation_curves) == 1
    assert dataset_digest(read) == dataset_digest(data) != dataset_digest(plain)
    changed = attrs.evolve(data.training_curves[0], cost=3.9)
    other = attrs.evolve(data, training_curves=(changed, *data.training_curves[1:]))
    assert dataset_digest(other) != dataset_digest(data)


def test_half_of_the_stored_curves_are_refined_and_have_their_objective(batches):
    layout = DifferentiableDJMixer().layout
    seen = []

    class Objective(NoEncoder):
        """Records the objectives of all requests."""

        def encode(self, request):
            seen.append(request.objective)
            return super().encode(request)

    slots = [ConditioningSlot("objective", 0, 0)]
    network = DiffusionNetwork(Dit(DitConfig(width=8, depth=1, heads=1)), "velocity", 54, slots)
    every = SyntheticBatches(
        rated(batches.dataset), batches.techniques, (Objective(None),), network, layout,
        stored_fraction=1.0,
    )  # fmt: skip
    counts = Counter()
    middles = []
    for index in range(60):
        before = len(seen)
        batch = every.batch(index, 8)
        if batch.curves.shape[1] == batches.dataset.training[0].frames:
            counts.update(seen[before:])
            # The first and the last frame are pinned, all others as they were stored.
            middles += zip(seen[before:], batch.curves[:, 30].mean(dim=1).tolist(), strict=True)
    # Costs of 4 and 6 are a quarter above and below their mean of 5, and 1 is the best.
    assert set(counts) == {0.25, -0.25, 1.0}
    total = sum(counts.values())
    assert total > 100
    assert counts[1.0] / total == pytest.approx(0.5, abs=0.1)
    assert {round(level, 1) for objective, level in middles if objective == 1.0} == {0.2}
    none = attrs.evolve(every, stored_fraction=0.0)
    before = len(seen)
    none.batch(0, 4)
    assert set(seen[before:]) == {None}


def test_batches_have_the_stem_powers_of_their_first_rows(stems, analysis, batches):
    powers = frame_track(stems, analysis, extractors=[PowerExtractor()])
    with_powers = attrs.evolve(batches, dataset=composed(powers), mixes=2)
    batch = with_powers.batch(0, 8)
    assert [mix.row for mix in batch.mixes] == [0, 1]
    mix = batch.mixes[0]
    assert mix.sources.a.n_beats == batch.curves.shape[1] // 2
    # B is 3 dB quieter than its file.
    a, b = (powers.extra["powers/power_db"][8 * bar : 8 * bar + 8].float() for bar in (2, 1))
    torch.testing.assert_close(
        mix.sources.b.mix_power[:16], 10 ** ((b[:, -1].flatten(0, 1) - 3.0) / 10), rtol=1e-3, atol=0
    )
    torch.testing.assert_close(
        mix.sources.a.mix_power[:16], 10 ** (a[:, -1].flatten(0, 1) / 10), rtol=1e-3, atol=0
    )
    with pytest.raises(InputError, match="has no stem powers, from which the mix is predicted"):
        attrs.evolve(batches, mixes=2).batch(0, 8)
