"""Params file: round trip, and one-line errors for damaged files."""

from __future__ import annotations

import json

import attrs
import pytest
import torch

import djtrans
from djtrans.core.contracts.mixer_spec import MixerConfig
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.errors import FormatError
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.params_file import (
    ComponentRecord,
    MixerRecord,
    ParamsFile,
    Provenance,
    RenderRecord,
    TrackRecord,
    load_params,
    save_params,
)
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.playback import PlaybackSegment
from djtrans.mixer.resolve import mixer_layout, resolve_spec
from tests.helpers.plans import track_plan

LOOP_AND_BRAKE = (
    PlaybackSegment(1.0, 1.5, 0.5),
    PlaybackSegment(1.5, 2.0, 0.5, 1.0, 0.0),
)


@pytest.fixture
def content():
    side = track_plan(
        warp=((0.0, 1.5), (4.0, 5.6)),
        gain_db=-1.2,
    )
    beats = tuple(i * 0.5 for i in range(9))
    plan = TransitionPlan(
        technique="djtrans/cut",
        bars=2,
        swap_beat=4,
        beat_times=beats,
        a=attrs.evolve(side, playback=LOOP_AND_BRAKE),
        b=attrs.evolve(side, gain_ease=GainEase(start=4.0, stop=36.0, gain_db=0.0, bars=16)),
        key_distance=0,
        reasons=("because",),
    )
    clock = torch.tensor(beats, dtype=torch.float64)
    values = torch.rand(16, 54, generator=torch.Generator().manual_seed(1))
    params = TransitionParams(values, mixer_layout(), frame_times(clock, 16, 2), clock, 2)
    component = ComponentRecord(name="djtrans/spectral", version=1, config={"x": 1.5})
    record = TrackRecord(name="ü.wav", sha256="ab", separator=component)
    provenance = Provenance(
        tracks={"a": record, "b": record},
        mixer=MixerRecord(
            spec=resolve_spec("dj54"), config=MixerConfig(), versions={"djtrans/gain": 1}
        ),
        render=RenderRecord(
            sample_rate=44100,
            channels=2,
            start=-10,
            stop=99,
            seed=3,
            stretch="e 1",
            djtrans=djtrans.__version__,
        ),
        technique=component,
    )
    return ParamsFile(params=params, plan=plan, provenance=provenance)


def test_everything_comes_back_to_the_bit(content, tmp_path):
    save_params(tmp_path / "p.json", content)
    back = load_params(tmp_path / "p.json")
    assert torch.equal(back.params.values, content.params.values)
    assert torch.equal(back.params.frame_times, content.params.frame_times)
    assert back.params.layout == content.params.layout
    assert back.plan == content.plan
    assert back.provenance == content.provenance
    assert [path.name for path in tmp_path.iterdir()] == ["p.json"]


def test_a_file_of_an_earlier_version_has_no_playback(content, tmp_path):
    save_params(tmp_path / "p.json", content)
    document = json.loads((tmp_path / "p.json").read_text())
    del document["plan"]["a"]["playback"]
    (tmp_path / "p.json").write_text(json.dumps(document))
    back = load_params(tmp_path / "p.json")
    assert back.plan.a == attrs.evolve(content.plan.a, playback=())


