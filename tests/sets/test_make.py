"""Sets of synthesized tracks: times against the audio, levels, resuming, and gaps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import attrs
import numpy as np
import pytest
import torch

import djtrans
from djtrans.core.audio.loudness import integrated_lufs, true_peak_db
from djtrans.core.errors import DjtransError, FormatError, InputError
from djtrans.core.transition.params_file import load_params, save_params
from djtrans.core.transition.plan import TransitionPlan
from djtrans.pipeline.options import GenerateOptions
from djtrans.sets.boundaries import Gap
from tests.helpers.sets import RATE, mono, offset_ms, quietest_db, tensor, write_track

pytestmark = pytest.mark.usefixtures("warm_cache")
ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = {"keep_order": True, "loudness_lufs": -18.0, "ease_bars": 4}
# A named technique: the gains of the others need not be computed.
RULES = GenerateOptions(technique="bass-swap", model="none", separator="spectral", device="cpu")


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    tempos = (172.0, 169.0, 174.0)
    return [write_track(folder / f"{i}.wav", bpm, i) for i, bpm in enumerate(tempos, 1)]


def make(tracks, output, technique="bass-swap", **fields):
    transition = attrs.evolve(RULES, technique=technique)
    return djtrans.make_set(tracks, output, transition=transition, **{**DEFAULTS, **fields})


@pytest.fixture(scope="module")
def made(songs, tmp_path_factory, session_cache):
    return make(songs, tmp_path_factory.mktemp("set") / "mix.wav")


def test_every_boundary_is_a_transition_in_order(made):
    assert [track.number for track in made.times] == [1, 2, 3]
    assert all(isinstance(each, TransitionPlan) for each in made.boundaries)
    for before, after in zip(made.times, made.times[1:], strict=False):
        assert before.starts < after.enters <= after.starts == pytest.approx(before.ends)
        assert after.starts <= before.leaves < after.ends
    assert made.times[-1].ends == pytest.approx(made.seconds)


def test_tracks_start_in_the_audio_where_the_cue_sheet_says(made, songs):
    mix, sheet = mono(made.audio), made.audio.with_suffix(".cue").read_text()
    marks = re.findall(r"INDEX 01 (\d+):(\d+):(\d+)", sheet)
    cues = [60 * int(m) + int(s) + int(f) / 75 for m, s, f in marks]
    assert len(cues) == 3
    for cue, track, song in zip(cues, made.times, songs, strict=True):
        assert abs(offset_ms(mix, mono(song), cue, track.starts_at)) < 50.0


def test_the_tempo_between_boundaries_is_that_of_the_schedule(made, songs):
    """In the middle of each track and near its end the sound is where the time map has it."""
    mix = mono(made.audio)
    assert abs(offset_ms(mix, mono(songs[0]), 12.0, 12.0 + made.times[0].starts_at)) < 10.0
    # The last track ends at its own tempo, with its own last sample.
    left = 10.0
    end = made.seconds
    source = mono(songs[2])
    found = offset_ms(mix, source, end - left, len(source) / RATE - left)
    assert abs(found) < 10.0


def test_nothing_clips_and_nothing_is_silent(made):
    audio = tensor(made.audio)
    assert true_peak_db(audio, RATE) <= -0.95
    assert made.true_peak_dbtp == pytest.approx(true_peak_db(audio, RATE), abs=0.1)
    assert quietest_db(audio.mean(dim=0).numpy()).min() > -50.0


def test_tracks_are_equally_loud(made, songs):
    audio = tensor(made.audio)
    for track, song in zip(made.times, songs, strict=True):
        own = integrated_lufs(tensor(song), RATE)
        assert own + track.gain_db == pytest.approx(-18.0, abs=0.1)
    # Where a track plays alone its level is that of the file with this gain.
    first = made.times[0]
    alone = slice(round(10.0 * RATE), round((made.times[1].enters - 5.0) * RATE))
    lead = round(first.starts_at * RATE)
    source = tensor(songs[0])[:, alone.start + lead : alone.stop + lead]
    gain = 10.0 ** ((first.gain_db + made.trim_db) / 20.0)
    assert torch.allclose(audio[:, alone], source * gain, atol=2e-6)


def test_files_beside_the_mix(made, songs):
    names = {path.suffix: path.read_text() for path in made.files[1:]}
    assert set(names) == {".cue", ".txt", ".m3u8", ".html"}
    assert djtrans.sets.find_tracks([made.audio.with_suffix(".m3u8")]) == songs
    page = names[".html"]
    assert page.count("<audio controls") == 2
    assert page.count("data:audio/mpeg;base64,") == 2
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert len(names[".txt"].splitlines()) == 4
    folder = sorted(path.name for path in made.folder.iterdir() if path.suffix != ".lock")
    assert folder == [
        "01.json",
        "01.record",
        "01.wav",
        "02.json",
        "02.record",
        "02.wav",
        "set.json",
    ]


KILLED = """
import json, os, signal, sys
import djtrans
from djtrans.pipeline.options import GenerateOptions

