"""Analyzers of an example that run other programs, here stand-ins for aubio and essentia."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from djtrans import Registry
from djtrans.benchmarking import benchmark
from djtrans.core import DependencyError, InputError
from djtrans.testing import check_analyzer

FILE = Path(__file__).resolve().parents[2] / "examples" / "external_analyzers.py"
RATE = 22050
#: Interval and first beat of what the stand-ins find, a beat after the first of the music.
PERIOD, FIRST = 0.5, 0.6

#: Print a beat for each click in a WAV file, as the command does: a time and a tab.
AUBIO = """#!{python}
import sys
import soundfile
assert sys.argv[1] == "beat", sys.argv
audio, rate = soundfile.read(sys.argv[2], always_2d=True)
assert abs(audio).max() > 0
beat = {first}
while beat < len(audio) / rate:
    print("%f\\t" % beat)
    beat += {period}
"""
#: Behave as an interpreter with essentia: log, and print the result of the script of the example.
ESSENTIA = """#!{python}
import json, sys
import soundfile
flag, script, file = sys.argv[1:]
assert flag == "-c" and "RhythmExtractor2013" in script
audio, rate = soundfile.read(file, always_2d=True)
count = int((len(audio) / rate - {first}) / {period})
print("[   INFO   ] a message")
print(json.dumps({{
    "bpm": 120.0, "beats": [{first} + i * {period} for i in range(count)], "key": "Bb",
    "mode": "minor", "confidence": 2.66, "strength": 0.8,
}}))
"""


@pytest.fixture
def registry():
    registry = Registry(discover=False)
    registry.register_file(FILE)
    return registry


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Write both stand-ins, and name them by the variables."""
    for name, text in (("DJTRANS_AUBIO", AUBIO), ("DJTRANS_ESSENTIA_PYTHON", ESSENTIA)):
        file = tmp_path / f"stand-in-{name}"
        file.write_text(text.format(python=sys.executable, first=FIRST, period=PERIOD))
        file.chmod(0o755)
        monkeypatch.setenv(name, str(file))
    return tmp_path


def clicks(seconds=20):
    audio = torch.zeros(1, RATE * seconds)
    audio[:, round(0.1 * RATE) :: round(PERIOD * RATE)] = 0.9
    return audio


@pytest.mark.parametrize("name", ["aubio", "essentia"])
def test_they_keep_the_rules_of_their_kind(registry, programs, name):
    tempo = {"the_tempo_of_a_plain_track_is_found": "The stand-ins find 120 BPM in all music."}
    check_analyzer(registry.analyzers.find(name).declaration, expected_failures=tempo)


def test_beats_are_extended_to_the_ends(registry, programs):
    found = registry.analyzers.build("aubio").analyze(clicks(), RATE)
    np.testing.assert_allclose(found.grid.beat_times, 0.1 + PERIOD * np.arange(40), atol=1e-6)
    assert found.grid.bpm == pytest.approx(120.0)
    # The first beat that was found starts a bar.
    assert found.grid.first_downbeat == 1
    assert (found.grid.downbeat_confidence, found.key.confidence) == (0.0, 0.0)


def test_the_last_line_of_essentia_has_tempo_and_key(registry, programs):
    found = registry.analyzers.build("essentia").analyze(clicks(), RATE)
    assert (found.grid.bpm, found.grid.confidence) == (120.0, 0.5)
    assert (found.key.name, found.key.confidence) == ("Bb minor", 0.8)


def test_they_are_compared_with_others(registry, programs):
    pytest.importorskip("mir_eval")
    folder = programs / "tracks"
    folder.mkdir()
    soundfile.write(folder / "a.wav", clicks()[0].numpy(), RATE)
    (folder / "annotations.csv").write_text("file,bpm,first_beat_seconds\na.wav,120,0.1\n")
    result = benchmark(
        {"annotated": folder}, ("aubio", "essentia"), output=programs / "out", registry=registry
    )
    names = ("external_analyzers/aubio", "external_analyzers/essentia")
    assert result.systems == names
    assert [result.mean("annotated", name, "beats F").mean for name in names] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "variable", "value", "error", "message"),
    [
        ("aubio", "DJTRANS_AUBIO", "no-such-program", DependencyError, "install aubio-tools"),
        ("essentia", "DJTRANS_ESSENTIA_PYTHON", "", DependencyError, "an interpreter that has"),
        # An interpreter without essentia.
        ("essentia", "DJTRANS_ESSENTIA_PYTHON", sys.executable, InputError, "No module named"),
        ("aubio", "DJTRANS_AUBIO", "echo", InputError, "not times of beats"),
        ("essentia", "DJTRANS_ESSENTIA_PYTHON", "echo", InputError, "no result"),
        ("aubio", "DJTRANS_AUBIO", "true", InputError, "Only 0 beats were found"),
    ],
)
def test_what_is_missing_or_strange_is_stated(
    registry, monkeypatch, name, variable, value, error, message
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(error, match=message):
        registry.analyzers.build(name).analyze(clicks(10), RATE)
