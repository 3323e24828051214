"""Excerpts contain the boundaries, their sources are aligned, and nothing is extracted twice."""

import json
import shutil
import warnings

import pytest
import soundfile
import torch

from djtrans.core.audio.io import load_audio, write_audio
from djtrans.core.audio.warping import warp
from djtrans.core.errors import InputError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.core.track.tracklist_files import save_tracklist
from djtrans.datasets.mixes.alignment.excerpt import read_alignment
from djtrans.datasets.mixes.extraction import MARGIN_SECONDS, extract
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
CUT = 20.0


def entry(title, start):
    return TracklistEntry(artist="Ada", title=title, start_seconds=start)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A mix of two tracks with a cut between them, at their own tempo."""
    here = tmp_path_factory.mktemp("world")
    for name in ("mixes", "tracklists", "tracks"):
        (here / name).mkdir()
    tracks = []
    for number, (name, bpm) in enumerate((("One", 124.0), ("Two", 128.0))):
        spec = TrackSpec(
            bpm=bpm,
            seed=number,
            tonic=5 * number,
            structure=(("drop", 8), ("break", 4), ("drop", 4)),
            sample_rate_hz=RATE,
        )
        tracks.append(synthesize(spec).audio)
        write_audio(here / "tracks" / f"Ada - {name}.wav", tracks[-1], RATE)
    cut = round(CUT * RATE)
    start = round(1.5 * RATE)
    mix = torch.cat([tracks[0][:, :cut], tracks[1][:, start : start + cut]], dim=1)
    write_audio(here / "mixes" / "home.wav", mix, RATE)
    (here / "mixes" / "broken.wav").write_text("no audio")
    for title in ("home", "broken", "absent"):
        entries = [entry("One", 0.0), entry("Two", CUT + 4.0), entry("Three", None)]
        save_tracklist(Tracklist(title=title, entries=entries), here / "tracklists")
    return here


def run(world, output, **options):
    return extract(world / "mixes", world / "tracklists", output, **options)


@pytest.fixture(scope="module")
def aligned(world, tmp_path_factory):
    output = tmp_path_factory.mktemp("aligned")
    return run(world, output, tracks=world / "tracks"), output


def test_sources_lie_on_the_clock_of_the_excerpt(world, aligned):
    found, _ = aligned
    (folder,) = found.written
    assert found.aligned == 1
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "mix.wav",
        "track_a.wav",
        "track_b.wav",
        "alignment.json",
        "SHA256SUMS",
    }
    mix, a, b = (load_audio(folder / f"{name}.wav")[0] for name in ("mix", "track_a", "track_b"))
    assert mix.shape == a.shape == b.shape
    assert soundfile.info(folder / "track_a.wav").subtype == "PCM_24"
    alignment = read_alignment(folder)
    for side, at_zero in ((alignment.track_a, 0.0), (alignment.track_b, 1.5 - CUT)):
        assert side.rate == pytest.approx(1.0, abs=5e-4)
        assert side.at_zero - alignment.start_seconds == pytest.approx(at_zero, abs=0.010)
    cut = CUT - alignment.start_seconds
    assert cut - 2.5 < alignment.boundary_seconds < cut + 2.5
    assert MARGIN_SECONDS <= alignment.seconds <= 2 * MARGIN_SECONDS + 5.0


def test_what_cannot_be_used_is_named(aligned):
    failed = {name.split("-")[0]: message for name, message in aligned[0].failed.items()}
    assert "broken.wav" in failed["broken"]
    assert "no audio file" in failed["absent"]
    assert "has no start time" in failed["home"]


def test_what_is_done_is_left_alone(world, aligned):
    found, output = aligned
    file = found.written[0] / "mix.wav"
    before = file.stat().st_mtime_ns
    again = run(world, output, tracks=world / "tracks")
    assert (again.written, again.known) == ([], found.written)
    assert file.stat().st_mtime_ns == before


def test_without_tracks_the_tracklist_tells_the_place_until_the_tracks_turn_up(world, tmp_path):
    first = run(world, tmp_path, seconds=10.0)
    alignment = read_alignment(first.written[0])
    assert (alignment.start_seconds, alignment.seconds) == (CUT - 1.0, 10.0)
    assert not alignment.aligned
    assert not (first.written[0] / "track_a.wav").exists()
    assert alignment.track_a.why
    with pytest.warns(UserWarning, match="'Ada - One' has a file now; 'Ada - Two' has a file now"):
        second = run(world, tmp_path, tracks=world / "tracks", seconds=10.0)
    assert second.written == first.written
    assert read_alignment(second.written[0]).aligned
    third = run(world, tmp_path, seconds=10.0)  # the sources are kept where there are no tracks now
    assert (third.written, third.known) == ([], first.written)


@pytest.fixture
def plain(world, tmp_path):
    """One mix with three boundaries, extracted without tracks."""
    (tmp_path / "tracklists").mkdir()
    shutil.copytree(world / "mixes", tmp_path / "mixes")
    relist(tmp_path, ("One", 0.0), ("Two", 12.0), ("Three", 24.0), ("Four", 30.0))
    return tmp_path, run(tmp_path, tmp_path / "out", seconds=10.0).written


def relist(here, *tracks):
    """Write the tracklist under the same name, as one that is edited by hand."""
    entries = [entry(*track) for track in tracks]
    folder = here / "tracklists"
    (folder / "home.json").unlink(missing_ok=True)
    save_tracklist(Tracklist(title="home", entries=entries), folder)
    (file,) = folder.iterdir()
    file.rename(folder / "home.json")


def again(here):
    """Extract again; the messages without the folder, and how many excerpts were written."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = run(here, here / "out", seconds=10.0)
    return [str(w.message).partition("transition_")[2] for w in caught], len(found.written)


