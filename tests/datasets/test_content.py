"""The digest of a dataset depends on its examples only, and damage is named."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.errors import FormatError
from djtrans.datasets.content import check_finite_data, dataset_digest
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from tests.helpers.training import small_set


def test_the_digest_is_that_of_the_stored_set(tmp_path):
    data = small_set()
    data.save(tmp_path / "set.safetensors")
    assert dataset_digest(SyntheticDataset.load(tmp_path / "set.safetensors")) == (
        dataset_digest(data)
    )


def test_every_change_of_the_examples_changes_it():
    data = small_set()
    track = attrs.evolve(data.tracks[0], vocal=data.tracks[0].vocal + 0.5)
    quieter = attrs.evolve(data.tracks[0], reference_db=-12.0)
    digests = {
        dataset_digest(each)
        for each in (
            data,
            attrs.evolve(data, training=data.training[:2]),
            attrs.evolve(data, validation=data.validation[:1]),
            attrs.evolve(data, tracks=[track, data.tracks[1]]),
            attrs.evolve(data, tracks=[quieter, data.tracks[1]]),
        )
    }
    assert len(digests) == 5
    assert dataset_digest(attrs.evolve(data, facts={"note": "another"})) in digests


def test_values_that_are_not_finite_are_named():
    data = small_set()
    check_finite_data(data)
    level = data.tracks[1].level_db.clone()
    level[3, 1, 2] = float("nan")
    level[4] = float("inf")
    damaged = attrs.evolve(data.tracks[1], level_db=level)
    broken = attrs.evolve(data, tracks=[data.tracks[0], damaged])
    with pytest.raises(FormatError, match="13 values that are not finite in level_db of track 1"):
        check_finite_data(broken)
