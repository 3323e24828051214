"""Feature extractors of encoders run wherever features are made, cached by name and version."""

from __future__ import annotations

import shutil

import attrs
import numpy as np
import pytest
import torch

import djtrans
from djtrans.core.errors import FormatError, InputError, ShapeError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.key import Key
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.datasets.opening import open_dataset
from djtrans.datasets.pairs.opening import CACHE, open_prepared
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.datasets.synthetic.composing import SyntheticOptions
from djtrans.datasets.synthetic.composition import request_of
from djtrans.datasets.synthetic.framed_cache import (
    CachedTrack,
    is_cached,
    read_framed_track,
    write_framed_track,
)
from djtrans.datasets.synthetic.framed_track import frame_track
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.extractors import build_extractors
from djtrans.diffusion.loading import load_model
from djtrans.registry import Registry
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers import extractor_plugin
from tests.helpers.extractor_plugin import Loudness
from tests.helpers.pairs import write_pairs
from tests.helpers.training import small_set

RATE, BPM, BARS = 8000, 120.0, 20
SMALL_DIT = {"width": 8, "depth": 1, "heads": 1}
OPTIONS = TrainOptions(steps=2, batch_size=2, validate_every=2, save_every=2, validation_batches=1)


class Newer(Loudness):
    version = 2


class Shifted(Loudness):
    def extract(self, stems, frame_times):
        return {"rms": super().extract(stems, frame_times)["rms"][1:]}


@pytest.fixture(scope="module")
def registry():
    found = Registry(discover=False)
    found.register(extractor_plugin, "lab")
    return found


@pytest.fixture(scope="module")
def record(registry):
    return model_record(
        encoders=("technique", "lab/loud"),
        configs={"dit": SMALL_DIT, "lab/loud": {"scale": 2.0}},
        registry=registry,
    )


@pytest.fixture(scope="module")
def extractors(record, registry):
    return build_extractors(record, registry=registry)


@pytest.fixture(scope="module")
def stems():
    noise = torch.Generator().manual_seed(4)
    audio = torch.randn(4, 1, round((4 * BARS + 2) * 60 / BPM * RATE), generator=noise)
    return Stems(audio * torch.linspace(0.01, 0.3, audio.shape[-1]), STEMS, RATE)


@pytest.fixture(scope="module")
def analysis(stems):
    beats = 0.1 + np.arange(4 * BARS + 2) * 60 / BPM
    return Analysis(
        duration_seconds=stems.samples / RATE,
        grid=BeatGrid(beats, 1, BPM),
        sections=(Section("drop", 0, BARS),),
        phrases=(Phrase(0, BARS),),
        key=Key(9, "minor"),
        levels=Levels(-12.0, -10.0),
        bar_level_db=np.full(BARS, -12.0),
        bar_low_db=np.full(BARS, -18.0),
    )


@pytest.fixture(scope="module")
def composed(stems, analysis, extractors):
    framed = frame_track(stems, analysis, extractors=extractors)
    known = small_set()
    return attrs.evolve(known, tracks=[framed, framed], extractors={"loudness": 1})


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "processed"
    write_pairs(folder, count=2)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "processed")


def test_the_extractor_has_the_config_of_its_encoder(extractors, record):
    assert [(e.name, e.scale) for e in extractors] == [("loudness", 2.0)]
    assert [encoder.extractor for encoder in record.encoders] == [None, ("loudness", 1)]
    assert build_extractors(model_record(encoders=("audio@2", "technique"))) == ()
    again = ModelRecord.from_json(record.to_json(), "it")
    assert again.encoders[1].extractor == ("loudness", 1)
    assert '"extractor": null' not in record.to_json()


def test_an_array_that_is_not_on_the_frames_is_refused(stems):
    beats = torch.arange(17, dtype=torch.float64) * 60 / BPM
    with pytest.raises(
        ShapeError, match=r"loudness returned 'rms' of shape \(31, 4\) on 32 frames"
    ):
        extract_features(stems, beats, bpm=BPM, extractors=[Shifted()])


def test_a_window_of_a_framed_track_is_what_inference_extracts_there(stems, analysis, composed):
    quieter = attrs.evolve(composed.training[0], a=attrs.evolve(composed.training[0].a, bar=2))
    quieter = attrs.evolve(quieter, b=attrs.evolve(quieter.b, gain_db=-6.0))
    request = request_of(quieter, composed.tracks, djtrans.mixer_layout("dj54"), 7)
    extractor = Loudness(extractor_plugin.LoudConfig(2.0))
    for features, bar, gain_db in ((request.features_a, 2, 0.0), (request.features_b, 0, -6.0)):
        first = 1 + 4 * bar
        times = torch.from_numpy(analysis.grid.beat_times[first : first + 33].copy())
        trimmed = stems.scaled(10 ** (gain_db / 20))
        inferred = extract_features(
            trimmed, times, bpm=BPM, extractors=[extractor], gain_db=gain_db
        )
        direct = extractor.extract(stems, (times[:-1, None] + torch.tensor([0.0, 0.25])).flatten())
        assert torch.allclose(features.extra["loudness/rms"], direct["rms"], atol=1e-6)
        assert torch.allclose(inferred.extra["loudness/rms"], direct["rms"], atol=1e-6)


def test_a_composed_set_keeps_the_arrays(composed, tmp_path):
    composed.save(tmp_path / "set.safetensors")
    read = open_dataset(tmp_path / "set.safetensors")
    assert read.extractors == {"loudness": 1}
    for track, kept in zip(composed.tracks, read.tracks, strict=True):
        assert torch.equal(kept.extra["loudness/rms"], track.extra["loudness/rms"])


