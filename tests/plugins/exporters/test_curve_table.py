"""Tables of curves, read by the csv module."""

from __future__ import annotations

import csv

import numpy as np

from tests.helpers.exports import exported


def test_every_value_is_the_same_float32(tmp_path):
    inputs, path, _ = exported("csv", tmp_path)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["frame", "beat", "seconds", *inputs.params.layout.keys]
    for key in inputs.params.layout.keys:
        found = np.array([float(row[key]) for row in rows], dtype=np.float32)
        np.testing.assert_array_equal(found, inputs.params.row(key).numpy())
    assert [int(row["frame"]) for row in rows] == list(range(32))
    assert [float(row["beat"]) for row in rows[:4]] == [0.0, 0.5, 1.0, 1.5]
    beats = [float(row["seconds"]) for row in rows[::2]]
    np.testing.assert_allclose(beats, inputs.plan.beat_times[:-1], atol=1e-6)
