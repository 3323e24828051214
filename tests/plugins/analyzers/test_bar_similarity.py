"""Similarities of bars against the matrix of all pairs."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.plugins.analyzers.bar_similarity import BarSimilarity, median_distance


def matrix_of(features: np.ndarray) -> np.ndarray:
    """Distances of all pairs."""
    return np.abs(features[:, None] - features[None]).mean(axis=2)


@pytest.mark.parametrize("bars", [2, 3, 4, 61, 62, 63])
@pytest.mark.parametrize("loop", [False, True])
def test_the_median_distance_is_exact(bars: int, loop: bool) -> None:
    features = np.random.default_rng(bars).standard_normal((bars, 12)) ** 3
    if loop:
        features = features[np.arange(bars) % 3]
    apart = matrix_of(features)[~np.eye(bars, dtype=bool)]
    assert median_distance(features) == np.median(apart)


def test_one_bar_and_equal_bars_have_no_distance() -> None:
    assert median_distance(np.ones((1, 12))) == 0.0
    assert median_distance(np.ones((9, 12))) == 0.0


def test_similarities_are_those_of_the_matrix() -> None:
    features = np.random.default_rng(0).standard_normal((40, 12))
    distance = matrix_of(features)
    wanted = np.exp(-distance / np.median(distance[~np.eye(40, dtype=bool)]))
    similarity = BarSimilarity.of(features)
    assert len(similarity) == 40
    np.testing.assert_allclose(similarity.to(7, 3, 20), wanted[7, 3:20])
    assert similarity.mean((2, 9), (20, 31)) == pytest.approx(wanted[2:9, 20:31].mean())
