"""Encoders: conditioning of requests with known content."""

from __future__ import annotations

import math

import attrs
import pytest
import torch

from djtrans.core.contracts.technique import PLACES
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.features import TrackFeatures
from djtrans.core.transition.plan import BeatSection
from djtrans.plugins.encoders import TechniqueEncoderConfig, TechniqueVocabulary
from djtrans.plugins.encoders.audio import SECTION_CHANNELS
from djtrans.registry import default_registry

STEMS = ("drums", "bass", "vocals", "other")
BEATS = 32
REFERENCE = -10.0


def features(level=-10.0, **facts):
    frames = 2 * BEATS
    return TrackFeatures(
        bpm=120.0,
        beat_times=torch.arange(BEATS + 1, dtype=torch.float64) / 2,
        level_db=torch.full((frames, 4, 3), level),
        onset=torch.zeros(frames, 4),
        vocal=torch.zeros(frames),
        reference_db=REFERENCE,
        stem_names=STEMS,
        extra={
            "audio/lows_db": torch.zeros(frames, 4, 2),
            "audio/chroma": torch.zeros(frames, 12),
        },
        **facts,
    )


def request(layout, a=None, b=None, **facts):
    facts = {"swap_beat": 16, **facts}
    return CurveRequest(
        layout, 2 * BEATS, features_a=a or features(), features_b=b or features(), **facts
    )


@pytest.fixture(scope="module")
def layout():
    from djtrans import mixer_layout

    return mixer_layout("dj54")


def built(name):
    return default_registry().encoders.build(name)


def per_track(conditioning, track):
    """Channels of one track, by name."""
    width = 4 * 5 + 2 + 3 + 1 + len(SECTION_CHANNELS) + 12
    own = conditioning.per_frame[0, :, track * width : (track + 1) * width]
    return {
        "levels": own[:, :16].reshape(-1, 4, 4),
        "onset": own[:, 16:20],
        "vocal": own[:, 20],
        "rests": own[:, 21],
        "phrase": own[:, 22:25],
        "section": own[:, 25:-12],
        "chroma": own[:, -12:],
    }


@pytest.mark.parametrize(
    ("level", "said"), [(-10.0, 60 / 66 * 2 - 1), (-4.0, 1.0), (-70.0, -1.0), (-120.0, -1.0)]
)
def test_levels_are_relative_to_the_tracks_own_loudness(layout, level, said):
    got = built("audio").encode(request(layout, features(level)))
    assert torch.allclose(per_track(got, 0)["levels"], torch.tensor(said))
    louder = attrs.evolve(features(level), reference_db=REFERENCE + 5)
    shifted = attrs.evolve(louder, level_db=louder.level_db + 5)
    again = built("audio").encode(request(layout, shifted))
    assert torch.allclose(again.per_frame, got.per_frame)


def test_tracks_keep_their_sides(layout):
    a = attrs.evolve(features(), onset=torch.full((64, 4), 0.25), vocal=torch.full((64,), 0.5))
    b = attrs.evolve(features(), onset=torch.full((64, 4), 0.75), vocal=torch.full((64,), 1.0))
    got = built("audio").encode(request(layout, a, b))
    for track, onset, vocal in ((0, 0.25, 0.5), (1, 0.75, 1.0)):
        assert (per_track(got, track)["onset"] == onset).all()
        assert (per_track(got, track)["vocal"] == vocal).all()


def test_vocal_rests_are_encoded_and_unknown_vocals_may_fade(layout):
    a = features()
    a.level_db[20:28, STEMS.index("vocals")] = -90.0
    leaky = attrs.evolve(a, isolated=False)
    got = built("audio").encode(request(layout, a, leaky))
    assert per_track(got, 0)["rests"].nonzero().flatten().tolist() == list(range(21, 28))
    assert (per_track(got, 1)["rests"] == 1.0).all()


def test_phrases_are_encoded_by_position_and_proximity_of_boundaries(layout):
    a = features(phrase_beats=(0.0, 16.0, 32.0))
    phrase = per_track(built("audio").encode(request(layout, a)), 0)["phrase"]
    assert phrase[0].tolist() == pytest.approx([0.0, 1.0, math.exp(-2.0)])
    assert phrase[16].tolist() == pytest.approx([0.5, math.exp(-1.0), math.exp(-1.0)])
    assert phrase[32].tolist() == pytest.approx([0.0, 1.0, math.exp(-2.0)])
    unknown = per_track(built("audio").encode(request(layout)), 0)["phrase"]
    assert (unknown == 0).all()


