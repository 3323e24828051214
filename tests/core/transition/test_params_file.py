"""Params file: round trip, and one-line errors for damaged files."""

from __future__ import annotations

import json

import pytest
import torch

import djtrans
from djtrans.core.contracts.mixer_spec import MixerConfig
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.errors import FormatError
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
from djtrans.core.transition.plan import TrackPlan, TransitionPlan
from djtrans.mixer.resolve import mixer_layout, resolve_spec


@pytest.fixture
def content():
    side = TrackPlan(
        cue_seconds=1.5,
        cue_bar=2,
        swap_bar=3,
        cue_section="intro",
        swap_section="drop",
        swap_on_phrase=True,
        warp=((0.0, 1.5), (4.0, 5.6)),
        gain_db=-1.2,
        bpm=123.4,
        key="8A",
    )
    beats = tuple(i * 0.5 for i in range(9))
    plan = TransitionPlan(
        technique="djtrans/cut",
        bars=2,
        swap_beat=4,
        beat_times=beats,
        a=side,
        b=side,
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
        (lambda d: d.pop("plan"), "damaged params file .*plan"),
        (lambda d: d["plan"].pop("bars"), "damaged params file"),
        (lambda d: d["plan"].update(bars="many"), "damaged params file"),
        (lambda d: d["plan"].update(loop=1), "damaged params file.*loop"),
        (lambda d: d["values"].pop(), "has 15 frames, but its window .* has 16"),
        (
            lambda d: d["values"][2].__setitem__(1, 2.5),
            "a/drums/eq/low is 2.5 in frame 2; give 0 to 2",
        ),
        (lambda d: d["values"][2].__setitem__(1, float("nan")), "a/drums/eq/low is nan in frame 2"),
        (lambda d: d["values"][3].pop(), "damaged params file"),
        (lambda d: d["layout"][0].update(maximum=3.0), "is inconsistent: its layout"),
        (lambda d: d.update(format_version=2), "format version 2; this version of djtrans reads 1"),
        (lambda d: d.update(format="x"), "is not a params file"),
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
