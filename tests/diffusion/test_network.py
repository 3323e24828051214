"""Null embeddings replace dropped conditioning of each encoder."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.errors import ShapeError

NOISE_FRACTION = torch.tensor([0.3, 0.6])


def test_a_dropped_encoder_is_its_null_and_the_others_stay(network, conditioning, z):
    dropped = torch.tensor([[True, False], [False, True]])
    per_frame, global_ = conditioning.per_frame.clone(), conditioning.global_.clone()
    per_frame[0, :, :3] = torch.tensor([1.0, 2.0, 3.0])
    global_[0, :2] = torch.tensor([5.0, 6.0])
    per_frame[1, :, 3], global_[1, 2] = 4.0, 7.0
    by_hand = attrs.evolve(conditioning, per_frame=per_frame, global_=global_)
    torch.testing.assert_close(
        network(z, NOISE_FRACTION, conditioning, dropped), network(z, NOISE_FRACTION, by_hand)
    )


def test_what_is_dropped_may_be_anything(network, conditioning, z):
    """An encoder that had nothing to encode may leave nan."""
    broken = attrs.evolve(conditioning, per_frame=conditioning.per_frame * float("nan"))
    all_dropped = torch.ones(2, 2, dtype=torch.bool)
    out = network(z, NOISE_FRACTION, broken, all_dropped)
    assert bool(torch.isfinite(out).all())


def test_nulls_learn_from_the_examples_that_show_them(network, conditioning, z):
    dropped = torch.tensor([[True, False], [False, False]])
    network(z, NOISE_FRACTION, conditioning, dropped).square().mean().backward()
    assert bool((network.frame_null.grad[:3] != 0).all())
    assert float(network.frame_null.grad[3]) == 0.0
    assert bool((network.global_null.grad[:2] != 0).all())


@pytest.mark.parametrize("prediction", ["velocity", "noise", "clean"])
def test_clean_curves_follow_from_any_prediction(prediction, perfect, conditioning, z):
    clean = perfect(prediction).clean(z, NOISE_FRACTION, conditioning)
    expected = perfect("clean")(z, NOISE_FRACTION, conditioning)
    torch.testing.assert_close(clean, expected, rtol=0, atol=1e-5)


def test_conditioning_of_another_model_is_refused(network, conditioning, z):
    narrow = attrs.evolve(conditioning, per_frame=conditioning.per_frame[..., :2])
    with pytest.raises(ShapeError, match=r"\(2, 8, 2\).*built for.*\(2, 8, 4\)"):
        network(z, NOISE_FRACTION, narrow)
    short = attrs.evolve(conditioning, per_frame=conditioning.per_frame[:, :4])
    with pytest.raises(ShapeError, match="as many frames as the curves"):
        network(z, NOISE_FRACTION, short)


def test_weights_are_saved_without_the_slots(network):
    assert {name.partition(".")[0] for name in network.state_dict()} == {
        "denoiser",
        "frame_null",
        "global_null",
    }
