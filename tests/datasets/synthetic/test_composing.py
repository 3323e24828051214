"""Composition of synthetic datasets: features, pairing, and resuming a run."""

from __future__ import annotations

from collections import Counter

import attrs
import numpy as np
import pytest
import torch

import djtrans.datasets.synthetic.pairing
from djtrans.core.contracts.ending import LoopRoll
from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.stems import Stems
from djtrans.datasets.content import dataset_digest
from djtrans.datasets.extra_features import versions
from djtrans.datasets.synthetic.composing import SyntheticOptions, _held_out, compose_dataset
from djtrans.datasets.synthetic.composition import CompositionTrack
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.framed_cache import CachedTrack, write_framed_track
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.stem_library import StemTrack, find_stem_tracks
from djtrans.datasets.synthetic.track_rendering import add_leakage
from djtrans.synthesis import synthesize
from djtrans.synthesis.random_spec import sample_spec
from tests.helpers.extractor_plugin import Loudness

OPTIONS = SyntheticOptions(tracks=12, transitions=120, validation=0.3, refined=0.0)
SMALL = attrs.evolve(OPTIONS, transitions=40)
PARTS = (("intro", 16), ("build", 8), ("drop", 16), ("break", 8), ("drop", 16), ("outro", 16))


def analysis(bpm, tonic):
    bars = sum(length for _, length in PARTS)
    starts = np.cumsum([0] + [length for _, length in PARTS])
    return Analysis(
        duration_seconds=(4 * bars + 2) * 60 / bpm,
        grid=BeatGrid(np.arange(4 * bars + 1) * 60 / bpm, 0, bpm),
        sections=tuple(
            Section(label, int(start), int(start) + length)
            for (label, length), start in zip(PARTS, starts, strict=False)
        ),
        phrases=tuple(Phrase(bar, 8) for bar in range(0, bars, 8)),
        key=Key(tonic, "minor"),
        levels=Levels(-9.0, -8.0),
        bar_level_db=np.full(bars, -12.0),
        bar_low_db=np.full(bars, -18.0),
    )


@pytest.fixture
def framing(monkeypatch):
    """Framing without synthesis: tracks whose analysis and frames are made up; counts the calls."""
    calls = []

    def frame(index, options, file, extractors=()):
        calls.append(index)
        rng = np.random.default_rng(index)
        slow = index % 4 == 3
        found = [analysis(87.0 if slow else 172.0 + rng.uniform(-3, 3), index % 2 * 7)]
        found += [found[0].doubled()] if slow else []
        framed = [
            FramedTrack(
                torch.full((8 * one.grid.bars, 4, 3), -20.0),
                torch.zeros(8 * one.grid.bars, 4),
                torch.zeros(8 * one.grid.bars),
                -8.0 - index,
            )
            for one in found
        ]
        heard = CachedTrack(tuple(found), tuple(framed), index % 2 == 0)
        write_framed_track(file, heard, options, versions(extractors))

    monkeypatch.setattr(djtrans.datasets.synthetic.composing, "frame_synthesized", frame)
    return calls


@pytest.fixture
def composed(tmp_path, framing):
    return compose_dataset(tmp_path / "set.safetensors", OPTIONS)


def test_the_set_has_what_was_asked_for(composed, tmp_path):
    assert len(composed.training) + len(composed.validation) == OPTIONS.transitions
    read = SyntheticDataset.load(tmp_path / "set.safetensors")
    assert read.training == tuple(composed.training)
    assert read.facts["options"]["transitions"] == 120


def test_no_track_is_in_both_parts(composed):
    def used(part):
        return {side.track for c in part for side in (c.a, c.b)}

    assert not used(composed.training) & used(composed.validation)


def test_curves_can_be_generated_for_every_composition(composed):
    from djtrans import load_technique, mixer_layout
    from djtrans.datasets.synthetic.composition import request_of

    layout = mixer_layout("dj54")
    techniques = Counter()
    for c in (*composed.training, *composed.validation):
        techniques[c.technique] += 1
        request = request_of(c, composed.tracks, layout, 3)
        curves = load_technique(c.technique).generate(request)
        assert curves.shape == (c.frames, 54)
        assert 4 <= c.bars <= 64
        assert c.a.track != c.b.track
    assert len(techniques) >= 6
    assert not {"djtrans/sum", "djtrans/linear-fade", "djtrans/cut"} & set(techniques)


