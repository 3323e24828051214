"""Runs that start from the weights of a model with the same, other, or more encoders."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.errors import InputError, LayoutError
from djtrans.core.track.stem_names import STEMS
from djtrans.diffusion import build_network, read_model
from djtrans.diffusion.checkpoint import save_model
from djtrans.training.initialization import initialize_from
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.training import small_set

FRAMES = 12
#: Channels per frame of version 2 of the encoder ``audio``.
AUDIO = 58
SMALL = {
    "dit": {"width": 8, "depth": 1, "heads": 1},
    "unet1d": {"channels": [4, 6], "blocks": 1},
}
TECHNIQUES = ("djtrans/fade", "djtrans/cut", "djtrans/bass-swap")


def record(*encoders, denoiser="dit", **more):
    return model_record(
        denoiser=(denoiser, SMALL[denoiser] | more.pop("settings", {})), encoders=encoders, **more
    )


def random_network(model, seed=0):
    """Build a network without zero weights, not even those of gates and null embeddings."""
    network, _ = build_network(model)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return network


@pytest.fixture
def saved(tmp_path):
    def save(model):
        network = random_network(model)
        save_model(tmp_path / "before.safetensors", model, network.state_dict())
        return network.eval(), tmp_path / "before.safetensors"

    return save


def inputs(network, seed=3):
    generator = torch.Generator().manual_seed(seed)
    shape = network.shape
    curves = torch.randn(2, FRAMES, shape.parameters, generator=generator)
    return (
        curves,
        torch.tensor([0.3, 0.8]),
        torch.randn(2, FRAMES, shape.per_frame, generator=generator),
        torch.randn(2, shape.global_, generator=generator),
    )


def predict(network, curves, level, per_frame, global_, dropped=None):
    with torch.no_grad():
        return network(curves, level, Conditioning(per_frame, global_), dropped)


@pytest.mark.parametrize("denoiser", ["dit", "unet1d"])
def test_the_same_model_is_copied_completely(saved, denoiser):
    model = record("audio@2", "technique", denoiser=denoiser)
    old, file = saved(model)
    network = build_network(model)[0].eval()
    done = initialize_from(network, model, file)
    assert done.copied == done.weights == sum(p.numel() for p in network.parameters())
    assert all(torch.equal(network.state_dict()[k], x) for k, x in old.state_dict().items())
    assert "djtrans/audio@2 as before; djtrans/technique@2 as before" in done.summary


@pytest.mark.parametrize("denoiser", ["dit", "unet1d"])
def test_encoders_in_another_order_give_the_same_prediction(saved, denoiser):
    old, file = saved(record("audio@2", "technique", denoiser=denoiser))
    model = record("technique", "audio@2", denoiser=denoiser)
    network = build_network(model)[0].eval()
    initialize_from(network, model, file)
    curves, level, per_frame, global_ = inputs(old)
    frame_widths, global_widths = [AUDIO, 3], [9, global_.shape[1] - 9]

    def swapped(x, widths):
        return torch.cat(x.split(widths, dim=-1)[::-1], dim=-1)

    for one, other in (((False, False), (False, False)), ((True, False), (False, True))):
        before = predict(old, curves, level, per_frame, global_, torch.tensor([one, one]))
        now = predict(
            network, curves, level, swapped(per_frame, frame_widths),
            swapped(global_, global_widths), torch.tensor([other, other]),
        )  # fmt: skip
        torch.testing.assert_close(now, before, rtol=1e-5, atol=1e-5)
        assert float(before.abs().max()) > 0.1


def test_a_removed_encoder_is_replaced_by_its_null_embedding(saved):
    old, file = saved(record("audio@2", "technique"))
    model = record("audio@2")
    network = build_network(model)[0].eval()
    done = initialize_from(network, model, file)
    assert "without djtrans/technique@2" in done.summary
    curves, level, per_frame, global_ = inputs(old)
    without = torch.tensor([[False, True]] * 2)
    before = predict(old, curves, level, per_frame, global_, without)
    now = predict(network, curves, level, per_frame[..., :AUDIO], global_[:, :9])
    torch.testing.assert_close(now, before, rtol=1e-5, atol=1e-5)
    with_it = predict(old, curves, level, per_frame, global_)
    assert float((with_it - before).abs().max()) > 1e-3


def test_convolutions_replace_a_removed_encoder_away_from_the_ends(saved):
    old, file = saved(record("audio@2", "technique", denoiser="unet1d"))
    model = record("audio@2", denoiser="unet1d")
    network = build_network(model)[0]
    initialize_from(network, model, file)
    name = "denoiser.enter"
    before, now = old.state_dict(), network.state_dict()
    null = before["frame_null"][AUDIO:]
    lost = torch.einsum("oik,i->o", before[f"{name}.weight"][:, 54 + AUDIO : 54 + AUDIO + 3], null)
    torch.testing.assert_close(now[f"{name}.bias"], before[f"{name}.bias"] + lost)


def test_a_new_encoder_starts_without_influence(saved):
    old, file = saved(record("audio@2"))
    model = record("audio@2", "technique")
    network = build_network(model)[0].eval()
    done = initialize_from(network, model, file)
    assert "djtrans/technique@2 is new" in done.summary
    assert done.copied == sum(w.numel() for w in old.state_dict().values())
    curves, level, per_frame, global_ = inputs(network)
    before = predict(old, curves, level, per_frame[..., :AUDIO], global_[:, :9])
    now = predict(network, curves, level, per_frame, global_)
    torch.testing.assert_close(now, before, rtol=1e-5, atol=1e-5)
    # It can learn: the gradient of its columns is not zero.
    network(curves, level, Conditioning(per_frame, global_)).square().mean().backward()
    assert (
        float(network.denoiser.enter.weight.grad[:, 54 + AUDIO : 54 + AUDIO + 3].abs().min()) > 0.0
    )
    assert float(network.denoiser.whole.conditioning[0].weight.grad[:, 9:].abs().min()) > 0.0


def test_channels_of_another_version_are_copied_by_name(saved):
    old, file = saved(record("audio@2"))
    model = record("audio@3")
    network = build_network(model)[0]
    done = initialize_from(network, model, file)
    assert "djtrans/audio@3 from djtrans/audio@2 (67 of 99 channels)" in done.summary
    before, now = (
        each.state_dict()["denoiser.enter.weight"][:, 54:] for each in (old, network)
    )  # fmt: skip
    # Side A of version 3: four bands of four stems, then as in version 2, then chroma.
    assert torch.equal(now[:, 0], before[:, 0])  # drums, lows
    assert torch.equal(now[:, 2:5], before[:, 1:4])  # mids and highs; bass, lows
    assert not now[:, 1].any()  # drums, 150 to 300 Hz
    assert torch.equal(now[:, 16:16 + 15], before[:, 12:12 + 15])  # fmt: skip
    assert not now[:, 31:43].any()  # chroma
    # Shared channels and the position in the window are last.
    assert torch.equal(now[:, -12:], before[:, -12:])


def test_techniques_are_copied_by_name(saved):
    old, file = saved(record("technique", configs={"technique": {"techniques": TECHNIQUES}}))
    vocabulary = ("djtrans/cut", "djtrans/brake", "djtrans/fade")
    model = record("technique", configs={"technique": {"techniques": vocabulary}})
    network = build_network(model)[0]
    done = initialize_from(network, model, file)
    assert "djtrans/technique@2 with other settings" in done.summary
    before, now = (
        each.state_dict()["denoiser.whole.conditioning.0.weight"] for each in (old, network)
    )
    assert torch.equal(now[:, 0], before[:, 0])  # any
    assert torch.equal(now[:, 1], before[:, 2])
    assert not now[:, 2].any()
    assert torch.equal(now[:, 3:], before[:, [1, *range(4, before.shape[1])]])
    assert torch.equal(network.global_null[1], old.global_null[2])


@pytest.mark.parametrize("name", ["audio@2", "audio@3", "technique@1", "technique", "objective"])
def test_every_channel_has_a_name_of_its_own(name):
    encoder = djtrans.default_registry().encoders.build(name)
    names = encoder.channel_names(STEMS)
    assert tuple(map(len, names)) == encoder.widths(STEMS)
    assert all(len(set(each)) == len(each) for each in names)


def test_further_blocks_are_new(saved):
    _, file = saved(record("audio@2"))
    model = record("audio@2", settings={"depth": 2})
    done = initialize_from(build_network(model)[0], model, file)
    assert "new: denoiser.blocks.1.attention.gate, " in done.summary
    assert "denoiser.depth 2 (was 1)" in done.summary
    assert 0 < done.copied < done.weights


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (record("audio", denoiser="unet1d"), InputError, "has the denoiser djtrans/dit@1, this"),
        (
            record("audio", settings={"width": 16}),
            InputError,
            r"No layer of .* width 8, .*width 16",
        ),
        (
            record("audio", settings={"prediction": "velocity"}),
            InputError,
            "predicts clean, the denoiser of this run velocity",
        ),
    ],
)
def test_what_shares_nothing_is_refused(saved, model, error, message):
    _, file = saved(record("audio"))
    network = build_network(model)[0]
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(error, match=message):
        initialize_from(network, model, file)
    assert all(torch.equal(x, before[name]) for name, x in network.state_dict().items())


def test_a_model_for_another_mixer_is_refused(saved):
    model = record("audio")
    other = attrs.evolve(model, layout=attrs.evolve(model.layout, rows=model.layout.rows[:-1]))
    _, file = saved(other)
    with pytest.raises(LayoutError, match=r"is a model for another mixer: the mixer has"):
        initialize_from(build_network(model)[0], model, file)


OPTIONS = TrainOptions(
    steps=2, batch_size=2, save_every=1, validate_every=1, validation_batches=1, lr=1e-9,
)  # fmt: skip


def test_a_run_starts_from_the_averaged_weights_of_a_checkpoint(tmp_path):
    model = record("audio", "technique")
    train_model(small_set(), tmp_path / "a", model, OPTIONS, device="cpu")
    checkpoint = tmp_path / "a" / "checkpoint_2.pt"
    options = attrs.evolve(OPTIONS, seed=1)  # other initial weights
    train_model(small_set(), tmp_path / "b", model, options, device="cpu", init_from=checkpoint)
    before, now = read_model(checkpoint), read_model(tmp_path / "b" / "checkpoint_2.pt")
    for name, weight in before[1].items():
        torch.testing.assert_close(now[1][name], weight, rtol=0, atol=1e-6)
    assert now[0].card["initialized_from"]["model"] == "checkpoint_2.pt"
    # The card of a resumed run still has the origin; a run cannot have two.
    half = tmp_path / "b" / "checkpoint_1.pt"
    train_model(small_set(), tmp_path / "c", model, options, device="cpu", resume=half)
    again = read_model(tmp_path / "c" / "checkpoint_2.pt")
    assert again[0].card["initialized_from"] == now[0].card["initialized_from"]
    with pytest.raises(InputError, match="starts a new run"):
        train_model(small_set(), tmp_path / "d", model, device="cpu", resume=half, init_from=half)
