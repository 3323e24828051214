"""DAWprojects, read as a zip archive of XML."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile

import numpy as np
import pytest
import soundfile

from tests.helpers.exports import curve_of, exported, line_at


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    inputs, path, _ = exported("dawproject", tmp_path_factory.mktemp("daw"))
    archive = zipfile.ZipFile(path)
    return inputs, archive, ET.fromstring(archive.read("project.xml"))


def by_id(root):
    found = {}
    for element in root.iter():
        if name := element.get("id"):
            assert name not in found
            found[name] = element
    return found


def test_references_lead_to_elements_of_the_right_kind(project):
    _, _, root = project
    ids = by_id(root)
    for lanes in root.iter("Lanes"):
        if lanes.get("track"):
            assert ids[lanes.get("track")].tag == "Track"
    for channel in root.iter("Channel"):
        if channel.get("destination"):
            assert ids[channel.get("destination")].tag == "Channel"
    targets = [target.get("parameter") for target in root.iter("Target")]
    assert len(targets) == len(set(targets))
    assert {ids[name].tag for name in targets} == {"Volume", "RealParameter", "Tempo"}


def test_every_curve_is_automation_with_its_values(project):
    inputs, _, root = project
    ids, keys = by_id(root), []
    for lanes in root.iter("Lanes"):
        if not lanes.get("track"):
            continue
        name = ids[lanes.get("track")].get("name")
        channel = f"{name.lower()}/track" if name in "AB" else name.lower().replace(" ", "/")
        for points in lanes.iter("Points"):
            target = ids[points.find("Target").get("parameter")]
            node = "fader/gain" if target.tag == "Volume" else target.get("name").replace(" ", "/")
            key = f"{channel}/{node}"
            keys.append(key)
            assert points.get("timeUnit") == "seconds"
            line = [(float(p.get("time")), float(p.get("value"))) for p in points.iter("RealPoint")]
            curve = curve_of(inputs, key)
            low, high = float(target.get("min")), float(target.get("max"))
            assert all(low <= value <= high for _, value in line)
            for seconds in np.linspace(0.0, inputs.duration_seconds, 500):
                expected = curve(float(seconds))
                at = inputs.bars.audio_seconds + float(seconds)
                assert line_at(line, at) == pytest.approx(expected, abs=1e-5)
    assert sorted(keys) == sorted(inputs.params.layout.keys)


def test_clips_play_the_stems_from_the_start_of_the_audio(project):
    inputs, archive, root = project
    files = {}
    for clip in root.iter("Clip"):
        assert float(clip.get("time")) == pytest.approx(inputs.bars.audio_seconds)
        audio = clip.find("Audio")
        name = audio.find("File").get("path")
        files[name], rate = soundfile.read(io.BytesIO(archive.read(name)), dtype="float32")
        assert rate == int(audio.get("sampleRate")) == inputs.sample_rate
        assert float(audio.get("duration")) == pytest.approx(len(files[name]) / rate)
    assert len(files) == len(inputs.audio.heard) + len(inputs.audio.sources)
    for key, stem in inputs.audio.heard.items():
        found = files[f"audio/heard/{key.replace('/', '-')}.wav"]
        np.testing.assert_array_equal(found.T, stem.numpy())


def test_only_one_group_plays(project):
    _, _, root = project
    groups = root.findall("Structure/Track")
    muted = {t.get("name"): t.find("Channel/Mute").get("value") for t in groups}
    assert muted == {"Master": "false", "As heard": "false", "Before the mixer": "true"}


def test_tempo_markers_and_metadata(project):
    inputs, archive, root = project
    marks = {m.get("name"): float(m.get("time")) for m in root.iter("Marker")}
    start = inputs.bars.audio_seconds
    assert marks == pytest.approx({name: start + s for name, s in inputs.marks})
    tempo = root.find("Arrangement/TempoAutomation")
    steps = [(float(p.get("time")), float(p.get("value"))) for p in tempo.iter("RealPoint")]
    assert {p.get("interpolation") for p in tempo.iter("RealPoint")} == {"hold"}
    # The time of the swap, counted in beats of the project.
    swap = next(i for i, (b, _) in enumerate(steps) if b == inputs.bars.lead_beats + 8)
    beats = [*(b for b, _ in steps[: swap + 1])]
    seconds = sum(
        (b1 - b0) * 60 / bpm for (b0, bpm), b1 in zip(steps[:swap], beats[1:], strict=True)
    )
    assert seconds == pytest.approx(marks["swap"], abs=1e-6)
    meta = ET.fromstring(archive.read("metadata.xml"))
    assert meta.tag == "MetaData"
    assert meta.findtext("Title") == "Artist - Title A into Artist - Title B"
    assert meta.findtext("Artist") == "Artist"