def test_sections_are_encoded_by_level_and_label(layout):
    a = features(sections=(BeatSection("build", -8.0, 16.0, -10.0), BeatSection("drop", 16, 64)))
    section = per_track(built("audio").encode(request(layout, a)), 0)["section"]
    for beat, level, label in ((0, -0.5, "build"), (15, -0.5, "build"), (16, 0.0, "drop")):
        row = section[2 * beat]
        assert row[0] == level
        assert row[1:].argmax() == SECTION_CHANNELS.index(label)
        assert row[1:].sum() == 1.0


def test_a_groove_is_encoded_as_the_drop_that_models_were_trained_with(layout):
    assert SECTION_CHANNELS == ("intro", "build", "drop", "break", "outro")
    groove, drop = (
        built("audio").encode(request(layout, features(sections=(BeatSection(label, 0.0, 64.0),))))
        for label in ("groove", "drop")
    )
    assert per_track(groove, 0)["section"][:, 3].all()
    assert torch.equal(groove.per_frame, drop.per_frame)


def test_the_key_relation_is_encoded_or_unknown(layout):
    encoder = built("audio")
    unknown = encoder.encode(request(layout)).global_[0, 2:5].tolist()
    near = encoder.encode(request(layout, key_distance=1)).global_[0, 2:5].tolist()
    far = encoder.encode(request(layout, key_distance=7)).global_[0, 2:5].tolist()
    assert unknown == [0.0, 0.0, 0.0]
    assert near == pytest.approx([1.0, 1 / 7, 1.0])
    assert far == pytest.approx([1.0, 1.0, 0.0])


def test_isolated_and_leaking_stems_are_distinguished(layout):
    for a, b in ((True, False), (False, True), (True, True)):
        asked = request(layout, features(isolated=a), features(isolated=b))
        assert built("audio").encode(asked).global_[0, 7:].tolist() == [float(a), float(b)]


def test_audio_returns_none_without_features(layout):
    bare = CurveRequest(layout, 64, 16)
    assert built("audio").encode(bare) is None
    assert built("none").encode(bare).per_frame.shape == (1, 64, 0)


@pytest.mark.parametrize("swap", [4, 16, 28])
def test_the_swap_is_encoded_on_its_frame(layout, swap):
    got = built("technique").encode(request(layout, swap_beat=swap)).per_frame[0]
    side = got[:, 0]
    assert side[2 * swap] == 0.0
    assert side[2 * (swap - 4)] == pytest.approx(-1 / 3)  # a bar before it, of 1 + 2
    assert bool((side[: 2 * swap] < 0).all())
    assert bool((side[2 * swap + 1 :] > 0).all())
    assert got[:, 1].nonzero().flatten().tolist() == [2 * swap]
    assert got[2 * swap, 2] == 1.0
    assert got[2 * (swap - 4), 2] == pytest.approx(math.exp(-0.5))


def test_version_1_encodes_a_step_at_the_swap(layout):
    got = built("technique@1").encode(request(layout, swap_beat=16)).per_frame[0]
    assert torch.equal(got[:, 0], (torch.arange(len(got)) >= 32).float())
    newest = built("technique").encode(request(layout, swap_beat=16)).per_frame[0]
    assert torch.equal(got[:, 1:], newest[:, 1:])


@pytest.mark.parametrize(
    ("version", "vocabulary"),
    [("technique@1", TechniqueEncoderConfig()), ("technique@2", TechniqueVocabulary())],
)
def test_known_unknown_and_no_technique(layout, version, vocabulary):
    encoder, names = built(version), vocabulary.techniques

    def told(**facts):
        return encoder.encode(request(layout, **facts)).global_[0]

    for index, name in enumerate(names):
        assert told(technique=name)[: 1 + len(names)].argmax() == index + 1
    assert told()[0] == 1.0
    assert torch.equal(told(), told(technique="somebody/else"))
    assert not encoder.knows("somebody/else")
    places = told(place_a="drop", place_b="intro-end")[1 + len(names) :]
    order = list(PLACES)
    assert places.nonzero().flatten().tolist() == [
        order.index("drop"),
        len(order) + order.index("intro-end"),
    ]


def test_the_channels_name_every_technique_but_the_baselines():
    """More names would change the channels of the models that exist: add a version instead."""
    registry = default_registry()
    baselines = {"djtrans/linear-fade", "djtrans/sum"}
    installed = {c.name for c in registry.techniques if c.name.startswith("djtrans/")}
    assert set(TechniqueVocabulary().techniques) == installed - baselines


def test_the_objective_is_one_global_channel(layout):
    encoder = built("objective")
    assert encoder.widths(STEMS) == (0, 1)
    got = encoder.encode(request(layout, objective=0.25))
    assert got.global_.tolist() == [[0.25]]
    assert got.per_frame.shape == (1, 2 * BEATS, 0)
    assert encoder.encode(request(layout)) is None