def named(folder):
    known = read_alignment(folder)
    return known.track_a.title, known.track_b.title


def test_a_tracklist_that_was_corrected_moves_the_excerpts(plain):
    here, folders = plain
    assert again(here) == ([], 0)
    relist(here, ("Zero", 0.0), ("One", 6.0), ("Two", 12.0), ("Three", 24.0), ("Four", 30.0))
    messages, written = again(here)
    titles = ("Zero", "One", "Two", "Three", "Four")
    assert messages == [
        f"{n:03d} is extracted again: the tracklist has 'Ada - {titles[n - 1]}' to "
        f"'Ada - {titles[n]}' here, not 'Ada - {titles[n]}' to 'Ada - {titles[n + 1]}'."
        for n in (1, 2, 3)
    ]
    assert written == 4
    assert [named(folder) for folder in folders] == [
        ("Zero", "One"),
        ("One", "Two"),
        ("Two", "Three"),
    ]
    relist(here, ("Zero", 0.0), ("One", 7.5), ("Two", 12.0), ("Three", 24.0))
    messages, written = again(here)
    assert messages == [
        "001 is extracted again: its time in the tracklist was changed.",
        "004 is of no boundary of the tracklist any more; delete it, or it is used.",
    ]
    assert written == 1


def test_damaged_excerpts_and_changed_mixes_are_extracted_again(plain):
    here, folders = plain
    mix = folders[0] / "mix.wav"
    sound = mix.read_bytes()
    mix.write_bytes(sound[:9000])
    (folders[1] / "alignment.json").write_text("{")
    (folders[2] / "SHA256SUMS").unlink()
    assert again(here) == (
        [
            "001 is extracted again: it is damaged (changed: mix.wav).",
            "002 is extracted again: it is damaged (alignment.json cannot be read).",
            "003 is extracted again: it is damaged (its checksums cannot be read).",
        ],
        3,
    )
    assert mix.read_bytes() == sound
    audio, _ = load_audio(here / "mixes" / "home.wav")
    write_audio(here / "mixes" / "home.wav", 0.5 * audio, RATE)
    messages, written = again(here)
    assert messages[0] == "001 is extracted again: the audio of the mix was changed."
    assert written == 3


def test_an_excerpt_of_djtrans_0_1_is_kept_while_its_tracks_are_the_same(plain):
    here, folders = plain
    for folder in folders:
        (folder / "SHA256SUMS").unlink()
        document = json.loads((folder / "alignment.json").read_text())
        del document["inputs"], document["track_a"]["sha256"], document["track_b"]["sha256"]
        (folder / "alignment.json").write_text(json.dumps(document))
    assert again(here) == ([], 0)


