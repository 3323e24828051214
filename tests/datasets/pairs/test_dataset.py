"""Prepared pairs as a source: what is trained on is what the folders hold, heard once."""

from __future__ import annotations

import shutil

import attrs
import pytest
import torch

import djtrans.datasets.pairs.pair_folder
from djtrans import mixer_layout
from djtrans.core.audio.io import load_audio
from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import FormatError, InputError, LayoutError
from djtrans.core.track.features import TrackFeatures
from djtrans.core.transition.params_file import load_params, save_params
from djtrans.core.util.progress import Progress
from djtrans.datasets.opening import open_dataset
from djtrans.datasets.pairs.batches import PreparedBatches
from djtrans.datasets.pairs.crops import CROP_BEATS, CROPS
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.pairs.opening import CACHE, open_prepared
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.diffusion.building import build_network
from djtrans.diffusion.model import encode
from djtrans.diffusion.normalization import Scaling
from djtrans.pipeline.provenance import rebuild_mixer
from djtrans.registry import default_registry
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.pairs import RATE, write_pairs
from tests.helpers.training import small_set


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "processed"
    write_pairs(folder)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "processed")


@pytest.fixture(scope="module")
def record():
    return model_record(
        encoders=("audio@2", "technique"), configs={"dit": {"width": 16, "depth": 1, "heads": 1}}
    )


@pytest.fixture(scope="module")
def built(record):
    torch.manual_seed(0)
    return build_network(record)


@pytest.fixture
def batches(built, record):
    network, encoders = built

    def make(prepared, **more):
        given = (encoders, network, record.layout, record.stems, record.frames_per_beat)
        return PreparedBatches(prepared, *given, **more)

    return make


def same(x, y):
    """Whether two requests or features are equal in every field."""
    for field in attrs.fields(type(x)):
        p, q = getattr(x, field.name), getattr(y, field.name)
        if isinstance(p, TrackFeatures):
            same(p, q)
        elif isinstance(p, torch.Tensor):
            assert torch.equal(p, q), field.name
            assert p.dtype == q.dtype, field.name
        else:
            assert p == q, field.name
            assert type(p) is type(q), field.name


def test_what_is_kept_is_what_the_pair_asks(folder):
    for prepared in (open_prepared(folder), open_prepared(folder)):
        assert [example.name for example in prepared.examples] == [
            "pair_001",
            "pair_002",
            "pair_003",
        ]
        for example in prepared.examples:
            pair = read_pair(folder / example.name)
            assert isinstance(example.request, CurveRequest)
            same(example.request, pair.request())
            assert torch.equal(example.values, pair.params.values)
            assert example.tracks == (pair.track_a.sha256, pair.track_b.sha256)
            assert example.sample_rate == RATE


def test_stems_are_read_once(folder, monkeypatch):
    read, said = [], []
    monkeypatch.setattr(
        djtrans.datasets.pairs.pair_folder,
        "read_pair",
        lambda pair, reader=read_pair: read.append(pair.name) or reader(pair),
    )
    open_prepared(folder, said.append)
    assert read == ["pair_001", "pair_002", "pair_003"]
    assert said == [Progress("pairs", n, 3) for n in (1, 2, 3)]
    open_prepared(folder)
    assert len(read) == 3
    # A curve that was edited by hand, and a pair that is gone.
    content = load_params(folder / "pair_002" / "params.json")
    content.params.values[7, 0] = 0.125
    save_params(folder / "pair_002" / "params.json", content)
    shutil.rmtree(folder / "pair_001")
    edited = open_prepared(folder)
    assert read[3:] == ["pair_002"]
    assert float(edited.examples[0].values[7, 0]) == 0.125
    assert len(PreparedDataset.load(folder / CACHE).examples) == 2
    (folder / CACHE).write_bytes(b"no file of ours")
    with pytest.warns(UserWarning, match="features are extracted again"):
        assert len(open_prepared(folder).examples) == 2
    assert len(read) == 6


def test_a_stem_of_the_same_size_with_other_samples_is_another_pair(folder):
    open_prepared(folder)
    drums = folder / "pair_001" / "track_a_stems" / "drums.wav"
    changed = bytearray(drums.read_bytes())
    changed[-30000:] = bytes(30000)
    drums.write_bytes(changed)
    read = []
    with pytest.warns(UserWarning, match=r"pair_001 is not what was prepared \(changed: .*drums"):
        open_prepared(folder, read.append)
    assert read == [Progress("pairs", 1, 1)]


