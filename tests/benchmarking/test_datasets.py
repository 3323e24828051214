"""Each dataset is found in its published layout, from a stand-in with the same files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from djtrans.benchmarking import datasets
from djtrans.benchmarking.datasets import dataset_named
from djtrans.core.errors import InputError


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def only(name, folder):
    (track,), found = datasets()[name].tracks(folder)
    assert found == 1
    return track


def test_giantsteps_tempo_takes_the_second_annotations_and_leaves_out_tracks_without_tempo(
    tmp_path,
):
    for number, bpm in (("1030011", "139.5"), ("3041381", "0.0"), ("28952", "170.0")):
        write(tmp_path / f"annotations_v2/tempo/{number}.LOFI.bpm", bpm)
    for number in ("1030011", "3041381"):
        write(tmp_path / f"audio/{number}.LOFI.mp3")
    write(tmp_path / "annotations/tempo/1030011.LOFI.bpm", "70.0")
    track = only("giantsteps-tempo", tmp_path)
    assert (track.name, track.annotations.bpm) == ("1030011.LOFI", 139.5)
    assert track.audio == tmp_path / "audio/1030011.LOFI.mp3"


def test_giantsteps_key_leaves_out_what_is_neither_major_nor_minor(tmp_path):
    for number, key in (("10089", "D minor"), ("1004923", "other")):
        write(tmp_path / f"annotations/key/{number}.LOFI.key", key)
        write(tmp_path / f"audio/{number}.LOFI.mp3")
    assert only("giantsteps-key", tmp_path).annotations.key == "D minor"


def test_gtzan_has_tempo_beats_and_downbeats(tmp_path):
    notes = tmp_path / "gtzan_tempo_beat-main"
    write(notes / "beats/gtzan_blues_00003.beats", "0.5\t4\n1.0\t1\n1.5\t2\n")
    write(notes / "beats/gtzan_rock_00004.beats", "0.5\t1\n1.0\t2\n")
    write(notes / "tempo/gtzan_blues_00003.bpm", "120.0\n")
    write(tmp_path / "genres/blues/blues.00003.wav")
    track = only("gtzan", tmp_path)
    assert track.name == "blues.00003"
    assert track.annotations.bpm == 120.0
    assert track.annotations.beats == (0.5, 1.0, 1.5)
    assert track.annotations.downbeats == (1.0,)


def test_gtzan_without_bar_positions_has_no_downbeats(tmp_path):
    write(tmp_path / "gtzan_tempo_beat-main/beats/gtzan_pop_00000.beats", "0.5\n1.0\n")
    write(tmp_path / "genres/pop/pop.00000.au")
    annotations = only("gtzan", tmp_path).annotations
    assert annotations.beats == (0.5, 1.0)
    assert annotations.downbeats == ()
    assert annotations.bpm is None


def test_ballroom_reads_positions_of_both_forms(tmp_path):
    write(tmp_path / "BallroomAnnotations/Albums-A-01.beats", "0.19\t0.4\n0.85\t1.1\n1.47\t1.2\n")
    write(tmp_path / "BallroomAnnotations/Media-1.beats", "0.2 1\n0.8 2\n1.4 3\n2.0 1\n")
    write(tmp_path / "BallroomData/ChaChaCha/Albums-A-01.wav")
    write(tmp_path / "BallroomData/Waltz/Media-1.wav")
    (first, second), _ = datasets()["ballroom"].tracks(tmp_path)
    assert first.annotations.downbeats == (0.85,)
    assert second.annotations.downbeats == (0.2, 2.0)


def test_harmonix_has_beats_and_boundaries(tmp_path):
    write(tmp_path / "dataset/beats_and_downbeats/0001_12step.txt", "0.0\t1\t1\n0.53\t2\t1\n")
    write(tmp_path / "dataset/segments/0001_12step.txt", "0.0 intro\n8.5 verse\n138.1 end\n")
    write(tmp_path / "audio/0001_12step.mp3")
    annotations = only("harmonix", tmp_path).annotations
    assert annotations.boundaries == (0.0, 8.5, 138.1)
    assert annotations.beats == (0.0, 0.53)
    assert annotations.downbeats == (0.0,)


def test_rwc_popular_counts_hundredths_and_finds_discs_in_its_table(tmp_path):
    header = "Piece No.,Cat. Suffix,Tr. No.,Title\n"
    rows = "No. 1,M01,Tr. 01,One\nNo. 17,M02,Tr. 01,No audio\n"
    write(tmp_path / "metadata-master/rwc-p.csv", header + rows)
    notes = tmp_path / "annotations"
    beats = "4\t4\t384\n49\t49\t48\n93\t93\t96\n137\t137\t144\n182\t182\t384\n226\t226\t-1\n"
    sections = '4\t1026\t"intro"\n1026\t2315\t"chorus A"\n'
    for number in ("001", "017"):
        write(notes / f"AIST.RWC-MDB-P-2001.BEAT/RM-P{number}.BEAT.TXT", beats)
        write(notes / f"AIST.RWC-MDB-P-2001.CHORUS/RM-P{number}.CHORUS.TXT", sections)
    write(tmp_path / "audio/rwc-p-m01/1.wav")
    track = only("rwc-popular", tmp_path)
    assert track.name == "RM-P001"
    assert track.annotations.beats == (0.04, 0.49, 0.93, 1.37, 1.82)
    assert track.annotations.downbeats == (0.04, 1.82)
    assert track.annotations.boundaries == (0.04, 10.26, 23.15)


@pytest.mark.parametrize(("constant", "bpm"), [(True, 125.0), (False, None)])
def test_modules_of_several_tempi_have_no_tempo(tmp_path, constant, bpm):
    grid = {
        "beat_times": [0.0, 0.48, 0.96],
        "downbeat_times": [0.0],
        "bpm_measured": 125.0,
        "constant": constant,
    }
    write(tmp_path / "song/grid.json", json.dumps(grid))
    write(tmp_path / "song/mix.wav")
    write(tmp_path / "not rendered/grid.json", json.dumps(grid))
    annotations = only("modules", tmp_path).annotations
    assert annotations.bpm == bpm
    assert annotations.beats == (0.0, 0.48, 0.96)


def test_annotated_tracks_have_the_beats_of_their_length(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(22050 * 3), 22050)
    soundfile.write(tmp_path / "b.wav", np.zeros(22050), 22050)
    header = "file,bpm,key,first_beat_seconds,beats_per_bar\n"
    rows = "a.wav,120,8A,0.25,4\nb.wav,,C major,,\nmissing.wav,120,,,\n"
    write(tmp_path / "annotations.csv", header + rows)
    (a, b), _ = datasets()["annotated"].tracks(tmp_path)
    assert a.annotations.beats == pytest.approx([0.25, 0.75, 1.25, 1.75, 2.25, 2.75])
    assert a.annotations.downbeats == pytest.approx([0.25, 2.25])
    assert a.annotations.key == "A minor"
    assert (b.annotations.bpm, b.annotations.key) == (None, "C major")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,bpm\na.wav,\n", "needs the columns file, and bpm or key"),
        ("file,key\na.wav,H flat\n", "write it as 'A minor'"),
        ("file,bpm\na.wav,fast\n", "'fast' where a number"),
        ("file,bpm\na.wav,-3\n", "above 0"),
    ],
)
def test_a_wrong_table_is_reported(tmp_path, table, message):
    write(tmp_path / "annotations.csv", table)
    write(tmp_path / "a.wav")
    with pytest.raises(InputError, match=message):
        datasets()["annotated"].tracks(tmp_path)


@pytest.mark.parametrize("name", [d.name for d in datasets().values() if not d.is_file])
def test_a_folder_without_tracks_is_reported_with_the_layout(tmp_path, name):
    with pytest.raises(InputError, match="no track with audio and annotations; the layout is"):
        datasets()[name].tracks(tmp_path)


def test_beats_that_do_not_increase_are_reported(tmp_path):
    write(tmp_path / "BallroomAnnotations/A.beats", "0.5 1\n0.4 2\n")
    write(tmp_path / "BallroomData/Waltz/A.wav")
    with pytest.raises(InputError, match="do not increase"):
        datasets()["ballroom"].tracks(tmp_path)


def test_a_limit_spreads_over_all_tracks(tmp_path):
    for number in range(9):
        write(tmp_path / f"annotations_v2/tempo/{number}.LOFI.bpm", "120")
        write(tmp_path / f"audio/{number}.LOFI.mp3")
    tracks, found = datasets()["giantsteps-tempo"].tracks(tmp_path, limit=3)
    assert [track.name[0] for track in tracks] == ["0", "4", "8"]
    assert found == 9


def test_an_unknown_dataset_is_reported():
    with pytest.raises(InputError, match="Did you mean 'ballroom'"):
        dataset_named("balroom")


def test_musdb_has_the_mixtures_of_the_test_set_with_their_stems(tmp_path):
    for part, names in {"test": ("a", "b"), "train": ("c",)}.items():
        for name in names:
            for stem in ("mixture", "drums", "bass", "vocals", "other"):
                write(tmp_path / part / name / f"{stem}.wav")
    (tmp_path / "test" / "b" / "bass.wav").unlink()
    track = only("musdb18hq", tmp_path)
    assert (track.name, track.audio.name) == ("a", "mixture.wav")
    assert track.stems == tmp_path / "test" / "a"


def test_modules_have_stems_where_they_were_rendered(tmp_path):
    grid = {"beat_times": [0.0, 0.5], "downbeat_times": [0.0], "bpm_measured": 120.0}
    for name in ("bare", "whole"):
        write(tmp_path / name / "grid.json", json.dumps(grid))
        write(tmp_path / name / "mix.wav")
    for stem in ("drums", "bass", "vocals", "other"):
        write(tmp_path / "whole" / f"{stem}.wav")
    bare, whole = datasets()["modules"].tracks(tmp_path)[0]
    assert bare.stems is None
    assert whole.stems == tmp_path / "whole"


def write_midi(path, tempos):
    """Write notes on the quarters 0 to 8, with tempos in BPM by their quarter."""
    mido = pytest.importorskip("mido")
    track, last = mido.MidiTrack(), 0
    events = [(quarter, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
              for quarter, bpm in tempos.items()]  # fmt: skip
    events += [(quarter, mido.Message("note_on", note=60)) for quarter in range(9)]
    for quarter, message in sorted(events, key=lambda event: event[0]):
        track.append(message.copy(time=(quarter - last) * 480))
        last = quarter
    track.append(mido.MetaMessage("end_of_track", time=4800))
    path.parent.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(path)


def test_fretsonfire_has_the_beats_of_the_tempo_map_up_to_the_last_note(tmp_path):
    write_midi(tmp_path / "song" / "notes.mid", {0: 120})
    write(tmp_path / "song" / "song.ogg")
    write_midi(tmp_path / "silent" / "notes.mid", {0: 120})
    annotations = only("fretsonfire", tmp_path).annotations
    assert annotations.bpm == pytest.approx(120.0)
    assert annotations.beats == pytest.approx(np.arange(9) * 0.5)
    assert annotations.downbeats == ()


def test_fretsonfire_follows_a_change_of_tempo_and_then_has_no_single_one(tmp_path):
    write_midi(tmp_path / "song" / "notes.mid", {0: 120, 4: 60})
    write(tmp_path / "song" / "song.ogg")
    annotations = only("fretsonfire", tmp_path).annotations
    assert annotations.bpm is None
    assert annotations.beats == pytest.approx([0, 0.5, 1, 1.5, 2, 3, 4, 5, 6])


def test_a_damaged_tempo_map_is_named(tmp_path):
    pytest.importorskip("mido")
    write(tmp_path / "song" / "notes.mid", "no MIDI")
    write(tmp_path / "song" / "song.ogg")
    with pytest.raises(InputError, match=r"notes\.mid is not a MIDI file"):
        datasets()["fretsonfire"].tracks(tmp_path)