def progress(event):
    if event.stage == "boundaries" and event.done == 1:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    options = GenerateOptions(technique="bass-swap", model="none", separator="spectral",
                              device="cpu")
    djtrans.make_set(sys.argv[2:], sys.argv[1], transition=options, keep_order=True,
                     loudness_lufs=-18.0, ease_bars=4, progress=progress)
"""


@pytest.mark.slow
def test_a_killed_run_resumes_and_ends_with_the_same_bytes(made, songs, tmp_path):
    output = tmp_path / "mix.wav"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(output), *map(str, songs)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -9, done.stderr
    folder = tmp_path / "mix-boundaries"
    assert (folder / "01.wav").exists()
    assert not (folder / "02.wav").exists()
    assert not output.exists()
    events = []
    again = make(songs, output, workers=2, progress=events.append)
    assert next(e for e in events if e.stage == "boundaries").metrics["resumed"] == 1
    assert not [e for e in events if e.stage == "plans"]
    for path in made.files:
        assert path.read_bytes() == again.audio.with_suffix(path.suffix).read_bytes(), path.name
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.slow
def test_only_an_edited_boundary_is_rendered_again(made, songs, tmp_path):
    output = tmp_path / "mix.wav"
    first = make(songs, output)
    rendered = {n: (first.folder / f"0{n}.wav").stat().st_mtime_ns for n in (1, 2)}
    before, times = tensor(output), first.times
    content = load_params(first.folder / "02.json")
    values = content.params.values.clone()
    values[1:-1, content.params.layout.index("b/drums/eq/high")] = 0.0
    save_params(
        first.folder / "02.json",
        content.__class__(
            params=djtrans.TransitionParams(
                values,
                content.params.layout,
                content.params.frame_times,
                content.params.beat_times,
                content.params.frames_per_beat,
            ),
            plan=content.plan,
            provenance=content.provenance,
        ),
    )
    second = make(songs, output)
    assert (first.folder / "01.wav").stat().st_mtime_ns == rendered[1]
    assert (first.folder / "02.wav").stat().st_mtime_ns != rendered[2]
    assert second.times == times
    after = tensor(output) * 10 ** ((first.trim_db - second.trim_db) / 20)
    changed = (after - before).abs().amax(dim=0) > 1e-5
    at = changed.nonzero().flatten() / RATE
    assert len(at) > RATE // 10
    assert float(at.min()) >= times[2].enters - 0.1
    # The tail of effects, at most.
    assert float(at.max()) <= times[1].leaves + 6.0
    with pytest.raises(InputError, match=r"02\.json was edited since"):
        make(songs, output, loudness_lufs=-20.0)


def test_a_params_file_of_other_tracks_is_refused(made, songs, tmp_path):
    output = tmp_path / "mix.wav"
    folder = make(songs[:2], output).folder
    (folder / "01.json").write_bytes((made.folder / "02.json").read_bytes())
    with pytest.raises(FormatError, match=r"was made for 2\.wav as track A"):
        make(songs[:2], output)
    (folder / "01.json").write_text("{}")
    with pytest.raises(FormatError, match="is not a params file"):
        make(songs[:2], output)


def test_a_gap_fades_and_pauses_or_cuts(songs, tmp_path):
    fade = make(songs[:2], tmp_path / "fade.wav", gap_at=(1,), fade_seconds=4.0, pause_seconds=1.5)
    (gap,) = fade.boundaries
    assert (gap.fade_seconds, gap.pause_seconds, gap.reason) == (4.0, 1.5, "as requested")
    mix, (first, second) = mono(fade.audio), fade.times
    assert second.starts - first.ends == pytest.approx(1.5, abs=1e-3)
    silent = mix[round(first.ends * RATE) : round(second.starts * RATE)]
    assert (silent == 0.0).all()
    levels = quietest_db(mix[round((first.ends - 4.0) * RATE) : round(first.ends * RATE)], 1.0)
    assert levels[0] > levels[-1] + 10.0
    cut = make(songs[:2], tmp_path / "cut.wav", gap_at=(1,), gap="cut")
    assert cut.times[0].ends == cut.times[1].starts
    # No silence but that within the tracks' own sound.
    assert quietest_db(mono(cut.audio)).min() > -50.0
    described = json.loads((cut.folder / "01.json").read_text())
    described["pause_seconds"] = 3.0
    (cut.folder / "01.json").write_text(json.dumps(described))
    edited = make(songs[:2], tmp_path / "cut.wav", gap_at=(1,), gap="cut")
    assert edited.times[1].starts - edited.times[0].ends == pytest.approx(3.0, abs=1e-3)


def test_far_tempos_are_a_gap_if_wanted(songs, tmp_path):
    slow = write_track(tmp_path / "slow.wav", 116.0, 9, (8, 8, 8))
    made = make([songs[0], slow], tmp_path / "mix.wav", gap="fade", pause_seconds=0.5)
    (gap,) = made.boundaries
    assert isinstance(gap, Gap)
    assert gap.reason
    check_starts(made, [songs[0], slow])


@pytest.mark.slow
def test_far_tempos_are_mixed_by_another_technique_otherwise(songs, tmp_path):
    slow = write_track(tmp_path / "slow.wav", 116.0, 9, (8, 8, 8))
    made = make([songs[0], slow], tmp_path / "mix.wav", technique="auto")
    (plan,) = made.boundaries
    assert isinstance(plan, TransitionPlan)
    assert not plan.beat_matched
    check_starts(made, [songs[0], slow])


def check_starts(made, songs):
    mix = mono(made.audio)
    assert true_peak_db(tensor(made.audio), RATE) <= -0.95
    for track, song in zip(made.times, songs, strict=True):
        assert abs(offset_ms(mix, mono(song), track.starts, track.starts_at)) < 50.0


def test_one_track_is_itself(songs, tmp_path):
    made = make(songs[:1], tmp_path / "mix.wav")
    source = tensor(songs[0])
    (track,) = made.times
    lead = round(track.starts_at * RATE)
    gain = 10 ** ((track.gain_db + made.trim_db) / 20)
    mix = tensor(made.audio)
    inner = slice(200, mix.shape[-1] - 200)
    assert torch.allclose(mix[:, inner], (source[:, lead:] * gain)[:, inner], atol=2e-6)
    assert made.boundaries == ()


@pytest.mark.slow
def test_the_same_track_twice(songs, tmp_path):
    made = make([songs[0], songs[0]], tmp_path / "mix.wav")
    assert [track.path for track in made.times] == [str(songs[0])] * 2
    check_starts(made, [songs[0], songs[0]])


@pytest.mark.slow
def test_least_and_greatest_time_of_each_track(songs, tmp_path):
    made = make(songs, tmp_path / "mix.wav", "auto", min_seconds=20.0, max_seconds=30.0)
    for track in made.times:
        assert 20.0 <= track.seconds <= 30.0 or (track.number == 3 and track.seconds <= 30.0)


def test_the_order_is_chosen_unless_it_is_kept(songs, tmp_path):
    chosen = djtrans.make_set(
        songs, tmp_path / "mix.wav", transition=RULES, first="3", last="1.wav", gap_at=(1, 2)
    )
    assert [Path(track.path).stem for track in chosen.times] == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gap_at": (3,)}, "there are 2 boundaries; give 1 to 2"),
        ({"keep_order": False, "first": "none"}, "there is no track 'none'"),
        ({"output": "mix.txt"}, "end the name in"),
        ({"output": "1.wav"}, "is the file of track 1"),
        ({"output": "nowhere/mix.wav"}, "nowhere"),
        ({"transition": GenerateOptions(technique="none-such")}, "none-such"),
        ({"transition": GenerateOptions(cue_a=3.0)}, "belongs to a single transition"),
    ],
)
def test_errors_come_before_the_work(songs, tmp_path, fields, message):
    output = songs[0].parent / fields.pop("output", "mix.flac")
    events = []
    with pytest.raises(DjtransError, match=message):
        djtrans.make_set(
            songs,
            output,
            **{"transition": RULES, "keep_order": True, **fields},
            progress=events.append,
        )
    assert events == []
    assert sorted(path.name for path in songs[0].parent.iterdir()) == ["1.wav", "2.wav", "3.wav"]


def test_files_of_others_are_not_replaced(songs, tmp_path):
    (tmp_path / "mix.m3u8").write_text(f"#EXTM3U\n{songs[0]}\n")
    with pytest.raises(InputError, match="was not written by djtrans"):
        make(songs, tmp_path / "mix.wav")
    with pytest.raises(InputError, match="is the file of the input"):
        make([tmp_path / "mix.m3u8"], tmp_path / "mix.wav")


def test_files_that_are_no_audio_are_all_named(tmp_path):
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_text("no audio")
    with pytest.raises(InputError, match=r"(?s)a\.wav.*b\.wav"):
        make([tmp_path / "a.wav", tmp_path / "b.wav"], tmp_path / "mix.wav")


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes(made, songs, tmp_path):
    distributed = pytest.importorskip("distributed")
    from djtrans.pipeline.executors import dask_cluster

    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        dask_cluster(cluster.scheduler_address) as executor,
    ):
        again = make(songs, tmp_path / "mix.wav", executor=executor)
    assert again.audio.read_bytes() == made.audio.read_bytes()


MEMORY = """
import resource, sys
import djtrans
djtrans.make_set([sys.argv[2]] * int(sys.argv[3]), sys.argv[1], keep_order=True,
                 gap="cut", gap_at=range(1, int(sys.argv[3])),
                 transition=djtrans.GenerateOptions(model="none", separator="spectral"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_tracks(songs, tmp_path):
    """24 tracks are 90 MiB as floating point samples more than 2."""
    used = []
    for count in (2, 24):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(tmp_path / f"{count}.flac"), songs[0], str(count)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
        )
        used.append(int(done.stdout))
    samples = np.prod(tensor(songs[0]).shape)
    assert 22 * samples * 4 / 2**20 > 85
    assert used[1] - used[0] < 40, used