def test_features_with_a_changed_bit_are_extracted_again(folder):
    open_prepared(folder)
    sound = (folder / CACHE).read_bytes()
    changed = bytearray(sound)
    changed[-2] ^= 1
    (folder / CACHE).write_bytes(changed)
    with pytest.warns(UserWarning, match="does not match its digest"):
        open_prepared(folder)
    assert (folder / CACHE).read_bytes() == sound


def test_a_folder_that_cannot_be_written_is_read_all_the_same(folder, monkeypatch):
    def refuses(self, path):
        raise FormatError(f"Cannot write {path}: no space left.")

    monkeypatch.setattr(PreparedDataset, "save", refuses)
    with pytest.warns(UserWarning, match="is not kept: Cannot write"):
        assert len(open_prepared(folder).examples) == 3


def test_a_tenth_is_held_out_and_no_track_is_in_both_parts(written):
    prepared = open_prepared(written)
    assert prepared.facts == {
        "pairs": 3,
        "training": 2,
        "validation": 1,
        "tracks": 6,
        "tracks_in_both": 0,
    }
    assert prepared.frames == 2 * prepared.examples[0].frames
    names = [{e.name for e in part} for part in (prepared.training, prepared.validation)]
    assert names[0] | names[1] == {"pair_001", "pair_002", "pair_003"}


def test_a_batch_holds_the_curves_and_what_the_encoders_say(written, batches, built, record):
    prepared = open_prepared(written)
    network, encoders = built
    source = batches(prepared, no_technique_fraction=0.0)
    batch = source.batch(4, 8)
    # Windows of 4 bars: as many frames as 8 of 16 bars have.
    assert batch.curves.shape == (32, 32, 54)
    assert batch.crops == ()
    found = set()
    for row, curves in enumerate(batch.curves):
        fits = [
            example
            for example in prepared.training
            if torch.equal(
                curves, Scaling(record.layout).to_model(conform(example.values, record.layout))
            )
        ]
        assert len(fits) == 1
        found.add(fits[0].name)
        said, missing = encode(encoders, network, fits[0].request)
        assert torch.equal(batch.conditioning.per_frame[row], said.per_frame[0])
        assert torch.equal(batch.conditioning.global_[row], said.global_[0])
        assert torch.equal(batch.missing[row], missing[0])
    assert found == {example.name for example in prepared.training}
    again, other = source.batch(4, 8), source.batch(5, 8)
    assert torch.equal(again.curves, batch.curves)
    assert not torch.equal(other.curves, batch.curves)
    held = source.batch(4, 8, validation=True)
    assert len(torch.unique(held.curves, dim=0)) == 1
    assert not any(torch.equal(held.curves[0], curves) for curves in batch.curves)


def test_a_wish_is_left_out_now_and_then_and_a_fitted_pair_has_none(written, batches):
    prepared = open_prepared(written)
    told = batches(prepared, no_technique_fraction=0.0).batch(0, 32).conditioning.global_
    unnamed = batches(prepared, no_technique_fraction=1.0).batch(0, 32).conditioning.global_
    some = batches(prepared, no_technique_fraction=0.3).batch(0, 32).conditioning.global_
    heard = [bool((row == wish).all()) for row, wish in zip(some, unnamed, strict=True)]
    assert 0.15 < sum(heard) / len(heard) < 0.45
    fitted = attrs.evolve(
        prepared,
        examples=[
            attrs.evolve(e, request=attrs.evolve(e.request, technique=""))
            for e in prepared.examples
        ],
    )
    assert torch.equal(
        batches(fitted, no_technique_fraction=0.0).batch(0, 32).conditioning.global_, unnamed
    )
    assert not torch.equal(told, unnamed)


def test_crops_change_nothing_else_and_are_of_the_pairs_of_their_rows(written, batches):
    prepared = open_prepared(written)
    quiet, heard = batches(prepared), batches(prepared, heard=True)
    plain, batch = quiet.batch(7, 8), heard.batch(7, 8)
    assert torch.equal(plain.curves, batch.curves)
    assert torch.equal(plain.conditioning.per_frame, batch.conditioning.per_frame)
    assert [crop.row for crop in batch.crops] == list(range(CROPS))
    again = heard.batch(7, 8)
    for one, other in zip(batch.crops, again.crops, strict=True):
        assert one.first == other.first
        assert torch.equal(one.a, other.a)
        assert torch.equal(one.b, other.b)
    assert len({crop.first for index in range(6) for crop in heard.batch(index, 8).crops}) > 3


