"""Exports of a transition: its stems, and what is refused before the work."""

from __future__ import annotations

import attrs
import pytest
import soundfile
import torch

import djtrans
from djtrans.core.contracts.exporter import ExporterDeclaration
from djtrans.core.errors import (
    ConfigError,
    DjtransError,
    FormatError,
    InputError,
    UnknownComponentError,
)
from djtrans.core.transition.params_file import save_params
from djtrans.pipeline import exporting
from djtrans.pipeline.exporting import export_transition
from djtrans.registry import Registry
from djtrans.testing import example_export

RATE = 22050


@pytest.fixture(scope="module")
def transition(tracks):
    return djtrans.generate(
        *tracks, technique="fade", model=None, bars=4, context=6, separator="spectral", device="cpu"
    )


def read(file):
    return torch.from_numpy(soundfile.read(file, dtype="float32", always_2d=True)[0].T)


def test_the_stems_as_heard_are_the_mix(transition, tmp_path):
    lines = export_transition(transition, kind="stems", output=tmp_path / "stems")
    files = {file.stem: read(file) for file in (tmp_path / "stems").iterdir()}
    names = ("bass", "drums", "other", "unseparated", "vocals")
    assert sorted(files) == [f"{side}-{name}" for side in "ab" for name in names]
    assert "10 files" in lines[0]
    total = torch.stack(list(files.values())).sum(dim=0)
    assert float((total - transition.audio).abs().max()) < 2e-4
    # What was not separated is six to four bars from the window, and nowhere else.
    start, stop = (round(t * RATE) for t in transition.window_seconds)
    margin = round(3.9 * 4 * 60 / 172 * RATE)
    assert float(files["a-unseparated"][:, start - margin :].abs().max()) < 1e-4
    assert float(files["b-unseparated"][:, : stop + margin].abs().max()) < 1e-4
    assert float(files["a-unseparated"].abs().max()) > 0.01
    # B's stems are silent where B is.
    assert float(files["b-drums"][:, : start - RATE].abs().max()) == 0.0
    assert float(files["b-drums"][:, start + RATE :].abs().max()) > 0.01


def test_the_stems_before_the_mixer_are_the_tracks(transition, tmp_path):
    registry = Registry(discover=False)
    caught = []

    class Catcher:
        def __init__(self, config):
            pass

        def export(self, inputs, path):
            caught.append(inputs)
            path.write_text("")
            return []

    declaration = ExporterDeclaration(
        name="csv", summary="A test.", factory=Catcher, suffix=".csv", needs=("audio",)
    )
    with registry.override("exporter", "csv", declaration):
        export_transition(transition, kind="csv", output=tmp_path / "x.csv", registry=registry)
    sources = caught[0].audio.sources
    start, stop = (round(t * RATE) for t in transition.window_seconds)
    for side, solo in (("a", transition.rendered.solo_a), ("b", transition.rendered.solo_b)):
        total = sum(audio for key, audio in sources.items() if key.startswith(side))
        assert float((total - solo)[:, start:stop].abs().max()) < 1e-4
    with pytest.raises(InputError, match="holds no mixer"):
        export_transition(
            attrs.evolve(transition, mixer=None), kind="stems", output=tmp_path / "none"
        )


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A params file and its two tracks; nothing may be rendered."""
    inputs = example_export(tmp_path)
    tracks = {}
    for side, record in inputs.content.provenance.tracks.items():
        path = tmp_path / f"{side}.wav"
        djtrans.write_audio(path, torch.full((1, 800), 0.1 if side == "a" else 0.2), 8000)
        tracks[side] = attrs.evolve(record, sha256=djtrans.load_track(path).sha256)
    provenance = attrs.evolve(inputs.content.provenance, tracks=tracks)
    save_params(tmp_path / "t.json", attrs.evolve(inputs.content, provenance=provenance))

    def refuse(*arguments, **options):
        raise AssertionError("rendered")

    monkeypatch.setattr(exporting, "render", refuse)
    monkeypatch.setattr(exporting, "analyze_track", refuse)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    return tmp_path


A, B = "a.wav", "b.wav"


@pytest.mark.parametrize(
    ("arguments", "options", "error", "match"),
    [
        ((A, B), {"kind": "reapr", "output": "x"}, UnknownComponentError, "reaper"),
        ((), {"kind": "midi", "output": "x.wav"}, InputError, r"end the name in \.mid"),
        ((), {"kind": "cue", "output": "x.cue", "settings": {"at": "x"}}, ConfigError, "at"),
        ((), {"kind": "csv", "output": "no/x.csv"}, InputError, "no"),
        ((A, B), {"kind": "stems", "output": "full"}, InputError, "is not empty"),
        ((A, B), {"kind": "stems", "output": "a.wav"}, InputError, "a.wav"),
        ((), {"kind": "reaper", "output": "x"}, InputError, "needs the two tracks"),
        ((A,), {"kind": "rekordbox", "output": "x.xml"}, InputError, "needs the two tracks"),
        ((B, A), {"kind": "stems", "output": "x"}, FormatError, "Track A, b.wav, is not the file"),
        ((A, "c.wav"), {"kind": "stems", "output": "x"}, InputError, "There is no file 'c.wav'"),
        (
            (A, B),
            {"kind": "rekordbox", "output": "x.xml", "analyzer": "ears"},
            UnknownComponentError,
            "ears",
        ),
    ],
)
def test_bad_input_is_refused_before_the_work(files, arguments, options, error, match):
    before = sorted(files.rglob("*"))
    with pytest.raises(error, match=match):
        export_transition("t.json", *arguments, **options)
    assert sorted(files.rglob("*")) == before


def test_an_input_is_never_replaced(files):
    (files / "t.csv").write_bytes((files / "t.json").read_bytes())
    with pytest.raises(InputError, match="the params file"):
        export_transition("t.csv", kind="csv", output="t.csv")
    # A track under another name, known by its content.
    (files / "copy.csv").write_bytes((files / "a.wav").read_bytes())
    with pytest.raises(InputError, match="it is track A of this transition"):
        export_transition("t.json", kind="csv", output="copy.csv")


def test_a_file_is_replaced_whole_or_not_at_all(files):
    class Failing:
        def __init__(self, config):
            pass

        def export(self, inputs, path):
            path.write_text("half")
            raise InputError("The disk of this test is full.")

    registry = Registry(discover=False)
    declaration = ExporterDeclaration(name="csv", summary="A test.", factory=Failing, suffix=".csv")
    (files / "x.csv").write_text("before")
    before = sorted(files.rglob("*"))
    with registry.override("exporter", "csv", declaration), pytest.raises(DjtransError):
        export_transition("t.json", kind="csv", output="x.csv", registry=registry)
    assert (files / "x.csv").read_text() == "before"
    assert sorted(files.rglob("*")) == before
    assert export_transition("t.json", kind="csv", output="x.csv", registry=registry) == ()
    assert (files / "x.csv").read_text().startswith("frame,beat,seconds,a/drums/fader/gain")


def test_the_name_is_that_of_the_output(files):
    export_transition("t.json", kind="cue", output="Friday night.cue")
    assert 'FILE "Friday night.wav" WAVE' in (files / "Friday night.cue").read_text()


def test_tracks_without_a_recorded_hash_are_accepted(files):
    inputs = example_export(files)
    save_params("free.json", inputs.content)
    assert export_transition("free.json", A, B, kind="cue", output="x.cue")
