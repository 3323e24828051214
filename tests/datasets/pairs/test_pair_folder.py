"""A pair's folder against what was put into it, and against the mixer."""

from __future__ import annotations

import json

import attrs
import pytest
import soundfile
import torch

from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import Span, window_span
from djtrans.datasets.pairs.pair import mix_pair
from djtrans.datasets.pairs.pair_folder import read_facts, read_pair, write_pair
from djtrans.pipeline.completion import generate_transition_params
from djtrans.pipeline.options import GenerateOptions, PreparationOptions
from djtrans.pipeline.preparation import prepare
from djtrans.pipeline.provenance import rebuild_mixer
from djtrans.registry import default_registry
from djtrans.synthesis import TrackSpec, synthesize

STRUCTURE = (("intro", 8), ("drop", 8))
RATE = 22050
#: Eight stems, each rounded to 24 bits, through gains up to 2 and echoes.
ROUNDING = 2e-6


class Made:
    """A pair made by hand, and what it was made from."""

    def __init__(self) -> None:
        specs = (
            TrackSpec(bpm=126.0, tonic=9, seed=1, structure=STRUCTURE, sample_rate_hz=RATE),
            TrackSpec(bpm=123.0, tonic=4, seed=2, structure=STRUCTURE, sample_rate_hz=RATE),
        )
        audio = [synthesize(spec).audio for spec in specs]
        a, b = (Track(x, RATE, f"{n}.wav", n * 64) for n, x in zip("ab", audio, strict=True))
        self.prepared = prepare(a, b, PreparationOptions(separator="spectral", device="cpu"))
        self.plan = self.prepared.plan("echo-out", bars=4)
        self.window = window_span(self.plan, RATE)
        self.aligned = self.prepared.align(self.plan, self.window)
        self.content = generate_transition_params(
            self.prepared, self.plan, self.window, self.aligned, GenerateOptions(seed=3)
        )

    def pair(self, louder: float = 1.0):
        aligned = self.aligned.map(
            lambda track: attrs.evolve(track, stems=track.stems.scaled(louder))
        )
        return mix_pair(self.prepared.mixer, self.content, aligned, self.prepared.analyses, key="k")


@pytest.fixture(scope="module")
def made():
    return Made()


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs") / "pair_001"
    write_pair(folder, made.pair())
    return folder


def mixed_again(pair):
    provenance = pair.content.provenance
    mixer = rebuild_mixer(provenance.mixer, pair.params, default_registry())
    return mixer(pair.stems_a, pair.stems_b, pair.params, seed=provenance.render.seed).mix


def test_the_folder_has_the_promised_layout(made, folder):
    stems = [f"track_{side}_stems/{s}.wav" for side in "ab" for s in ("bass", "drums", "other")]
    stems += [f"track_{side}_stems/vocals.wav" for side in "ab"]
    found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert found == sorted([*stems, "analysis.json", "params.json", "transition.wav", "SHA256SUMS"])
    for file in folder.rglob("*.wav"):
        info = soundfile.info(file)
        assert (info.subtype, info.samplerate, info.frames) == ("PCM_24", RATE, made.window.samples)
    assert [p.name for p in folder.parent.iterdir()] == ["pair_001"]


def test_what_is_read_is_what_was_written(made, folder):
    wrote, read = made.pair(), read_pair(folder)
    assert read.stems_a.names == wrote.stems_a.names
    for x, y in (
        (read.stems_a.audio, wrote.stems_a.audio),
        (read.stems_b.audio, wrote.stems_b.audio),
        (read.mix, wrote.mix),
    ):
        assert float((x - y).abs().max()) < 2.5e-7
    assert torch.equal(read.params.values, wrote.params.values)
    assert read.plan == wrote.plan
    assert read.content.provenance == wrote.content.provenance
    assert read.key == "k"
    assert read.gain_db == wrote.gain_db
    facts = read_facts(folder)
    assert (facts.technique, facts.bars, facts.swap_beat) == (
        "djtrans/echo-out",
        4,
        made.plan.swap_beat,
    )
    for side, track in (("a", read.track_a), ("b", read.track_b)):
        known = made.prepared.analyses[side]
        assert track.sha256 == side * 64
        assert track.analysis.grid.beat_times.tolist() == known.grid.beat_times.tolist()
        assert track.analysis.key == known.key


def test_the_stored_stems_under_the_stored_curves_are_the_transition(folder):
    read = read_pair(folder)
    assert float(read.mix.abs().max()) > 0.1
    assert float((mixed_again(read) - read.mix).abs().max()) < ROUNDING


@pytest.mark.parametrize("louder", [1.0, 8.0])
def test_nothing_clips_and_the_gain_is_told(made, tmp_path, louder):
    pair = made.pair(louder)
    assert (pair.gain_db < 0.0) == (louder > 1.0)
    write_pair(tmp_path / "pair", pair)  # clipping would be a warning, and that an error
    read = read_pair(tmp_path / "pair")
    assert float((mixed_again(read) - read.mix).abs().max()) < ROUNDING
    true = made.aligned.a.window(made.window).audio * louder
    assert torch.allclose(read.stems_a.audio * 10 ** (-read.gain_db / 20), true, atol=1e-5)


def same(x: TrackFeatures, y: TrackFeatures) -> None:
    for field in attrs.fields(TrackFeatures):
        p, q = getattr(x, field.name), getattr(y, field.name)
        if field.name == "level_db":
            # Rounding, of the files and of running sums in float32, moves amplitudes alike.
            assert float((10 ** (p / 20) - 10 ** (q / 20)).abs().max()) < 2e-5
        elif isinstance(p, torch.Tensor):
            assert float((p - q).abs().max()) < 0.01, field.name
        else:
            assert p == q, field.name


def test_the_request_is_the_one_of_inference(made, folder, monkeypatch):
    """Caught where generation asks a technique, and compared with what the folder gives."""
    asked = []

    class Model:
        def generate(self, request):
            asked.append(request)
            return torch.zeros(request.n_frames, len(request.layout))

    monkeypatch.setattr(made.prepared.registry.techniques, "build", lambda *_: Model())
    generate_transition_params(
        made.prepared, made.plan, Span(0, 1), made.aligned, GenerateOptions(seed=3)
    )
    (wanted,) = asked
    given = read_pair(folder).request()
    for field in attrs.fields(type(wanted)):
        if not field.name.startswith("features"):
            assert getattr(wanted, field.name) == getattr(given, field.name), field.name
    same(wanted.features_a, given.features_a)
    same(wanted.features_b, given.features_b)


def test_a_stem_of_another_length_is_no_pair(folder, tmp_path):
    write_pair(tmp_path / "pair", read_pair(folder))
    file = tmp_path / "pair" / "transition.wav"
    audio, rate = soundfile.read(file)
    soundfile.write(file, audio[:-7], rate, "PCM_24")
    with pytest.raises(FormatError, match=r"transition\.wav has .* prepare it again"):
        read_pair(tmp_path / "pair")


def test_damaged_facts_say_what_to_do(folder, tmp_path):
    with pytest.raises(InputError, match=r"analysis\.json"):
        read_facts(tmp_path)
    document = json.loads((folder / "analysis.json").read_text())
    del document["track_b"]["analysis"]["grid"]
    (tmp_path / "analysis.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match="prepare it again"):
        read_facts(tmp_path)


def test_a_pair_that_was_not_finished_leaves_nothing(made, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("djtrans.datasets.pairs.pair_folder.save_params", full)
    with pytest.raises(InputError, match="No space left"):
        write_pair(tmp_path / "pair", made.pair())
    assert list(tmp_path.iterdir()) == []