def test_framed_tracks_are_cached_by_name_and_version(stems, analysis, tmp_path, composed):
    options, file = SyntheticOptions(), tmp_path / "track.safetensors"
    heard = CachedTrack((analysis,), (composed.tracks[0],), True)
    write_framed_track(file, heard, options, {"loudness": 1})
    assert is_cached(file, options)
    assert is_cached(file, options, {"loudness": 1})
    assert not is_cached(file, options, {"loudness": 2})
    assert not is_cached(file, options, {"loudness": 1, "chroma": 1})
    assert list(read_framed_track(file, {"loudness": 1}).framed[0].extra) == ["loudness/rms"]
    assert not read_framed_track(file).framed[0].extra


def test_pairs_are_extracted_from_their_stems_and_cached_by_version(
    folder, extractors, monkeypatch
):
    read = []

    def reading(path):
        read.append(path.name)
        return read_pair(path)

    monkeypatch.setattr("djtrans.datasets.pairs.pair_folder.read_pair", reading)
    open_prepared(folder)
    prepared = open_prepared(folder, extractors=extractors)
    assert read == ["pair_001", "pair_002"] * 2
    for kept in (prepared, open_prepared(folder, extractors=extractors), open_prepared(folder)):
        for example in kept.examples:
            pair = read_pair(folder / example.name)
            assert example.extractors == {"loudness": 1}
            for side, stems, plan in (
                ("a", pair.stems_a, pair.plan.a),
                ("b", pair.stems_b, pair.plan.b),
            ):
                untrimmed = stems.scaled(10 ** (-(pair.gain_db + plan.gain_db) / 20))
                times = pair.params.frame_times
                direct = extractors[0].extract(untrimmed, times)["rms"]
                kept_array = example.sides[side].extra["loudness/rms"]
                assert torch.allclose(kept_array, direct, atol=1e-6)
    assert len(read) == 4
    newer = open_prepared(folder, extractors=[Newer()])
    assert newer.examples[0].extractors == {"loudness": 2}
    assert len(read) == 6


def test_a_stored_set_without_them_is_refused(folder, tmp_path, record, registry, composed):
    prepared = open_prepared(folder)
    train = {"options": OPTIONS, "device": "cpu", "registry": registry}
    with pytest.raises(
        InputError,
        match=r"lab/loud needs features .*'loudness', version 1, but the prepared pair "
        r"pair_001 has none at all; open the prepared folder with the model's extractors",
    ):
        train_model(prepared, tmp_path / "out", record, **train)
    for extracted, stored in (({}, "none at all"), ({"loudness": 7}, "none of its version 7 only")):
        with pytest.raises(
            InputError, match=rf"the synthetic dataset has {stored}; compose it again"
        ):
            train_model(
                attrs.evolve(composed, extractors=extracted), tmp_path / "out", record, **train
            )


@pytest.fixture(scope="module")
def trained(composed, written, record, registry, extractors, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    prepared = open_prepared(written, extractors=extractors)
    train_model([composed, prepared], folder, record, OPTIONS, device="cpu", registry=registry)
    (written / CACHE).unlink()
    return folder / "best_model.pt"


@pytest.mark.slow
def test_a_trained_model_generates_with_the_arrays_of_the_window(trained, registry, warm_cache):
    from djtrans.synthesis import TrackSpec, synthesize

    model = load_model(trained, "cpu", registry=registry)
    spec = TrackSpec(bpm=172.0, structure=(("intro", 8), ("drop", 16)), sample_rate_hz=22050)
    tracks = [
        djtrans.Track(synthesize(attrs.evolve(spec, bpm=bpm, seed=seed)).audio, 22050, f"{seed}")
        for seed, bpm in ((1, 172.0), (2, 170.0))
    ]
    transition = djtrans.generate(
        *tracks,
        model=model,
        technique="bass-swap",
        bars=8,
        steps=1,
        separator="spectral",
        context=0,
        registry=registry,
    )
    assert transition.provenance.model is not None
    (request,) = model.encoders[1].requests
    for features, aligned, side in (
        (request.features_a, transition.a, transition.plan.a),
        (request.features_b, transition.b, transition.plan.b),
    ):
        from djtrans.core.transition.alignment import window_span

        window = aligned.window(window_span(transition.plan, 22050))
        untrimmed = window.scaled(10 ** (-side.gain_db / 20))
        direct = model.extractors[0].extract(untrimmed, transition.params.frame_times)["rms"]
        assert torch.allclose(features.extra["loudness/rms"], direct, atol=1e-6)


def test_a_model_refuses_features_without_them(trained, registry, stems, analysis):
    model = load_model(trained, "cpu", registry=registry)
    mixer = djtrans.DifferentiableDJMixer()
    bare = djtrans.build_track_features(stems, analysis, n_frames=64)
    full = djtrans.build_track_features(stems, analysis, n_frames=64, extractors=model.extractors)
    with pytest.raises(
        InputError, match=r"its extractor 'loudness', which was not run for track B"
    ):
        djtrans.generate_transition(model, mixer, stems, stems, full, bare)
    _, params = djtrans.generate_transition(model, mixer, stems, stems, full, full)
    assert params.values.shape == (64, 54)


def test_a_model_of_another_version_of_the_extractor_is_refused(trained, registry, record):
    changed = attrs.evolve(extractor_plugin.LOUD, extractor=Newer)
    with (
        registry.override("encoder", "lab/loud", changed),
        pytest.raises(
            FormatError, match=r"trained with the extractor \('loudness', 1\) of lab/loud"
        ),
    ):
        load_model(trained, "cpu", registry=registry)