def test_the_file_is_plain_json_with_all_54_keys(content, tmp_path):
    save_params(tmp_path / "p.json", content)
    document = json.loads((tmp_path / "p.json").read_text())
    assert document["format"] == "djtrans-params"
    assert [row["key"] for row in document["layout"]][:2] == [
        "a/drums/fader/gain",
        "a/drums/eq/low",
    ]
    assert len(document["values"]) == 16
    assert {len(frame) for frame in document["values"]} == {54}
    # Qualified names and complete configs: no default of a later version can change the file.
    effects = [node["effect"] for node in document["mixer"]["spec"]["stem_chain"]]
    assert effects == ["djtrans/gain", "djtrans/eq3", "djtrans/lowpass", "djtrans/highpass"]
    eq = document["mixer"]["spec"]["stem_chain"][1]["config"]
    assert set(eq.values()) >= {300.0, 4000.0}


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda d: d.pop("plan"), "damaged params file: the field 'plan' is missing"),
        (lambda d: d["plan"].pop("bars"), "damaged params file"),
        (lambda d: d["plan"].update(bars="many"), "damaged params file"),
        (lambda d: d["plan"].update(loop=1), "damaged params file.*loop"),
        (lambda d: d["values"].pop(), "values has 15 frames, but the window of the plan has 16"),
        (
            lambda d: d["values"][2].__setitem__(1, 2.5),
            "a/drums/eq/low is 2.5 in frame 2; give 0 to 2",
        ),
        (lambda d: d["values"][2].__setitem__(1, float("nan")), "NaN is not a number of JSON"),
        (lambda d: d["values"][3].pop(), "damaged params file"),
        (
            lambda d: d["layout"][0].update(maximum=3.0),
            "its layout was edited and",
        ),
        (lambda d: d.update(format_version=2), "format version 2; this version of djtrans reads 1"),
        (lambda d: d.update(format="x"), "is not a params file"),
        (
            lambda d: d["plan"]["beat_times"].reverse(),
            r"plan.beat_times\[0\] is 4; give 0, the start of the window",
        ),
        (
            lambda d: d["plan"]["beat_times"].__setitem__(3, 0.9),
            "plan.beat_times does not increase: 0.9 at index 3 follows 1",
        ),
        (lambda d: d["plan"]["beat_times"].pop(), "plan.beat_times has 8 times; 2 bars have 9"),
        (lambda d: d.update(frames_per_beat=0), "frames_per_beat is 0; give a number above 0"),
        (lambda d: d.update(frames_per_beat="2"), "frames_per_beat is '2'"),
        (lambda d: d["plan"].update(beats_per_bar=0), "plan.beats_per_bar is 0; give 1 to 64"),
        (lambda d: d["plan"].update(bars=True), "plan.bars is True; give a finite number"),
        (lambda d: d["plan"].update(bars=2.5), "plan.bars is 2.5; give an integer"),
        (lambda d: d["plan"].update(swap_beat=9), "plan.swap_beat is 9; give 0 to 8"),
        (lambda d: d["plan"].update(swap_beat=-1), "plan.swap_beat is -1; give 0 to 8"),
        (lambda d: d["plan"].update(confidence=2), "plan.confidence is 2; give 0 to 1"),
        (lambda d: d["plan"]["a"].update(bpm=0), "plan.a.bpm is 0; give 1 to 2000"),
        (lambda d: d["plan"]["b"].update(gain_db=1e30), r"plan.b.gain_db is 1e\+30; give -120"),
        (
            lambda d: d["plan"]["b"]["gain_ease"].update(gain_db=99),
            r"plan.b.gain_ease.gain_db is 99; give -120 to 60",
        ),
        (
            lambda d: d["plan"]["b"]["gain_ease"].update(stop=4.0),
            r"plan.b.gain_ease \(start, stop\) does not increase",
        ),
        (lambda d: d["plan"]["b"]["gain_ease"].pop("bars"), "damaged params file.*bars"),
        (lambda d: d["plan"]["b"].update(key="H moll"), "plan.b.key is 'H moll'; give a Camelot"),
        (lambda d: d["plan"]["a"].update(place="there"), "plan.a.place is 'there'; give one of"),
        (lambda d: d["plan"]["a"].update(warp=[[0, 1]]), "plan.a.warp has 1 points; give 2 or"),
        (
            lambda d: d["plan"]["a"].update(warp=[[0, 5], [4, 1]]),
            r"plan.a.warp \(track seconds\) does not increase",
        ),
        (lambda d: d["plan"]["a"].update(warp=[[0, 0], [1, 99]]), "tempo ratio of plan.a.warp is"),
        (
            lambda d: d["plan"]["a"]["playback"][1].update(start=1.6),
            r"plan.a.playback\[1\].start is 1.6; give 1.5, where the one before stops",
        ),
        (
            lambda d: d["plan"]["a"]["playback"][1].update(stop=9.0),
            r"plan.a.playback\[1\].stop is 9; give 0 to 4",
        ),
        (
            lambda d: d["plan"]["a"]["playback"][0].update(stop=0.5),
            r"plan.a.playback\[0\] \(start, stop\) does not increase",
        ),
        (
            lambda d: d["plan"]["a"]["playback"][0].update(speed=-20.0),
            r"plan.a.playback\[0\].speed is -20; give -16 to 16",
        ),
        (
            lambda d: d["plan"]["a"]["playback"][0].update(position=7.0),
            r"position at the start of plan.a.playback\[0\] is 7; give -4 to 4",
        ),
        (
            lambda d: d["plan"]["a"]["playback"][0].pop("position"),
            "damaged params file.*position",
        ),
        (lambda d: d["render"].update(stop=-10), "render.stop is -10; give -9 to"),
        (lambda d: d["render"].update(stop=10**15), "render.stop is 1000000000000000; give"),
        (lambda d: d["render"].update(sample_rate=0), "render.sample_rate is 0; give 1000 to"),
        (lambda d: d["render"].update(channels=3), "render.channels is 3; give 1 to 2"),
        (lambda d: d["render"].update(seed=-1), "render.seed is -1; give 0 to 9223372036854775807"),
        (lambda d: d["render"].update(seed=2**70), "render.seed is 1180591620717411303424; give"),
        (lambda d: d["tracks"].pop("b"), "tracks has a; give a and b"),
        (lambda d: d["tracks"]["a"].update(isolation="so-so"), "tracks.a.isolation is 'so-so'"),
        (lambda d: d["tracks"]["a"].update(name=None), r"tracks\['a'\].name is None; give a text"),
        (lambda d: d.update(model=3), "model is 3; give an object"),
        (lambda d: d["values"][3].__setitem__(2, "1"), r"values\[3\]\[2\] is '1'; give a number"),
        (lambda d: d.update(values=5), "values is not a list"),
        (lambda d: d["layout"][1].update(key=None), r"layout\[1\].key is None; give a text"),
        (lambda d: d["layout"][1].update(key="a/x"), r"layout\[1\].key is 'a/x'; give unique"),
        (lambda d: d["layout"][1].update(d["layout"][0]), "give unique track/stem/node/name"),
        (
            lambda d: d["layout"][0].update(neutral="1"),
            r"layout\[0\].neutral is '1'; give a",
        ),
    ],
)
def test_damage_is_named(content, tmp_path, damage, match):
    path = tmp_path / "p.json"
    save_params(path, content)
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))
    with pytest.raises(FormatError, match=match) as caught:
        load_params(path)
    assert "\n" not in str(caught.value)


