"""Stems as heard, read by soundfile."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from tests.helpers.exports import exported


@pytest.mark.parametrize(("subtype", "error"), [("FLOAT", 1e-6), ("PCM_24", 8 * 2.0**-23)])
def test_the_sum_of_the_files_is_the_mix(tmp_path, subtype, error):
    inputs, path, _ = exported("stems", tmp_path, {"subtype": subtype})
    files = sorted(path.iterdir())
    assert [f.stem for f in files] == sorted(k.replace("/", "-") for k in inputs.audio.heard)
    total = 0.0
    for file in files:
        info = soundfile.info(file)
        assert (info.subtype, info.samplerate) == (subtype, inputs.sample_rate)
        total = total + soundfile.read(file, always_2d=True)[0].T
    np.testing.assert_allclose(total, inputs.audio.mix.numpy(), atol=error)