def test_a_crop_under_its_curves_is_that_part_of_the_transition(written, batches, record):
    """The stored mix is the truth: linear effects make its mono of the mono of the stems."""
    prepared = open_prepared(written)
    batch = batches(prepared, heard=True).batch(1, 8, validation=True)
    (example,) = prepared.validation
    pair = read_pair(written / example.name)
    mixer = rebuild_mixer(pair.content.provenance.mixer, pair.params, default_registry())
    mix, _ = load_audio(written / example.name / "transition.wav")
    for crop in batch.crops:
        count = len(crop.frame_times)
        assert count == CROP_BEATS * record.frames_per_beat
        values = example.values[crop.first : crop.first + count]
        made = mixer(
            crop.a,
            crop.b,
            values,
            sample_rate=crop.sample_rate,
            frame_times=crop.frame_times,
            beat_times=crop.beat_times,
        ).mix
        start = round(float(pair.params.frame_times[crop.first]) * RATE)
        true = mix.mean(dim=0)[start : start + made.shape[-1]]
        assert made.shape[-1] == pytest.approx(CROP_BEATS * 60 / 126.0 * RATE, rel=0.05)
        # The crop begins in silence, and its last frame is held instead of left.
        inner = slice(2048, (count - 1) * made.shape[-1] // count - 2048)
        error = (made[0, inner] - true[inner]).square().mean() / true[inner].square().mean()
        assert 10 * float(torch.log10(error)) < -40.0


def test_pairs_that_a_model_cannot_learn_are_named(written, batches, record):
    prepared = open_prepared(written)

    def changed(**request):
        return attrs.evolve(
            prepared,
            examples=[
                *prepared.examples[:2],
                attrs.evolve(
                    prepared.examples[2],
                    request=attrs.evolve(prepared.examples[2].request, **request),
                ),
            ],
        )

    with pytest.raises(LayoutError, match=r"pair_003 was drawn for another mixer .*: the order"):
        batches(changed(layout=type(record.layout)(record.layout.rows[::-1])))
    with pytest.raises(InputError, match="pair_003 has 4 frames per beat, the model 2"):
        batches(changed(frames_per_beat=4))
    features = attrs.evolve(
        prepared.examples[2].request.features_a, stem_names=("drums", "bass", "other", "vocals")
    )
    with pytest.raises(InputError, match="pair_003 has the stems drums, bass, other, vocals"):
        batches(changed(features_a=features))
    with pytest.raises(FormatError, match="pair_003 comes without features"):
        batches(changed(features_b=None))
    with pytest.warns(UserWarning, match="1 of 3 prepared pairs are shorter than 4"):
        short = batches(changed(n_frames=16)).prepared
    assert "pair_003" not in {e.name for e in (*short.training, *short.validation)}
    with pytest.raises(InputError, match="nothing for training; prepare more"):
        batches(attrs.evolve(prepared, examples=()))
    with pytest.raises(InputError, match="nothing for validation; prepare more"):
        batches(attrs.evolve(prepared, examples=prepared.examples[:1]))
    with pytest.raises(InputError, match="without their audio; give the prepared folder"):
        batches(PreparedDataset.load(written / CACHE), heard=True)


def test_any_set_is_opened_by_its_path(folder, tmp_path):
    small_set().save(tmp_path / "set.safetensors")
    assert open_dataset(tmp_path / "set.safetensors").frames == 160
    assert open_dataset(folder).folder == folder
    alone = open_dataset(folder / CACHE)
    assert (len(alone.examples), alone.folder) == (3, None)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("no set")
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    for name, why in (
        ("empty", "without prepared pairs; give one that 'djtrans prepare' wrote"),
        ("missing", "There is no dataset .*; give a synthetic dataset"),
        ("text.txt", "text.txt is not a dataset"),
        ("other.safetensors", "not a dataset; give a synthetic dataset"),
    ):
        with pytest.raises(InputError, match=why):
            open_dataset(tmp_path / name)
    (folder / "pair_002" / "params.json").write_text("{}")
    with pytest.raises(FormatError, match=r"pair_002.params\.json"):
        open_prepared(folder)


def test_a_weight_for_what_is_heard_needs_a_folder(tmp_path, record):
    from djtrans.training.options import TrainOptions

    with pytest.raises(InputError, match=r"synthetic dataset contains no audio .*--data FOLDER"):
        train_model(small_set(), tmp_path, record, TrainOptions(audio_weight=0.1), device="cpu")


def test_the_layout_of_a_pair_is_that_of_its_mixer(written):
    prepared = open_prepared(written)
    assert {e.request.layout.digest for e in prepared.examples} == {mixer_layout("dj54").digest}