def loaded_bytes(content, path):
    save_params(path, content)
    return path.read_text(encoding="utf-8")


def test_the_spelling_of_numbers_does_not_matter(content, tmp_path):
    """As JavaScript, Go and PowerShell write them: 1 for 1.0; others write 2.0 for 2."""
    path = tmp_path / "p.json"
    document = json.loads(loaded_bytes(content, path))

    def respelled(value):
        if isinstance(value, dict):
            return {name: respelled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [respelled(each) for each in value]
        if isinstance(value, float) and value == int(value):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return value

    whole = respelled(document)
    # The format version is compared as it is.
    path.write_text(json.dumps({**whole, "format_version": 1}))
    back = load_params(path)
    assert back.plan == content.plan
    assert back.provenance == content.provenance
    assert back.params.layout.digest == content.params.layout.digest
    assert torch.equal(back.params.values, content.params.values)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_byte_order_mark_does_not_matter(content, tmp_path, encoding):
    path = tmp_path / "p.json"
    path.write_bytes(loaded_bytes(content, path).encode(encoding))
    assert load_params(path).plan == content.plan


def test_a_field_that_is_there_twice_is_refused(content, tmp_path):
    path = tmp_path / "p.json"
    text = loaded_bytes(content, path)
    path.write_text(text.replace('"frames_per_beat": 2,', '"frames_per_beat": 2, "values": [],', 1))
    with pytest.raises(FormatError, match="it has the field 'values' twice"):
        load_params(path)


def test_nesting_without_end_is_refused(tmp_path):
    (tmp_path / "p.json").write_text("[" * 100_000)
    with pytest.raises(FormatError, match="nested too deeply"):
        load_params(tmp_path / "p.json")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00RIFF")
    (tmp_path / "b.json").write_text("[1, 2]")
    for name, match in (("a", "not a params file"), ("b", "not a params file"), ("c", "no file")):
        with pytest.raises(FormatError, match=match):
            load_params(tmp_path / f"{name}.json")


def test_an_unwritable_path_is_said_and_leaves_nothing(content, tmp_path):
    with pytest.raises(FormatError, match="Cannot write"):
        save_params(tmp_path / "none" / "p.json", content)
    (tmp_path / "folder").mkdir()
    with pytest.raises(FormatError, match="Cannot write"):
        save_params(tmp_path / "folder", content)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