def test_techniques_that_solo_stems_get_stems_that_stand_alone(composed):
    soloing = [
        side.track
        for c in (*composed.training, *composed.validation)
        if c.technique in ("djtrans/acapella", "djtrans/stem-swap")
        for side in (c.a, c.b)
    ]
    assert soloing
    # Every second track was made isolated; its level says which it is.
    assert {round(-8.0 - composed.tracks[i].reference_db) % 2 for i in soloing} == {0}


def test_slow_tracks_are_counted_as_their_partner(composed):
    bars = {len(track.vocal) // 8 for track in composed.tracks}
    assert bars == {80, 160}
    for c in composed.training:
        assert 165 < c.bpm < 180 or 82 < c.bpm < 90


def test_the_same_options_give_the_same_set(tmp_path, framing):
    one = compose_dataset(tmp_path / "one.safetensors", SMALL)
    two = compose_dataset(tmp_path / "two.safetensors", SMALL)
    assert one.training == two.training
    other = compose_dataset(tmp_path / "other.safetensors", attrs.evolve(SMALL, seed=1))
    assert one.training != other.training


def test_a_stopped_run_frames_only_what_is_missing(tmp_path, framing):
    compose_dataset(tmp_path / "set.safetensors", SMALL)
    assert framing == list(range(12))
    folder = tmp_path / "set.safetensors.tracks"
    (folder / "track_00004.safetensors").unlink()
    (folder / "track_00007.safetensors").write_bytes(b"cut")
    framing.clear()
    with pytest.warns(UserWarning, match="track_00007.* is not a readable track cache"):
        compose_dataset(tmp_path / "set.safetensors", SMALL)
    assert framing == [4, 7]
    framing.clear()
    compose_dataset(tmp_path / "set.safetensors", attrs.evolve(SMALL, largest_leak=0.3))
    assert framing == list(range(12))


@pytest.mark.parametrize("damage", ["cut off", "one bit"])
def test_a_damaged_track_is_reported_and_framed_again(tmp_path, framing, damage):
    output = tmp_path / "set.safetensors"
    compose_dataset(output, SMALL)
    sound = output.read_bytes()
    file = tmp_path / "set.safetensors.tracks" / "track_00003.safetensors"
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content[:-100] if damage == "cut off" else content)
    with pytest.warns(UserWarning, match=r"track_00003.* is not a readable .* It is made again"):
        compose_dataset(output, SMALL)
    assert output.read_bytes() == sound
    content = bytearray(sound)
    content[-2] ^= 1
    output.write_bytes(content)
    with pytest.raises(FormatError, match=r"set\.safetensors is damaged: its content"):
        SyntheticDataset.load(output)


def test_too_many_transitions_for_too_few_tracks_are_refused(tmp_path, framing, monkeypatch):
    monkeypatch.setattr(djtrans.datasets.synthetic.pairing, "_ATTEMPTS", 0)
    with pytest.raises(
        InputError, match=r"Only 0 of \d+ transitions .* increase the number of tracks"
    ):
        compose_dataset(tmp_path / "set.safetensors", OPTIONS)


def test_leaking_stems_hold_some_of_the_others_and_sum_to_the_mix():
    generator = torch.Generator().manual_seed(0)
    stems = Stems(torch.randn(4, 2, 4000, generator=generator), ("a", "b", "c", "d"), 8000)
    leaked = add_leakage(stems, 0.2, np.random.default_rng(1))
    assert torch.allclose(leaked.mix, stems.mix, atol=1e-5)
    for i in range(4):
        for j in range(4):
            share = float((leaked.audio[i] * stems.audio[j]).sum() / stems.audio[j].square().sum())
            assert (0.4 < share < 1.0) if i == j else (-0.05 < share < 0.25)
    assert torch.equal(add_leakage(stems, 0.0, np.random.default_rng(1)).audio, stems.audio)


