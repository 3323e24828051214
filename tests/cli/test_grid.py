"""End-to-end tests of ``djtrans grid``, and of corrections in the other commands."""

from __future__ import annotations

import json
import shutil

import pytest

import djtrans
from djtrans.cli import main
from djtrans.core.util.positions import parse_seconds
from djtrans.synthesis import TrackSpec, synthesize
from tests.helpers.dj_libraries import (
    engine_beats,
    engine_database,
    general_object,
    id3_tag,
    mixxx_database,
    mixxx_grid,
    rekordbox_xml,
    serato_grid,
    traktor_nml,
)

RATE = 22050
pytestmark = pytest.mark.usefixtures("warm_cache")


@pytest.fixture(scope="module")
def audio():
    spec = TrackSpec(bpm=128.0, structure=(("intro", 8), ("drop", 8)), sample_rate_hz=RATE)
    return synthesize(spec).audio


@pytest.fixture
def song(tmp_path, monkeypatch, audio):
    monkeypatch.chdir(tmp_path)
    djtrans.write_audio("song.wav", audio, RATE)
    return tmp_path / "song.wav"


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["grid", *map(str, arguments), "--quiet"])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


@pytest.fixture
def djtrans_command(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(list(map(str, arguments)))
        out, err = capsys.readouterr()
        assert exit_.value.code == 0, err
        return out

    return call


def grid_of(run, *arguments):
    code, out, err = run("song.wav", "--json", *arguments)
    assert code == 0, err
    return json.loads(out)["song.wav"]


def test_without_options_the_grid_is_shown(run, song):
    code, out, _ = run("song.wav")
    assert code == 0
    assert "song.wav: no corrections" in out
    assert "song.wav: 128.00 BPM, 16 bars from" in out
    assert list(song.parent.iterdir()) == [song]


def test_corrections_add_up_and_are_used_by_analyze(run, song, djtrans_command):
    run("song.wav", "--anchor", "0:00.25")
    run("song.wav", "--bpm", "126.5", "--key", "5A")
    run("song.wav", "--cue", "drop=0:15.2", "--cue", "loop=4-8", "--section", "break=4-8")
    shown = djtrans_command("analyze", "song.wav", "--quiet")
    file = "song.wav.djtrans.json"
    assert f"corrected: grid by hand ({file}): 126.50 BPM, a beat at 0:00.250, before" in shown
    assert f"corrected: key by hand ({file}): C minor 5A, before A minor 8A" in shown
    assert f"corrected: cues by hand ({file}): loop 0:04.000-0:08.000, drop 0:15.200" in shown
    assert "break 4-8" in shown
    assert "126.50 (1.00)" in shown
    plain = djtrans_command("analyze", "song.wav", "--quiet", "--uncorrected")
    assert "corrected" not in plain
    assert "128.00 (" in plain
    found = json.loads(djtrans_command("analyze", "song.wav", "--json", "--quiet"))["song.wav"]
    assert found["cues"][1] == {"name": "drop", "seconds": 15.2, "end_seconds": None}
    assert [c["part"] for c in found["corrections"]] == ["grid", "key", "sections", "cues"]


def test_generate_uses_and_states_them(song, djtrans_command, run):
    run("song.wav", "--anchor", "0.25=126.5")
    shutil.copy(song, "other.wav")
    out = djtrans_command(
        *("generate", "song.wav", "other.wav", "-o", "mix.wav", "--technique", "cut"),
        *("--separator", "spectral", "--save-params", "mix.json"),
    )
    assert "A            corrected: grid by hand (song.wav.djtrans.json): 126.50 BPM" in out
    assert "126.50 BPM" in out
    tracks = json.loads(song.with_name("mix.json").read_text())["tracks"]
    assert len(tracks["a"]["corrections"]) == 1
    assert tracks["b"]["corrections"] == []
    # Nothing but the command for corrections writes them.
    assert not song.with_name("other.wav.djtrans.json").exists()


def test_octaves_are_halved_and_doubled_from_what_is_shown(run, song):
    assert grid_of(run, "--half")["grid"]["bpm"] == pytest.approx(64.0, rel=1e-4)
    assert grid_of(run, "--half")["grid"]["bpm"] == pytest.approx(32.0, rel=1e-4)
    assert grid_of(run, "--double")["grid"]["bpm"] == pytest.approx(64.0, rel=1e-4)
    assert grid_of(run, "--bpm", "100")["grid"]["bpm"] == 100.0
    own = grid_of(run, "--half")["own"]
    assert own == {"bpm": 50.0}
    assert grid_of(run, "--anchor", "0.1=90", "--double")["own"] == {
        "bpm": 100.0,
        "anchors": [{"seconds": 0.1, "bpm": 180.0, "beat": 0}],
    }
    # A new tempo is that of the anchors too.
    assert grid_of(run, "--bpm", "95")["grid"]["bpm"] == 95.0


@pytest.mark.filterwarnings("default")  # shown on one line
def test_several_anchors_are_a_grid_with_jumps(capsys, song):
    # A bar of 1.875 s at 128 BPM; from the fifth on a sixteenth later.
    anchors = ("--anchor", "7.617", "--anchor", "0")
    with pytest.raises(SystemExit) as exit_:
        main(["grid", "song.wav", "--json", "--bpm", "128", *anchors])
    out, err = capsys.readouterr()
    assert exit_.value.code == 0
    assert "stretched to fit, at 0:05.625 (4.25 beats)" in err
    found = json.loads(out)["song.wav"]
    assert [a["seconds"] for a in found["own"]["anchors"]] == [0.0, 7.617]
    assert not found["grid"]["constant"]
    beats = found["grid"]["beat_times"]
    assert 7.617 in beats
    assert beats.index(7.617) % 4 == found["grid"]["first_downbeat"] == 0


def test_a_downbeat_moves_bars_and_no_beats(run, song):
    before = grid_of(run)["grid"]
    after = grid_of(run, "--downbeat", before["beat_times"][2])["grid"]
    assert after["beat_times"] == before["beat_times"]
    assert after["first_downbeat"] == (before["first_downbeat"] + 2) % 4 or (
        after["first_downbeat"] == 2
    )


def test_parts_are_removed(run, song):
    run("song.wav", "--bpm", "126", "--key", "8B", "--cue", "a=1", "--cue", "b=2")
    assert grid_of(run, "--remove", "bpm", "--remove", "cue=a")["own"] == {
        "key": "8B",
        "cues": [{"name": "b", "seconds": 2.0}],
    }
    code, out, _ = run("song.wav", "--remove", "key", "--remove", "cues")
    assert code == 0
    assert "no corrections left" in out
    assert list(song.parent.iterdir()) == [song]


def test_clear_deletes_the_file(run, song):
    run("song.wav", "--bpm", "126")
    assert run("song.wav", "--clear")[1].startswith("removed ")
    assert list(song.parent.iterdir()) == [song]
    assert run("song.wav", "--clear")[1] == "song.wav has no corrections.\n"


def test_a_click_track_has_its_clicks_on_the_beats(run, song):
    code, out, _ = run("song.wav", "--anchor", "0.25=120", "--click", "clicks.wav")
    assert code == 0
    assert "wrote clicks.wav" in out
    mixed, rate = djtrans.load_audio("clicks.wav")
    clicks = (mixed - 0.5 * djtrans.load_audio("song.wav")[0])[0]
    for beat in range(20):
        start = round((0.25 + beat * 0.5) * rate)
        # Beat 0 is a downbeat; the rounding of 24 bits is all that differs.
        assert clicks[start] == pytest.approx(0.5 if beat % 4 == 0 else 0.25, abs=1e-5)
        assert clicks[start - 1] == pytest.approx(0.0, abs=1e-5)


def beside(file):
    return json.loads(file.with_name(f"{file.name}.djtrans.json").read_text())


TEMPO = {"Inizio": "0.250", "Bpm": "125.00", "Metro": "4/4", "Battito": "1"}
MARK = {"Name": "drop", "Type": "0", "Start": "15.0", "Num": "0"}


def libraries(folder, song):
    """A library of each program with the same grid: 125 BPM from 0.25 s on."""
    marker = {"TYPE": "4", "START": "250.0", "LEN": "0", "HOTCUE": "0", "NAME": "AutoGrid"}
    grid = [(0.25 * RATE - 4 * 0.48 * RATE, -4), ((0.25 + 80 * 0.48) * RATE, 80)]
    return {
        "rekordbox": rekordbox_xml(folder / "r.xml", str(song), [TEMPO], [MARK]),
        "traktor": traktor_nml(folder / "c.nml", str(song), [marker], bpm="125.0"),
        "mixxx": mixxx_database(
            folder / "m.sqlite", str(song), mixxx_grid(125.0, 0.25 * RATE), rate=RATE
        ),
        "engine": engine_database(folder / "m.db", "../song.wav", engine_beats(RATE, grid)),
    }


@pytest.mark.parametrize("name", ["rekordbox", "traktor", "mixxx", "engine"])
def test_imports_of_each_program_are_read_applied_and_shown(
    run, song, tmp_path, djtrans_command, name
):
    (tmp_path / "lib").mkdir()
    library = libraries(tmp_path / "lib", song)[name]
    code, out, err = run("--import", library, "song.wav")
    assert code == 0, err
    assert "song.wav: grid" in out
    assert f"imported from {library.name}; wrote " in out
    assert beside(song)["imported"]["source"] == f"djtrans/{name}"
    shown = djtrans_command("analyze", "song.wav", "--quiet")
    assert f"corrected: grid by {name} ({library.name}): 125.00 BPM" in shown
    assert "125.00 (0.90)" in shown
    found = grid_of(run)["grid"]
    assert any(abs(time - 0.25) < 1e-4 for time in found["beat_times"])


def test_serato_is_imported_from_the_tags_of_a_track(run, song, audio):
    djtrans.write_audio("plain.mp3", audio, RATE)
    tag = id3_tag([("GEOB", general_object("Serato BeatGrid", serato_grid([0.25], 125.0)))])
    mp3 = song.with_name("tagged.mp3")
    mp3.write_bytes(tag + song.with_name("plain.mp3").read_bytes())
    code, out, err = run("--import", "serato", "tagged.mp3", "plain.mp3")
    assert code == 2
    assert "tagged.mp3: grid imported from serato, times moved by -76.2 ms; wrote" in out
    assert "serato has no grid, cues or key of plain.mp3." in err
    (anchor,) = beside(mp3)["imported"]["corrections"]["anchors"]
    assert anchor["seconds"] == pytest.approx(0.25 - (576 + 576 + 529) / RATE)


def test_own_corrections_survive_an_import_and_win(run, song, tmp_path, djtrans_command):
    run("song.wav", "--key", "3B", "--cue", "drop=14")
    xml = rekordbox_xml(tmp_path / "r.xml", str(song), [TEMPO], [MARK], Tonality="1A")
    run("--import", xml)
    shown = djtrans_command("analyze", "song.wav", "--quiet")
    assert "key by rekordbox (r.xml): Ab minor 1A, before A minor 8A" in shown
    assert "key by hand (song.wav.djtrans.json): Db major 3B, before Ab minor 1A" in shown
    assert grid_of(run)["cues"] == [{"name": "drop", "seconds": 14.0, "end_seconds": None}]
    assert grid_of(run, "--remove", "import")["imported"] is None
    assert beside(song)["own"]["key"] == "3B"


def test_a_library_is_used_without_an_import(song, tmp_path, djtrans_command):
    xml = rekordbox_xml(tmp_path / "r.xml", str(song), [TEMPO])
    shown = djtrans_command("--library", xml, "analyze", "song.wav", "--quiet")
    assert "corrected: grid by rekordbox (r.xml): 125.00 BPM" in shown
    assert "corrected" not in djtrans_command("analyze", "song.wav", "--quiet")
    assert not song.with_name("song.wav.djtrans.json").exists()


def test_a_folder_of_corrections(song, tmp_path, djtrans_command):
    folder = tmp_path / "corrections"
    djtrans_command("--corrections", folder, "grid", "song.wav", "--bpm", "126", "--quiet")
    (file,) = folder.iterdir()
    shutil.move("song.wav", "renamed.wav")
    shown = djtrans_command("--corrections", folder, "analyze", "renamed.wav", "--quiet")
    assert f"grid by hand ({file.name}): 126.00 BPM" in shown


@pytest.mark.filterwarnings("default")  # shown on one line
def test_another_recording_under_the_same_name(run, song, djtrans_command):
    run("song.wav", "--bpm", "126")
    audio, rate = djtrans.load_audio("song.wav")
    djtrans.write_audio("song.wav", 0.5 * audio, rate)
    assert "corrected" not in djtrans_command("analyze", "song.wav", "--quiet")
    code, _, err = run("song.wav", "--bpm", "120")
    assert code == 2
    assert "belongs to another recording (song.wav, 30.0 s); move it away, or delete it" in err
    assert beside(song)["own"]["bpm"] == 126.0


def test_a_mistake_in_the_file_is_one_line(run, song):
    run("song.wav", "--bpm", "126")
    file = song.with_name("song.wav.djtrans.json")
    file.write_text(file.read_text().replace("126.0", '"fast"'))
    code, out, err = run("song.wav")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "corrections.own.bpm is 'fast'; give a finite number" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["song.wav", "--bpm", "900"], "A tempo of 900 BPM is out of range; give 20 to 500 BPM."),
        (["song.wav", "--anchor", "9:00"], "The anchor at 9:00.000 is not within the track"),
        (["song.wav", "--anchor", "1;5"], "'1;5' is no time; give seconds, or minutes"),
        (["song.wav", "--anchor", "1=fast"], "'fast' is no tempo; give TIME or TIME=BPM"),
        (["song.wav", "--cue", "1:00"], "'1:00' is no cue; give NAME=TIME"),
        (["song.wav", "--cue", "a=9-3"], "ends at 3 s, before its start"),
        (["song.wav", "--section", "drop"], "'drop' is no section; give LABEL=FIRST-END"),
        (["song.wav", "--section", "verse=0-8"], "There is no section label 'verse'"),
        (["song.wav", "--section", "drop=8-99"], "give bars from 0 to 16, as 'djtrans analyze'"),
        (["song.wav", "--key", "H"], "'H' is no key"),
        (["song.wav", "--remove", "tempo"], "'tempo' is no part of the corrections; give bpm,"),
        (["song.wav", "--remove", "cue=x"], "There is no cue 'x' of your own; there are: none."),
        (["song.wav", "--half", "--double"], "contradict each other"),
        (["song.wav", "--clear", "--bpm", "120"], "give no other option with it"),
        (["song.wav", "song.wav", "--bpm", "120"], "give one file"),
        (["song.wav", "--click", "song.wav"], "which it would overwrite"),
        (["song.wav", "--click", "x.mid"], "Cannot write x.mid: end the name in .wav"),
        (["song.wav", "--reader", "mixxx"], "--reader goes with --import"),
        (["song.wav", "--analyzer", "x"], "analyzer 'x'"),
        ([], "Give at least one file"),
        (["absent.wav"], "absent.wav does not exist"),
        (["--import", "absent.xml"], "There is no library absent.xml"),
        (["--import", "song.wav", "song.wav"], "song.wav is not a library that can be read"),
        (["--import", "serato"], "serato reads the tags of tracks; give FILES."),
        (["--import", "r.xml", "song.wav", "--bpm", "9"], "correct in a second call"),
    ],
)
def test_mistakes_are_one_line_and_change_nothing(run, song, arguments, reason):
    code, _, err = run(*arguments)
    assert code == 2
    assert reason in err
    assert err.count("\n") == 1
    assert list(song.parent.iterdir()) == [song]


def test_a_library_without_tracks_that_are_there(run, song, tmp_path):
    xml = rekordbox_xml(tmp_path / "r.xml", "D:/away.wav", [TEMPO])
    code, _, err = run("--import", xml)
    assert code == 2
    assert "None of the 1 tracks of" in err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("83.5", 83.5), ("1:23.5", 83.5), ("1:02:03.25", 3723.25), (".5", 0.5)],
)
def test_times(text, seconds):
    assert parse_seconds(text) == seconds
