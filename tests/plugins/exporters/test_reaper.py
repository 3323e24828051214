"""REAPER projects, read by a parser that is written from the description of the format."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
import soundfile

from djtrans.testing import example_export
from tests.helpers.exports import curve_of, exported, line_at


def parse(text):
    """A block is a name, its fields and its content: lines of fields, and blocks."""
    stack = [("", [], [])]
    for line in text.splitlines():
        fields = shlex.split(line.strip(), posix=True)
        if fields == [">"]:
            block = stack.pop()
            stack[-1][2].append(block)
        elif fields[0].startswith("<"):
            stack.append((fields[0][1:], fields[1:], []))
        else:
            stack[-1][2].append((fields[0], fields[1:], None))
    assert len(stack) == 1
    return stack[0][2]


def blocks(content, name):
    return [block for block in content if block[0] == name and block[2] is not None]


def fields(content, name):
    (found,) = [line[1] for line in content if line[0] == name and line[2] is None]
    return found


def points(envelope):
    return [(float(p[1][0]), float(p[1][1])) for p in envelope[2] if p[0] == "PT"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reaper")
    inputs, path, _ = exported("reaper", folder)
    (root,) = parse((path / "example.rpp").read_text())
    assert root[0] == "REAPER_PROJECT"
    return inputs, path, root[2]


def test_every_curve_is_an_envelope_with_its_values(project):
    inputs, _, content = project
    start = inputs.bars.audio_seconds
    tracks, keys = blocks(content, "TRACK"), []
    buses = {"A": "a/track", "B": "b/track"}
    for _, _, track in tracks:
        name = fields(track, "NAME")[0]
        channel = buses.get(name, name.lower().replace(" ", "/"))
        envelopes = {f"{channel}/fader/gain": e for e in blocks(track, "VOLENV2")}
        for chain in blocks(track, "FXCHAIN"):
            (effect,) = blocks(chain[2], "JS")
            kind = "track" if name in buses else "stem"
            assert effect[1][0] == f"djtrans/{kind}.jsfx"
            for envelope in blocks(chain[2], "PARMENV"):
                slider = SLIDERS[kind][int(envelope[1][0])]
                envelopes[f"{channel}/{slider}"] = envelope
        for key, envelope in envelopes.items():
            line, curve = points(envelope), curve_of(inputs, key)
            for seconds in np.linspace(0.0, inputs.duration_seconds, 500):
                expected = curve(float(seconds))
                assert line_at(line, start + float(seconds)) == pytest.approx(expected, abs=1e-5)
        keys += envelopes
    assert sorted(keys) == sorted(inputs.params.layout.keys)


SLIDERS = {
    "stem": ["eq/low", "eq/mid", "eq/high", "lpf/cutoff", "hpf/cutoff"],
    "track": ["reverb/send", "delay/send", "delay/feedback"],
}


@pytest.mark.parametrize("kind", SLIDERS)
def test_the_sliders_of_an_effect_are_the_parameters(project, kind):
    inputs, path, _ = project
    lines = (path / f"Effects/djtrans/{kind}.jsfx").read_text().splitlines()
    assert lines[0].startswith("desc:")
    sliders = [line for line in lines if line.startswith("slider")]
    assert [s.rpartition(">")[2].replace(" ", "/") for s in sliders] == SLIDERS[kind]
    for number, (line, name) in enumerate(zip(sliders, SLIDERS[kind], strict=True), start=1):
        head, _, rest = line.partition("<")
        prefix = "a/drums" if kind == "stem" else "a/track"
        p = inputs.params.layout.rows[inputs.params.layout.index(f"{prefix}/{name}")].parameter
        assert head == f"slider{number}:{p.neutral:g}"
        low, high, _ = map(float, rest.partition(">")[0].split(","))
        assert (low, high) == (p.minimum, p.maximum)


def test_items_play_the_stems_from_the_start_of_the_audio(project):
    inputs, path, content = project
    found = {}
    for _, _, track in blocks(content, "TRACK"):
        for _, _, item in blocks(track, "ITEM"):
            (source,) = blocks(item, "SOURCE")
            assert source[1] == ["WAVE"]
            file = fields(source[2], "FILE")[0]
            found[file] = soundfile.read(path / file, dtype="float32", always_2d=True)[0].T
            assert float(fields(item, "POSITION")[0]) == pytest.approx(inputs.bars.audio_seconds)
            assert float(fields(item, "LENGTH")[0]) == pytest.approx(inputs.duration_seconds)
    audio = inputs.audio
    assert len(found) == len(audio.heard) + len(audio.sources)
    for folder, stems in (("heard", audio.heard), ("source", audio.sources)):
        for key, stem in stems.items():
            file = f"audio/{folder}/{key.replace('/', '-')}.wav"
            np.testing.assert_array_equal(found[file], stem.numpy())


def test_what_is_heard_is_played_and_the_other_group_is_muted(project):
    _, _, content = project
    depth, muted_at, heard = 0, None, []
    for _, _, track in blocks(content, "TRACK"):
        if fields(track, "MUTESOLO")[0] == "1":
            muted_at = depth
        if muted_at is None and blocks(track, "ITEM"):
            heard.append(fields(blocks(track, "ITEM")[0][2], "NAME")[0])
        depth += int(fields(track, "ISBUS")[1])
        if muted_at is not None and depth <= muted_at:
            muted_at = None
    assert depth == 0, "every group is closed"
    assert len(heard) == 8


def test_the_tempo_map_puts_the_beats_on_the_bars_of_the_project(project):
    inputs, _, content = project
    (tempo,) = blocks(content, "TEMPOENVEX")
    assert all(p[1][2] == "1" for p in tempo[2] if p[0] == "PT"), "steps, no ramps"
    beat, found = 0.0, []
    line = points(tempo)
    # Beats of the project, counted through the steps of the tempo.
    for (t0, bpm), (t1, _) in zip(line, [*line[1:], (1e3, 0.0)], strict=True):
        while t0 + (len(found) - beat) * 60.0 / bpm < t1 and len(found) < 60:
            found.append(t0 + (len(found) - beat) * 60.0 / bpm)
        beat += (t1 - t0) * bpm / 60.0
    start = inputs.bars.audio_seconds + inputs.start_seconds
    first = int(np.argmin(np.abs(np.array(found) - start)))
    assert first % 4 == 0, "the window starts on a bar line"
    expected = [start + t for t in inputs.plan.beat_times]
    np.testing.assert_allclose(found[first : first + len(expected)], expected, atol=1e-5)
    markers = {line[1][2]: float(line[1][1]) for line in content if line[0] == "MARKER"}
    for name, seconds in inputs.marks:
        assert markers[name] == pytest.approx(inputs.bars.audio_seconds + seconds)


def test_a_name_with_quotes_is_the_name_of_the_project(tmp_path):
    from djtrans.registry import Registry

    inputs = example_export(tmp_path, ("audio",), bars=1, name='my "best" mix')
    folder = tmp_path / "out"
    folder.mkdir()
    Registry(discover=False).exporters.build("reaper").export(inputs, folder)
    assert (folder / 'my "best" mix.rpp').is_file()
