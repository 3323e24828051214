"""A library made into pairs: what is chosen, what is left out, and that it is always the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import attrs
import numpy as np
import pytest

import djtrans
from djtrans.core.errors import InputError, PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.util.folder_lock import LOCK, folder_lock
from djtrans.core.util.progress import Progress
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.datasets.preparation import LibraryOptions, prepare_library
from djtrans.datasets.preparation.library_scan import LibraryTrack
from djtrans.datasets.preparation.pairing import choose_pairs, tempos_compatible
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import default_registry
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
OPTIONS = LibraryOptions(most=3, separator="spectral", bars=4)
#: Half the tempo of another one is the same tempo; 150 goes with none of them.
TEMPOS = (124.0, 126.0, 62.5, 150.0)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Four tracks in nested folders, and files that are none."""
    folder = tmp_path_factory.mktemp("library")
    for i, bpm in enumerate(TEMPOS):
        spec = TrackSpec(
            bpm=bpm,
            tonic=9,
            seed=i + 1,
            structure=(("intro", 4), ("drop", 8), ("outro", 4)),
            sample_rate_hz=RATE,
        )
        crate = folder / "crates" / f"{i % 2}"
        crate.mkdir(parents=True, exist_ok=True)
        file = crate / f"track {i}.{('wav', 'flac', 'ogg')[i % 3]}"
        djtrans.write_audio(file, synthesize(spec).audio, RATE)
    (folder / "empty.wav").touch()
    (folder / "crates" / "text.mp3").write_text("no music in here")
    (folder / "phone.m4a").write_bytes(b"\0" * 4000)
    djtrans.write_audio(folder / "short.wav", synthesize(spec).audio[:, : 2 * RATE], RATE)
    shutil.copy(folder / "crates/0/track 0.wav", folder / "same again.wav")
    cut = (folder / "crates/0/track 0.wav").read_bytes()
    (folder / "cut.wav").write_bytes(cut[: len(cut) // 2])
    # Attributes that macOS keeps beside a file are no track.
    (folder / "crates/0/._track 0.wav").write_bytes(b"\0\5\x16\7" + bytes(4000))
    return folder


@pytest.fixture(scope="module")
def made(library, tmp_path_factory):
    return prepare_library(library, tmp_path_factory.mktemp("set") / "processed", OPTIONS)


def read(made):
    return json.loads(made.manifest.read_text())


def hashes(folder: Path) -> dict[str, str]:
    """Every file of a set but the kept analyses and the lock."""
    return {
        str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "analyses" not in file.parts and file.name != LOCK
    }


def test_files_that_cannot_be_used_are_named_with_the_reason(made):
    reasons = {file.name: file.reason for file in made.skipped}
    assert set(reasons) == {
        "crates/0/._track 0.wav",
        "crates/text.mp3",
        "cut.wav",
        "empty.wav",
        "phone.m4a",
        "same again.wav",
        "short.wav",
    }
    assert "sidecar" in reasons["crates/0/._track 0.wav"]
    assert "empty" in reasons["empty.wav"]
    assert "incomplete" in reasons["cut.wav"]
    assert "not audio" in reasons["phone.m4a"]
    assert "crates/0/track 0.wav" in reasons["same again.wav"]


def test_pairs_have_tempos_that_meet_and_come_once(made):
    bpm = {
        f"crates/{i % 2}/track {i}.{('wav', 'flac', 'ogg')[i % 3]}": b for i, b in enumerate(TEMPOS)
    }
    pairs = [(pair["a"], pair["b"]) for pair in read(made)["pairs"]]
    assert len(pairs) == len(set(pairs)) == 3
    for a, b in pairs:
        assert a != b
        assert min(abs(bpm[a] * k / bpm[b] - 1) for k in (0.5, 1, 2)) < OPTIONS.stretch_limit


def test_the_manifest_tells_the_files_and_nothing_of_the_machine(made, library):
    document = read(made)
    found = hashes(made.folder)
    del found["manifest.json"]
    said = {
        f"{pair['folder']}/{name}": digest
        for pair in document["pairs"]
        for name, digest in pair["files"].items()
    }
    assert said == found
    assert [pair["folder"] for pair in document["pairs"]] == ["pair_001", "pair_002", "pair_003"]
    text = made.manifest.read_text()
    for secret in (str(library), str(made.folder), os.uname().nodename, time.strftime("%Y")):
        assert secret not in re.sub(r"[0-9a-f]{64}", "", text)


def test_pairs_can_be_read_and_say_what_the_manifest_says(made):
    document = read(made)
    names = {track["sha256"]: track["name"] for track in document["tracks"]}
    for entry in document["pairs"]:
        pair = read_pair(made.folder / entry["folder"])
        assert (pair.plan.technique, pair.plan.bars) == (entry["technique"], entry["bars"])
        assert names[pair.track_a.sha256] == entry["a"]
        assert names[pair.track_b.sha256] == entry["b"]
        assert pair.content.provenance.render.seed > 0


def test_what_is_done_is_not_done_again_and_what_is_missing_is(made, library, tmp_path):
    target = tmp_path / "set"
    shutil.copytree(made.folder, target)
    shutil.rmtree(target / "pair_002")
    (target / "manifest.json").unlink()
    (target / ".pair_002-0123abcd.part").mkdir()
    before = (target / "pair_001/transition.wav").stat().st_mtime_ns
    events = []
    prepare_library(library, target, OPTIONS, progress=events.append)
    assert hashes(target) == hashes(made.folder)
    assert (target / "pair_001/transition.wav").stat().st_mtime_ns == before
    counts = {"resumed": 2, "failed": 0}
    message = "2 from an earlier run"
    assert Progress("pairs", 2, 3, message, counts) in events
    assert events[-1] == Progress("pairs", 3, 3, message, counts)


@pytest.mark.slow
def test_more_can_be_asked_for_later(made, library, tmp_path):
    target = tmp_path / "set"
    first = prepare_library(library, target, attrs.evolve(OPTIONS, most=1))
    assert first.pairs == ("pair_001",)
    prepare_library(library, target, OPTIONS)
    assert hashes(target) == hashes(made.folder)
    with pytest.raises(InputError, match="pair_002 is one pair more"):
        prepare_library(library, target, attrs.evolve(OPTIONS, most=1))


def test_a_set_with_other_options_is_not_mixed_in(made, library):
    before = hashes(made.folder)
    with pytest.raises(InputError, match="pair_001 was made of other tracks, with other options"):
        prepare_library(library, made.folder, attrs.evolve(OPTIONS, bars=2))
    assert hashes(made.folder) == before


def test_a_pair_that_fails_leaves_a_gap_that_is_explained(library, tmp_path, monkeypatch):
    from djtrans.datasets.preparation import pair_from_library as making

    real, calls = making.mix_pair, []

    def failing(*given, **named):
        calls.append(1)
        if len(calls) == 1:
            raise PlanError(f"no good: {library}/crates/0/track 0.wav")
        return real(*given, **named)

    monkeypatch.setattr(making, "mix_pair", failing)
    made = prepare_library(
        library, tmp_path, attrs.evolve(OPTIONS, most=2, technique="cut", bars=0)
    )
    assert made.pairs == ("pair_002",)
    assert made.failed["pair_001"].startswith("djtrans/cut: no good: ")
    assert str(library) not in made.manifest.read_text()
    assert [failed["folder"] for failed in read(made)["failed"]] == ["pair_001"]


@pytest.mark.slow
def test_a_full_disk_is_no_property_of_a_pair(library, tmp_path, monkeypatch):
    from djtrans.datasets.preparation import unit

    def full(*_):
        raise InputError("Cannot write: No space left on device.")

    monkeypatch.setattr(unit, "write_pair", full)
    with pytest.raises(InputError, match="No space left"):
        prepare_library(library, tmp_path, OPTIONS)
    assert not (tmp_path / "manifest.json").exists()


def test_damaged_pairs_are_named_and_made_again(made, library, tmp_path):
    target = shutil.copytree(made.folder, tmp_path / "set")
    drums = target / "pair_001/track_a_stems/drums.wav"
    drums.write_bytes(drums.read_bytes()[:5000])
    (target / "pair_002/track_b_stems/bass.wav").unlink()
    shutil.copy(target / "pair_001/transition.wav", target / "pair_003/transition.wav")
    with pytest.warns(UserWarning, match="is damaged") as caught:
        prepare_library(library, target, OPTIONS)
    assert [str(w.message).removeprefix(f"{target}{os.sep}") for w in caught] == [
        "pair_001 is damaged (changed: track_a_stems/drums.wav); it is made again.",
        "pair_002 is damaged (missing: track_b_stems/bass.wav); it is made again.",
        "pair_003 is damaged (changed: transition.wav); it is made again.",
    ]
    assert hashes(target) == hashes(made.folder)


def test_damaged_records_are_replaced_and_foreign_folders_are_not(made, library, tmp_path):
    target = shutil.copytree(made.folder, tmp_path / "set")
    first_line = (target / "pair_001/SHA256SUMS").read_text().splitlines(keepends=True)[0]
    for damaged, text in (("analysis.json", "{"), ("SHA256SUMS", "{"), ("SHA256SUMS", first_line)):
        (target / "pair_001" / damaged).write_text(text)
        with pytest.warns(UserWarning, match=f"pair_001 is damaged .*(checksums|{damaged})"):
            prepare_library(library, target, OPTIONS)
        assert hashes(target) == hashes(made.folder)
    shutil.rmtree(target / "pair_001")
    (target / "manifest.json").unlink()
    (target / "pair_001").mkdir()
    (target / "pair_001" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"pair_001.*analysis\.json"):
        prepare_library(library, target, OPTIONS)
    assert (target / "pair_001" / "notes.txt").read_text() == "mine"


def test_a_set_without_checksums_is_compared_with_its_manifest(made, library, tmp_path):
    target = shutil.copytree(made.folder, tmp_path / "set")
    manifest = json.loads((target / "manifest.json").read_text())
    for pair in manifest["pairs"]:
        del pair["files"]["SHA256SUMS"]
        (target / pair["folder"] / "SHA256SUMS").unlink()
    (target / "manifest.json").write_text(json.dumps(manifest))
    before = (target / "pair_001/transition.wav").stat().st_mtime_ns
    (target / "pair_002/params.json").write_text("{}")
    with pytest.warns(UserWarning, match=r"pair_002 is damaged \(changed: params.json\)") as caught:
        prepare_library(library, target, OPTIONS)
    assert len(caught) == 1
    assert (target / "pair_001/transition.wav").stat().st_mtime_ns == before
    assert hashes(target) == hashes(made.folder)


def test_a_second_run_on_the_folder_is_refused_before_it_touches_anything(made, library):
    part = made.folder / ".pair_009-0123abcd.part"
    part.mkdir()
    with (
        folder_lock(made.folder, "djtrans prepare"),
        pytest.raises(InputError, match=rf"in use by djtrans prepare \(process {os.getpid()} on"),
    ):
        prepare_library(library, made.folder, OPTIONS)
    assert part.is_dir()
    part.rmdir()


def test_wrong_requests_are_said_in_one_line(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        prepare_library(tmp_path / "none", tmp_path / "out", OPTIONS)
    with pytest.raises(InputError, match="no audio file"):
        prepare_library(tmp_path, tmp_path / "out", OPTIONS)
    with pytest.raises(InputError, match="workers = 0"):
        prepare_library(tmp_path, tmp_path / "out", OPTIONS, workers=0)


# -- choosing, without audio ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def crate(made, library) -> list[LibraryTrack]:
    """Sixteen tracks with the analysis of a real one, in other keys and tempos."""
    analysis = read_pair(made.folder / "pair_001").track_a.analysis
    rng = np.random.default_rng(3)

    def track(i: int) -> LibraryTrack:
        bpm = float(rng.choice([63.0, 87.0, 124.0, 128.0, 174.0])) * float(rng.uniform(0.98, 1.02))
        slower = analysis.grid.bpm / bpm
        grid = attrs.evolve(analysis.grid, beat_times=analysis.grid.beat_times * slower, bpm=bpm)
        key = attrs.evolve(analysis.key, tonic=int(rng.integers(12)))
        digest = sha256(bytes([i])).hexdigest()
        stretched: Analysis = attrs.evolve(
            analysis, grid=grid, key=key, duration_seconds=analysis.duration_seconds * slower
        )
        return LibraryTrack(f"{i}.wav", library / f"{i}.wav", digest, stretched)

    return [track(i) for i in range(16)]


def chosen(crate, **asked):
    options = attrs.evolve(OPTIONS, **{"most": 60, "bars": 0, **asked})
    return choose_pairs(crate, options, default_registry(), False)[0]


def test_many_pairs_come_once_each_and_within_the_limit(crate):
    pairs = chosen(crate)
    assert len({(pair.a.sha256, pair.b.sha256) for pair in pairs}) == len(pairs) == 60
    for pair in pairs:
        a, b = match_tempo_octaves(pair.a.analysis, pair.b.analysis)
        assert abs(a.grid.bpm / b.grid.bpm - 1.0) <= OPTIONS.stretch_limit


def test_keys_that_go_together_are_preferred(crate):
    def close(pairs) -> float:
        return np.mean([p.a.analysis.key.distance(p.b.analysis.key) <= 1 for p in pairs])

    assert close(chosen(crate, most=16)) > close(chosen(crate, most=100_000)) + 0.2


def test_every_track_is_mixed_out_of_before_any_is_again(crate):
    first = [pair.a.sha256 for pair in chosen(crate, most=16)]
    assert len(set(first)) == 16


def test_techniques_vary(crate):
    names = [pair.techniques[0] for pair in chosen(crate)]
    assert len(set(names)) >= 7
    assert not {"djtrans/sum", "djtrans/linear-fade", "djtrans/stem-swap"} & set(names)
    assert {pair.techniques for pair in chosen(crate, technique="cut")} == {("djtrans/cut",)}


def test_the_choice_is_that_of_the_seed_whatever_the_files_are_called(crate):
    def said(pairs):
        return [(p.a.sha256, p.b.sha256, p.techniques, p.seed) for p in pairs]

    renamed = [attrs.evolve(track, name=f"x{track.name}") for track in reversed(crate)]
    assert said(chosen(crate)) == said(chosen(renamed))
    assert said(chosen(crate, most=20)) == said(chosen(crate))[:20]
    assert said(chosen(crate, seed=1)) != said(chosen(crate))


def test_tempos_meet_as_the_planner_counts_them():
    bpm = np.array([60.0, 64.9, 87.0, 120.0, 128.0, 130.0, 174.0])
    meets = tempos_compatible(np.log2(128.0 / bpm), 0.08)
    assert meets.tolist() == [True, True, False, True, True, True, False]


def test_tracks_that_do_not_go_together_are_no_library(crate):
    lonely = [track for track in crate if track.analysis.grid.bpm < 90][:1]
    with pytest.raises(InputError, match="No two of the 1 tracks"):
        chosen(lonely)


# -- where the work is done ----------------------------------------------------------------------


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(made, library, tmp_path, cache_folder):
    prepare_library(library, tmp_path, OPTIONS, workers=2)
    assert hashes(tmp_path) == hashes(made.folder)


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_even_if_it_loses_a_worker(made, library, tmp_path):
    distributed = pytest.importorskip("distributed")
    from djtrans.pipeline.executors import dask_cluster

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        lost = []

        def kill_one(event):
            if event.stage == "pairs" and not lost:
                busy = [n.pid for n in cluster.workers.values()]
                os.kill(busy[0], signal.SIGKILL)
                lost.append(busy[0])

        with dask_cluster(cluster.scheduler_address) as executor:
            prepare_library(library, tmp_path, OPTIONS, executor=executor, progress=kill_one)
    assert lost
    assert hashes(tmp_path) == hashes(made.folder)


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch):
    pytest.importorskip("distributed")
    from djtrans.pipeline import executors as workers

    monkeypatch.setattr(workers, "_ANSWER_SECONDS", 0.5)
    with (
        pytest.raises(InputError, match=r"tcp://127\.0\.0\.1:9 does not answer"),
        workers.dask_cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_dask_that_is_not_installed_is_said(monkeypatch):
    from djtrans.pipeline.executors import dask_cluster

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"djtrans\[dask\]"), dask_cluster("tcp://x:1"):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_runs_end_with_the_same_set(made, library, tmp_path, workers):
    target = tmp_path / "set"
    command = [sys.executable, "-m", "djtrans.cli", "prepare", "--tracks", str(library)]
    command += ["--output", str(target), "--max", "3", "--separator", "spectral", "--bars", "4"]
    command += ["--workers", str(workers)]

    def kill_when(there) -> None:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 120
        while not there() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it was done before it was killed"

    kill_when(lambda: len(list(target.glob("analyses/*.json"))) >= 2)
    kill_when(lambda: any(target.glob("pair_*")))
    for pair in target.glob("pair_*"):
        read_pair(pair)  # whole, or not there
    assert not (target / "manifest.json").exists()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert hashes(target) == hashes(made.folder)
