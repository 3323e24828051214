"""Mixes in the layout of UnmixDB: their fades are read, and recovered."""

from __future__ import annotations

import shutil

import pytest
import torch

import djtrans
from djtrans.benchmarking import benchmark
from djtrans.benchmarking.unmixdb import read_unmixdb
from djtrans.core.errors import InputError
from djtrans.synthesis import TrackSpec, synthesize

RATE, BEAT = 44100, 0.5
#: Cues of each excerpt in its own seconds: begin and end of both fades, and its length.
CUE_IN, CUE_OUT, SECONDS = (2.0, 10.0), (24.0, 32.0), 34.0


def excerpt(seed):
    """Chords of a track's own, noise on the beats and a bass on the off-beats."""
    generator = torch.Generator().manual_seed(seed)
    at = torch.arange(round(SECONDS * RATE)) / RATE
    since = at % BEAT
    noise = torch.randn(2, len(at), generator=generator) * torch.exp(-since / 0.04)
    tones = sum(torch.sin(2 * torch.pi * hz * (1 + seed / 7) * at) for hz in (220.0, 330.0, 880.0))
    bass = torch.sin(2 * torch.pi * 55.0 * (1 + seed / 7) * at) * (since > BEAT / 2)
    return 0.04 * noise + 0.12 * tones + 0.2 * bass


def write_mix(folder, name, speeds, excerpt=excerpt):
    """Mix excerpts as the authors' script does: fade, change the speed, add."""
    mixes, songs = folder / "set" / "mixes", folder / "set" / "refsongs"
    mixes.mkdir(parents=True, exist_ok=True)
    songs.mkdir(exist_ok=True)
    total, lines, offset = torch.zeros(2, 120 * RATE), [], 0.0
    for number, speed in enumerate(speeds, start=1):
        audio, file = excerpt(number), f"{number}.excerpt40.mp3"
        djtrans.write_audio(songs / file, audio, RATE)
        at = torch.arange(audio.shape[-1]) / RATE
        rise = ((at - CUE_IN[0]) / (CUE_IN[1] - CUE_IN[0])).clamp(0, 1)
        fall = ((CUE_OUT[1] - at) / (CUE_OUT[1] - CUE_OUT[0])).clamp(0, 1)
        first, last = round(CUE_IN[0] * RATE), round(CUE_OUT[1] * RATE)
        faded = (audio * torch.minimum(rise, fall))[:, first:last]
        faded = djtrans.resample(faded, round(RATE * speed), RATE)
        begin = round(offset * RATE)
        total[:, begin : begin + faded.shape[-1]] += faded / len(speeds)
        if number == 1:
            lines.append((0.0, 0.0, 1, "bpm", 120.0))
        events = [
            (-CUE_IN[0], 0.0, "start", f'"{file}"'),
            (-CUE_IN[0], 0.0, "speed", speed),
            (0.0, CUE_IN[1] - CUE_IN[0], "fadein", ""),
            (CUE_OUT[0] - CUE_IN[0], CUE_OUT[1] - CUE_OUT[0], "fadeout", ""),
            (SECONDS - CUE_IN[0], 0.0, "stop", f'"{file}"'),
        ]
        for start, length, label, parameter in events:
            times = offset + start / speed, offset + (start + length) / speed
            lines.append((*times, number, label, parameter))
        offset += (CUE_OUT[0] - CUE_IN[0]) / speed
    end = round((offset + 12.0) * RATE)
    djtrans.write_audio(mixes / f"{name}.mp3", total[:, :end], RATE)
    rows = ["{:.17f}\t{:.17f}\t{}\t{}\t{}\n".format(*line) for line in sorted(lines)]
    (mixes / f"{name}.labels.txt").write_text("".join(rows))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("unmixdb")
    write_mix(where, "setmix3-resample-none-00", (1.0, 0.97, 1.02))
    return where


def songs(seed):
    spec = TrackSpec(bpm=120.0, seed=seed, structure=(("drop", 16), ("outro", 8)))
    made = synthesize(spec)
    return djtrans.resample(made.audio, made.sample_rate, RATE)[:, : round(SECONDS * RATE)]


def test_transitions_are_read_with_their_fades(folder):
    first, second = read_unmixdb(folder)
    assert (first.bpm, first.time_scale, first.gain) == (120.0, "resample", 1 / 3)
    assert [t.audio.name for t in second.tracks] == ["2.excerpt40.mp3", "3.excerpt40.mp3"]
    assert first.tracks.a.fade_out == (22.0, 30.0)
    assert first.tracks.b.fade_in == (22.0, pytest.approx(22.0 + 8.0 / 0.97))
    assert first.tracks.b.start == pytest.approx(22.0 - 2.0 / 0.97)
    assert first.tracks.b.speed == 0.97


def test_what_is_not_there_is_left_out_and_what_is_damaged_is_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    assert len(list(read_unmixdb(tmp_path))) == 2
    labels = next(tmp_path.rglob("*.labels.txt"))
    text = labels.read_text()
    labels.write_text(text.replace("fadein", "fade"))
    with pytest.raises(InputError, match=r"labels.txt is not a labels file of UnmixDB \('fadein'"):
        list(read_unmixdb(tmp_path))
    labels.write_text(text)
    (tmp_path / "set" / "refsongs" / "2.excerpt40.mp3").unlink()
    assert list(read_unmixdb(tmp_path)) == []


@pytest.mark.slow
def test_the_convex_estimate_is_near_the_fades_and_refuses_nothing(folder, tmp_path):
    found = benchmark({"unmixdb": folder}, (), inverse=["convex"], output=tmp_path / "out")
    errors = [result.scores["inverse mixing gain error"] for result in found.results]
    assert len(errors) == 2
    assert max(errors) < 0.25, errors
    with pytest.raises(InputError, match="no method of inverse mixing 'convx'"):
        benchmark({"unmixdb": folder}, (), inverse=["convx"], output=tmp_path / "other")
    with pytest.raises(InputError, match=r"inverse fit has nothing .* unmixdb=FOLDER"):
        benchmark({}, (), inverse=["fit"], mixers=["dj54"], output=tmp_path / "other")


@pytest.mark.slow
def test_the_fit_is_nearer(tmp_path):
    write_mix(tmp_path / "data", "setmix3-stretch-none-00", (1.0, 1.0), songs)
    found = benchmark(
        {"unmixdb": tmp_path / "data"}, (), inverse=["fit", "convex"], output=tmp_path / "out"
    )
    by_system = {r.system: r.scores["inverse mixing gain error"] for r in found.results}
    assert by_system["fit"] < min(0.06, by_system["convex"])
