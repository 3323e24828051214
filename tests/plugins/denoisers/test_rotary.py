"""Rotary positions know distances and nothing else."""

from __future__ import annotations

import torch

from djtrans.plugins.denoisers.rotary import rotate

QUERY, KEY = torch.randn(2, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def products(frames):
    """Attention logits of one query and one key that stand on every frame."""
    query, key = (rotate(vector.expand(frames, -1)) for vector in (QUERY, KEY))
    return query @ key.T


def test_products_depend_on_the_distance_alone():
    logits = products(600)
    for distance in (0, 1, 17, 300):
        line = torch.diagonal(logits, distance)
        torch.testing.assert_close(line, line[:1].expand_as(line), rtol=0, atol=1e-4)


def test_distances_are_told_apart():
    line = products(64)[0]
    assert float(torch.diff(line).abs().min()) > 1e-3


def test_lengths_are_kept_and_the_first_frame_is_not_turned():
    turned = rotate(QUERY.expand(10, -1))
    torch.testing.assert_close(turned[0], QUERY)
    torch.testing.assert_close(turned.norm(dim=-1), QUERY.norm().expand(10), rtol=1e-6, atol=1e-6)