def test_a_folder_that_is_no_excerpt_is_not_replaced(plain):
    here, folders = plain
    shutil.rmtree(folders[0])
    folders[0].mkdir()
    (folders[0] / "notes.txt").write_text("mine")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run(here, here / "out", seconds=10.0)
    assert any("is not an excerpt" in message for message in found.failed.values())
    assert (folders[0] / "notes.txt").read_text() == "mine"


def test_the_file_names_no_folder(aligned, world):
    text = (aligned[0].written[0] / "alignment.json").read_text()
    assert str(world) not in text
    assert json.loads(text)["mix_file"] == "home.wav"


@pytest.mark.parametrize(("hold", "moves"), [(10.0, 8.0), (8.0, 3.0)])
def test_a_track_whose_tempo_moves_after_the_boundary_is_not_laid_beside_it(
    world, tmp_path, hold, moves
):
    """Two is mixed in at One's tempo; once One is gone it goes back to its own."""
    begin, total = 14.0, 52.0
    one, two = (load_audio(world / "tracks" / f"Ada - {name}.wav")[0] for name in ("One", "Two"))
    points = [(begin, 0.5), (begin + hold, 0.5 + hold * 124.0 / 128.0)]
    for step in range(8):
        rate = 124.0 / 128.0 + (1.0 - 124.0 / 128.0) * (step + 0.5) / 8
        points.append((points[-1][0] + moves / 8, points[-1][1] + rate * moves / 8))
    points.append((total, points[-1][1] + total - points[-1][0]))
    two = warp(two, points, RATE, 0.0, total)
    one = warp(one, ((0.0, 0.0), (total, total)), RATE, 0.0, total)
    seconds = torch.arange(round(total * RATE)) / RATE
    share = ((seconds - begin) / 8.0).clamp(0.0, 1.0)
    for name in ("mixes", "tracklists"):
        (tmp_path / name).mkdir()
    write_audio(tmp_path / "mixes" / "moved.wav", 0.9 * (one * (1.0 - share) + two * share), RATE)
    entries = [entry("One", 0.0), entry("Two", begin)]
    save_tracklist(Tracklist(title="moved", entries=entries), tmp_path / "tracklists")
    found = run(tmp_path, tmp_path / "out", tracks=world / "tracks")
    alignment = read_alignment(found.written[0])
    assert found.aligned == 0
    assert alignment.track_a.rate == pytest.approx(1.0, abs=5e-4)
    assert not alignment.track_b.aligned
    assert "tempo changes after the boundary" in alignment.track_b.why
    assert not (found.written[0] / "track_b.wav").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"most": 0}, "at least"), ({"seconds": 5.0}, "10 to 240"), ({"tracks": "none"}, "--tracks")],
)
def test_what_is_not_allowed_is_refused(world, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        run(world, tmp_path, **options)


def test_names_that_are_not_latin_are_told_apart(world, tmp_path):
    """The second tracklist is of another mix, and its tracks are not those of any file."""
    for name in ("mixes", "tracklists", "tracks"):
        (tmp_path / name).mkdir()
    for old, new in (("One", "Кино - Группа крови"), ("Two", "Сплин - Выхода нет")):
        audio = world / "tracks" / f"Ada - {old}.wav"
        (tmp_path / "tracks" / f"{new}.wav").write_bytes(audio.read_bytes())
    (tmp_path / "mixes" / "Микс два.wav").write_bytes((world / "mixes" / "home.wav").read_bytes())
    names = [("Кино", "Группа крови"), ("Сплин", "Выхода нет"), ("Ария", "Осколок льда")]
    first, second, third = (
        TracklistEntry(artist=artist, title=title, start_seconds=start)
        for (artist, title), start in zip(names, (0.0, CUT, CUT), strict=True)
    )
    save_tracklist(Tracklist(title="Микс два", entries=[first, second]), tmp_path / "tracklists")
    save_tracklist(
        Tracklist(title="Другая запись", entries=[first, third]), tmp_path / "tracklists"
    )
    found = run(tmp_path, tmp_path / "out", tracks=tmp_path / "tracks")
    (alignment,) = map(read_alignment, found.written)
    sides = (alignment.track_a, alignment.track_b)
    assert [side.file for side in sides] == [f"{' - '.join(name)}.wav" for name in names[:2]]
    ((failed, why),) = found.failed.items()
    assert failed.startswith("другая-запись")
    assert "no audio file" in why
