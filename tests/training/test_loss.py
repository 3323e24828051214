"""Audio loss: gradients of rendered curves reach the network through the mixer."""

from __future__ import annotations

import csv

import attrs
import pytest
import torch

from djtrans import DifferentiableDJMixer
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.errors import InputError
from djtrans.datasets.batch import Batch, Crop
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling
from djtrans.inverse.loss import SpectralLoss
from djtrans.inverse.mel_loss import MelLoss
from djtrans.plugins.denoisers import DitConfig
from djtrans.plugins.denoisers.dit import Dit
from djtrans.training.loss import AudioLoss, TrainingLoss
from djtrans.training.options import TrainOptions
from djtrans.training.trainer import train
from tests.helpers.training import small_record

RATE, FRAMES, STEP = 11025, 16, 0.25


@pytest.fixture(scope="module")
def mixer():
    return DifferentiableDJMixer()


@pytest.fixture(scope="module")
def layout(mixer):
    return mixer.layout


def crop(row=0, first=4, seed=0, level=0.1):
    generator = torch.Generator().manual_seed(seed)
    a, b = (level * torch.randn(4, 1, 4 * RATE // 4, generator=generator) for _ in range(2))
    times = STEP * torch.arange(4, dtype=torch.float64)
    return Crop(row, first, times, 2 * STEP * torch.arange(9, dtype=torch.float64), a, b, RATE)


def crossfade(layout):
    """``[1, frames, 54]``: A's faders close while B's open."""
    values = torch.tensor(layout.neutral).repeat(FRAMES, 1)
    line = torch.linspace(0.0, 1.0, FRAMES)[:, None]
    values[:, layout.select("a/*/fader/gain")] = 1.0 - line
    values[:, layout.select("b/*/fader/gain")] = line
    return Scaling(layout).to_model(values)[None]


def clean(count):
    return torch.zeros(count)


@pytest.mark.parametrize("distance", [SpectralLoss, MelLoss])
def test_equal_audio_costs_nothing(mixer, layout, distance):
    curves, loss = crossfade(layout), AudioLoss(mixer, distance)
    assert float(loss(curves, curves, clean(1), [crop()])) == 0.0
    # Before the first frame of the crop and after its last one, nothing is heard.
    elsewhere = curves.clone()
    elsewhere[:, :4] = -1.0
    elsewhere[:, 8:] = -1.0
    assert float(loss(elsewhere, curves, clean(1), [crop()])) == 0.0
    # What a sampler clips is clipped here too.
    beyond = torch.where(curves > 0.99, curves + 3.0, curves)
    assert float(loss(beyond, curves, clean(1), [crop()])) == pytest.approx(0.0, abs=1e-5)
    assert float(loss(elsewhere, curves, clean(1), [])) == 0.0


def test_only_audible_differences_count(mixer, layout):
    curves, loss = crossfade(layout), AudioLoss(mixer)
    part = crop()
    part.a[2] = 0.0  # A's vocals are silent here
    silent, loud = curves.clone(), curves.clone()
    silent[..., layout.index("a/vocals/fader/gain")] = -1.0
    loud[..., layout.index("a/drums/fader/gain")] = -1.0
    assert float(loss(silent, curves, clean(1), [part])) == 0.0
    assert float(loss(loud, curves, clean(1), [part])) > 0.1


def test_a_noisy_level_counts_by_the_square_of_its_clean_part(mixer, layout):
    curves, loss = crossfade(layout), AudioLoss(mixer)
    wrong = curves.roll(3, dims=1)
    whole = float(loss(wrong, curves, clean(1), [crop()]))
    assert whole > 0.05
    half = float(loss(wrong, curves, torch.tensor([0.5]), [crop()]))
    assert half == pytest.approx(whole / 4, rel=1e-5)
    # Each crop belongs to its row, and a mean is taken over them.
    two, target = torch.cat([curves, wrong]), torch.cat([curves, curves])
    both = float(loss(two, target, clean(2), [crop(0), crop(1)]))
    assert both == pytest.approx(whole / 2, rel=1e-5)


def test_silent_crops_are_ignored(mixer, layout):
    curves = crossfade(layout).requires_grad_()
    loss = AudioLoss(mixer)(curves, crossfade(layout), clean(1), [crop(level=1e-5)])
    assert float(loss.detach()) == 0.0


def network(layout):
    torch.manual_seed(0)
    config = DitConfig(width=16, depth=1, heads=1)
    slots = [ConditioningSlot("place", 1, 1)]
    return DiffusionNetwork(Dit(config), "velocity", len(layout), slots)


class Heard:
    """One crossfade, over and over; a crop of it where the seed says."""

    def __init__(self, layout, crops=True):
        self.curves, self.crops = crossfade(layout), crops

    def batch(self, index, size, *, validation=False, group=1):
        crops = (crop(first=index % 8, seed=2 * index + validation),) if self.crops else ()
        return Batch(
            self.curves.expand(size, -1, -1),
            Conditioning(torch.zeros(size, FRAMES, 1), torch.zeros(size, 1)),
            torch.zeros(size, 1, dtype=torch.bool),
            crops,
        )


def drawn(options, model, batch, fraction):
    draw = options.objective.sample(model, batch.curves, torch.Generator().manual_seed(5))
    return attrs.evolve(draw, noise_fraction=torch.full_like(draw.noise_fraction, fraction))


def test_steps_along_its_gradient_reduce_the_loss(mixer, layout):
    model, options = network(layout), TrainOptions(audio_weight=1.0)
    loss = TrainingLoss(model, options, AudioLoss(mixer))
    assert loss.terms == ("loss", "prediction", "smoothness", "audio")
    assert sum(p.numel() for p in loss.parameters()) == sum(p.numel() for p in model.parameters())
    batch = Heard(layout).batch(3, 1)
    draw = drawn(options, model, batch, 0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    heard = []
    for _ in range(12):
        audio = loss(batch, draw)[3]
        optimizer.zero_grad()
        audio.backward()
        moved = [float(p.grad.abs().max()) for p in model.parameters() if p.grad is not None]
        assert all(torch.isfinite(torch.tensor(moved)))
        assert max(moved) > 0.0
        optimizer.step()
        heard.append(float(audio.detach()))
    assert heard[-1] < 0.8 * heard[0]


def test_its_weight_is_all_that_it_adds(mixer, layout):
    model = network(layout)
    batch = Heard(layout).batch(3, 2)
    with torch.no_grad():
        terms = []
        for weight in (0.0, 0.7):
            options = TrainOptions(audio_weight=weight)
            draw = drawn(options, model, batch, 0.3)
            terms.append(TrainingLoss(model, options, AudioLoss(mixer))(batch, draw))
    without, given = terms
    assert len(without) == 3
    assert torch.equal(without[1], given[1])
    assert torch.equal(without[2], given[2])
    assert float(given[3]) > 0.0
    assert float(given[0]) == pytest.approx(float(without[0] + 0.7 * given[3]))


OPTIONS = TrainOptions(
    steps=6,
    batch_size=2,
    lr=1e-3,
    warmup_steps=2,
    save_every=2,
    validate_every=3,
    validation_batches=1,
    audio_weight=0.5,
)


def run(folder, layout, mixer, options=OPTIONS, crops=True, **more):
    record = attrs.evolve(small_record(), layout=layout)
    source = Heard(layout, crops)
    return train(network(layout), record, source, folder, options, audio=AudioLoss(mixer), **more)


def rows(folder):
    with (folder / "metrics.csv").open(newline="") as lines:
        found = list(csv.DictReader(lines))
    timed = ("steps_per_second", "data_share")
    return [{k: v for k, v in row.items() if k not in timed} for row in found]


def test_a_resumed_run_has_the_audio_loss_of_an_uninterrupted_one(tmp_path, mixer, layout):
    run(tmp_path / "whole", layout, mixer)
    run(tmp_path / "again", layout, mixer, resume=tmp_path / "whole" / "checkpoint_2.pt")
    whole = rows(tmp_path / "whole")
    assert all(float(row["audio"]) > 0.0 for row in whole)
    assert rows(tmp_path / "again") == whole[2:]


def test_without_a_weight_there_is_no_audio_loss_and_no_column(tmp_path, mixer, layout):
    quiet = attrs.evolve(OPTIONS, audio_weight=0.0)
    run(tmp_path / "crops", layout, mixer, quiet)
    run(tmp_path / "none", layout, mixer, quiet, crops=False)
    assert rows(tmp_path / "crops") == rows(tmp_path / "none")
    header = (tmp_path / "crops" / "metrics.csv").read_text().splitlines()[0]
    assert header == (
        "step,loss,prediction,smoothness,grad_norm,lr,steps_per_second,data_share,validation_loss"
    )


def test_a_weight_without_a_mixer_is_refused(layout):
    with pytest.raises(InputError, match="no mixer to render with"):
        TrainingLoss(network(layout), TrainOptions(audio_weight=0.1))
