"""Options are checked against the registered components before any work."""

from __future__ import annotations

import pytest

import djtrans
from djtrans.core.errors import DjtransError
from djtrans.pipeline.option_checks import check_components
from djtrans.pipeline.options import GenerateOptions


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"technique": "cut", "bars": 8},
            r"^The technique cut takes 2 bars, not 8; .*\. Techniques for 8 bars: bass-swap,",
        ),
        ({"technique": "echo-out", "bars": 16}, "takes 2 to 8 bars, not 16"),
        ({"separator": "demux"}, "no separator 'demux'.*demucs"),
        ({"analyzer": "x"}, "no analyzer 'x'"),
        ({"scheduler": "x"}, "no scheduler 'x'"),
        ({"mixer": "x"}, "no mixer 'x'"),
        ({"master": "limter"}, "no effect 'limter'.*limiter"),
        ({"device": "gpu"}, "no device 'gpu'; choose auto"),
        ({"settings": {"reverb.size": 3}}, "no field 'size'"),
        ({"separator": "spectral", "settings": {"separator.x": 3}}, "spectral: .*no field 'x'"),
        ({"settings": {"technique.x": 3}}, r"technique\.x is set, but .*chosen later"),
        ({"technique": "cut", "settings": {"technique.x": 3}}, "no field 'x'"),
        ({"model": "none", "vary": "x.json"}, "vary: the rules have no sampling"),
        ({"stems_b": "missing"}, "stems_b = 'missing' is not a folder"),
    ],
)
def test_what_does_not_exist_is_refused(fields, message):
    with pytest.raises(DjtransError, match=message):
        check_components(GenerateOptions(**fields), djtrans.default_registry())


def test_generate_checks_before_it_opens_a_file():
    with pytest.raises(DjtransError, match="takes 2 bars, not 8"):
        djtrans.generate("missing.wav", "missing.wav", technique="cut", bars=8)


@pytest.mark.parametrize("name", ["auto", "cut", "bass-swap"])
def test_allowed_options_pass(name, tmp_path):
    options = GenerateOptions(
        technique=name,
        bars="auto" if name == "auto" else 2 if name == "cut" else 8,
        separator="spectral",
        master="limiter",
        device="cuda:1",
        stems_a=tmp_path,
        settings={"reverb.decay_seconds": 1.0, "limiter.release_ms": 100.0},
    )
    check_components(options, djtrans.default_registry())
