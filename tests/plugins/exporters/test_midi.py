"""MIDI files, read by mido."""

from __future__ import annotations

import bisect
import sys

import pytest

from djtrans.core.errors import ConfigError, DependencyError
from djtrans.registry import Registry
from tests.helpers.exports import curve_of, exported

mido = pytest.importorskip("mido")


def events(track):
    now = 0
    for message in track:
        now += message.time
        yield now, message


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    inputs, path, _ = exported("midi", tmp_path_factory.mktemp("midi"))
    return inputs, mido.MidiFile(path, charset="utf-8")


def seconds_of(file, tick):
    """The time of a tick by the tempo map."""
    steps = [(t, m.tempo) for t, m in events(file.tracks[0]) if m.type == "set_tempo"]
    stops = [*(t for t, _ in steps[1:]), float("inf")]
    return sum(
        mido.tick2second(min(tick, stop) - start, file.ticks_per_beat, tempo)
        for (start, tempo), stop in zip(steps, stops, strict=True)
        if tick > start
    )


def test_every_curve_has_one_controller_and_its_values(file):
    inputs, midi = file
    assert midi.ticks_per_beat == 480
    keys, controllers = [], []
    lead = inputs.bars.lead_beats
    ticks = range(lead * 480, (lead + 16) * 480, 20)
    clock = [seconds_of(midi, tick) - inputs.bars.audio_seconds for tick in ticks]
    for track in midi.tracks[1:]:
        key = track.name
        changes = [(t, m) for t, m in events(track) if m.type == "control_change"]
        (controller,) = {(m.channel, m.control) for _, m in changes}
        p = inputs.params.layout.rows[inputs.params.layout.index(key)].parameter
        assert changes[0][0] == 0
        curve, starts = curve_of(inputs, key), [t for t, _ in changes]
        for tick, at in zip(ticks, clock, strict=True):
            value = changes[bisect.bisect_right(starts, tick) - 1][1].value
            expected = (curve(at) - p.minimum) / (p.maximum - p.minimum) * 127
            # Half a step, and what an edge moves in a microsecond of the tempo map.
            assert abs(value - expected) <= 0.5 + 0.05, (key, tick)
        keys.append(key)
        controllers.append(controller)
    assert keys == list(inputs.params.layout.keys)
    assert len(set(controllers)) == len(controllers)
    # Bank select, data entry, pedals, parameter numbers and channel modes have other meanings.
    reserved = {0, 6, 32, 38, 64, 65, 66, 67, 68, 69, 96, 97, 98, 99, 100, 101, *range(120, 128)}
    assert not {control for _, control in controllers} & reserved


def test_markers_and_meter_are_on_the_bars(file):
    inputs, midi = file
    marks = {m.text: t for t, m in events(midi.tracks[0]) if m.type == "marker"}
    bar = 4 * midi.ticks_per_beat
    assert marks == {"start": 1 * bar, "swap": 3 * bar, "end": 5 * bar}
    for name, seconds in inputs.marks:
        at = seconds_of(midi, marks[name])
        assert at == pytest.approx(inputs.bars.audio_seconds + seconds, abs=1e-4)
    (meter,) = [m for _, m in events(midi.tracks[0]) if m.type == "time_signature"]
    assert (meter.numerator, meter.denominator) == (4, 4)


def test_fewer_steps_are_fewer_messages(tmp_path, file):
    _, fine = file
    _, path, _ = exported("midi", tmp_path, {"steps_per_beat": 2})
    coarse = mido.MidiFile(path)
    assert sum(map(len, coarse.tracks)) < 0.5 * sum(map(len, fine.tracks))


def test_settings_and_a_missing_package_fail_before_the_work(monkeypatch):
    exporters = Registry(discover=False).exporters
    with pytest.raises(ConfigError, match="steps_per_beat"):
        exporters.build("midi", {"steps_per_beat": 0})
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(DependencyError, match=r"pip install 'djtrans\[midi\]'"):
        exporters.build("midi", {"steps_per_beat": 7})