@pytest.mark.slow
def test_features_of_synthesized_tracks_are_extracted_and_paired(tmp_path):
    options = SyntheticOptions(
        tracks=8, transitions=20, validation=0.5, sample_rate_hz=22050, refined=0.0
    )
    compose_dataset(tmp_path / "set.safetensors", options, workers=2, extractors=[Loudness()])
    composed = SyntheticDataset.load(tmp_path / "set.safetensors")
    assert composed.extractors == {"loudness": 1}
    assert len(composed.training) == len(composed.validation) == 10
    for track in composed.tracks:
        assert torch.isfinite(track.level_db).all()
        assert float(track.onset.max()) > 0.5
        assert track.extra["loudness/rms"].shape == (len(track.vocal), 4)


def test_real_tracks_are_held_out_by_artist(tmp_path):
    real = [
        StemTrack(tmp_path / f"{artist}{index}", artist, f"{artist}{index}")
        for artist in "abc"
        for index in range(4)
    ]
    held = _held_out(OPTIONS, real)
    assert sum(held[: OPTIONS.tracks]) == 4  # 0.3 of 12
    by_artist = {artist: set() for artist in "abc"}
    for track, is_held in zip(real, held[OPTIONS.tracks :], strict=True):
        by_artist[track.artist].add(is_held)
    assert all(len(states) == 1 for states in by_artist.values())
    assert sum(states == {True} for states in by_artist.values()) == 1
    assert _held_out(OPTIONS, real[:4])[OPTIONS.tracks :] == [False] * 4  # one artist: for training


def test_a_folder_without_stems_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        find_stem_tracks([tmp_path / "missing"])
    (tmp_path / "artist" / "track").mkdir(parents=True)
    with pytest.raises(InputError, match=r"no track with stems; give a folder .*drums.wav"):
        find_stem_tracks([tmp_path])


@pytest.mark.slow
def test_stored_curves_improve_on_those_of_the_techniques(tmp_path):
    """With true stems and one real track for each of two artists, from synthesis to batches."""
    for artist, seed in (("one", 5), ("two", 6)):
        spec = sample_spec(seed, genre="house", bpm=124.0, sample_rate_hz=22050)
        folder = tmp_path / "real" / artist / "track"
        folder.parent.mkdir(parents=True)
        save_stems(synthesize(spec).stems, folder)
    options = SyntheticOptions(
        tracks=8, transitions=24, validation=0.4, sample_rate_hz=22050, refined=0.5, true_stems=1.0
    )
    file = tmp_path / "set.safetensors"
    compose_dataset(file, options, workers=2, stems=[tmp_path / "real"])
    data = SyntheticDataset.load(file)
    assert len(data.facts["stems"]) == 2
    refined = [c for c in data.training_curves if c.refined]
    assert refined
    for index in {c.composition for c in data.training_curves}:
        curves = [c for c in data.training_curves if c.composition == index]
        own = [c.cost for c in curves if not c.refined]
        assert all(c.cost < min(own) for c in curves if c.refined)
        assert all(c.values.shape == (data.training[index].frames, 54) for c in curves)
    again = compose_dataset(file, options, stems=[tmp_path / "real"])  # from the cache
    assert dataset_digest(again) == dataset_digest(data)


def test_loops_and_silence_are_taken_from_the_frames_that_are_played():
    track = attrs.evolve(
        CompositionTrack(
            track=0,
            bar=0,
            gain_db=0.0,
            stretch=0.0,
            key="8A",
            place="phrase",
            phrase_beats=(),
            sections=(),
        ),
        playback=LoopRoll((1 / 4, 1 / 8, 1 / 8)).segments(8.0),
    )
    # Four beats, the first two again, the first one twice, then silence.
    order = track.frames(20, frames_per_beat=2)
    assert order.tolist() == [*range(8), *range(4), 0, 1, 0, 1, -1, -1, -1, -1]
    levels = torch.arange(40.0)[:, None, None].expand(40, 4, 3) - 50.0
    framed = FramedTrack(levels, torch.ones(40, 4), torch.zeros(40), -10.0)
    window = framed.window(8, order)
    assert window.level_db[:, 0, 0].tolist() == [
        *(8 + i - 50.0 if i >= 0 else -50.0 for i in order.tolist())
    ]
    assert CompositionTrack.from_json(attrs.asdict(track)) == track
