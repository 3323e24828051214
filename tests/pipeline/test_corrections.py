"""Corrections reach every analysis, after the cache, in their order of precedence."""

from __future__ import annotations

import os

import pytest

import djtrans
from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.corrections_file import Recording, Sidecar, write_sidecar
from djtrans.pipeline.corrections import (
    correction_key,
    correction_layers,
    corrections_digest,
    find_reader,
    import_from,
)
from djtrans.registry import Registry, default_registry
from djtrans.synthesis import TrackSpec, synthesize
from tests.helpers.dj_libraries import mixxx_database, mixxx_grid, rekordbox_xml, traktor_nml

TEMPO = {"Inizio": "0.250", "Bpm": "125.00", "Metro": "4/4", "Battito": "1"}


@pytest.fixture(scope="module")
def audio():
    spec = TrackSpec(bpm=128.0, structure=(("intro", 8), ("drop", 8)), sample_rate_hz=22050)
    return synthesize(spec).audio


@pytest.fixture
def path(tmp_path, audio):
    return djtrans.write_audio(tmp_path / "song.wav", audio, 22050)


def correct(path, **given):
    track = djtrans.load_track(path)
    file = path.with_name(f"{path.name}.djtrans.json")
    write_sidecar(file, Sidecar(recording=Recording.of(track), own=TrackCorrections(**given)))
    return file


@pytest.mark.usefixtures("warm_cache")
def test_an_analysis_is_corrected_and_the_cache_is_not(path):
    plain = djtrans.analyze_track(path)
    assert plain.grid.bpm == pytest.approx(128.0, rel=1e-4)
    assert plain.corrections == ()
    file = correct(path, anchors=[GridAnchor(0.25, 125.0, 0)])
    found = djtrans.analyze_track(path)
    assert (found.grid.bpm, found.grid.time_of_bar(0)) == (125.0, 0.25)
    assert found.corrections[0].source == "own"
    again = djtrans.analyze_track(path, corrected=False)
    assert again.grid.bpm == plain.grid.bpm
    file.unlink()
    assert djtrans.analyze_track(path).grid.bpm == plain.grid.bpm


@pytest.mark.usefixtures("warm_cache")
def test_a_track_keeps_its_corrections_when_it_is_converted(path):
    correct(path, key="3B")
    track = djtrans.load_track(path).at_rate(44100, 2)
    assert djtrans.analyze_track(track).key.camelot == "3B"


@pytest.mark.usefixtures("warm_cache")
def test_plans_use_corrections(path, tmp_path, audio):
    other = djtrans.write_audio(tmp_path / "other.wav", audio, 22050)
    correct(path, anchors=[GridAnchor(0.25, 125.0, 0)], key="3B")
    a, b = djtrans.analyze_track(path), djtrans.analyze_track(other)
    plan = djtrans.plan_transition(a, b, technique="cut")
    assert plan.a.bpm == 125.0
    assert plan.a.key == a.key.camelot == "3B"


@pytest.mark.usefixtures("warm_cache")
def test_an_invalid_sidecar_is_one_error(path):
    file = correct(path, bpm=128.0)
    file.write_text(file.read_text().replace("128.0", "12800"))
    with pytest.raises(FormatError, match="12800 BPM is out of range"):
        djtrans.analyze_track(path)


def test_a_library_is_used_directly(path, tmp_path, monkeypatch):
    track = djtrans.load_track(path)
    xml = rekordbox_xml(tmp_path / "r.xml", "D:/x/song.wav", [TEMPO], TotalTime="30", Tonality="2A")
    nml = traktor_nml(tmp_path / "c.nml", "/x/song.wav", key=0)
    monkeypatch.setenv("DJTRANS_LIBRARY", os.pathsep.join([str(xml), str(nml)]))
    correct(path, bpm=126.0)
    layers = correction_layers(track, default_registry())
    assert [(layer.source, layer.file) for layer in layers] == [
        ("djtrans/rekordbox", "r.xml"),
        ("djtrans/traktor", "c.nml"),
        ("own", "song.wav.djtrans.json"),
    ]
    assert layers[0].corrections.anchors == (GridAnchor(0.25, 125.0, 0),)


def test_a_library_that_is_not_there_is_an_error(path, monkeypatch):
    monkeypatch.setenv("DJTRANS_LIBRARY", "absent.xml")
    with pytest.raises(InputError, match=r"There is no library absent\.xml; check"):
        correction_layers(djtrans.load_track(path), default_registry())


def test_an_import_is_in_the_time_of_djtrans(tmp_path, audio):
    song = djtrans.write_audio(tmp_path / "song.mp3", audio, 22050)
    xml = rekordbox_xml(tmp_path / "r.xml", "D:/song.mp3", [TEMPO])
    found = import_from(str(xml), djtrans.load_track(song), default_registry())
    # LAME's tag: a frame of 576 samples, and the delays of encoder and decoder.
    offset = (576 + 576 + 529) / 22050
    assert found.offset_seconds == pytest.approx(offset)
    assert found.corrections.anchors[0].seconds == pytest.approx(0.25 - offset)
    assert (found.source, found.library) == ("djtrans/rekordbox", "r.xml")


def test_nothing_is_imported_of_other_tracks(path, tmp_path):
    track, registry = djtrans.load_track(path), default_registry()
    xml = rekordbox_xml(tmp_path / "r.xml", "D:/other.wav", [TEMPO])
    assert import_from(str(xml), track, registry) is None
    nothing = rekordbox_xml(tmp_path / "s.xml", "D:/song.wav")
    assert import_from(str(nothing), track, registry) is None
    assert import_from("serato", track, registry) is None


def test_a_changed_library_is_read_again(path, tmp_path):
    track, registry = djtrans.load_track(path), default_registry()
    xml = rekordbox_xml(tmp_path / "r.xml", "/song.wav", Tonality="1A")
    assert import_from(str(xml), track, registry).corrections.key == "1A"
    rekordbox_xml(xml, "/song.wav", Tonality="12A")
    assert import_from(str(xml), track, registry).corrections.key == "12A"


def test_the_digest_changes_with_the_corrections(path, tmp_path, monkeypatch):
    sha256 = djtrans.load_track(path).sha256
    assert corrections_digest(path, sha256) == ""
    assert correction_key([path]) == {}
    file = correct(path, bpm=128.0)
    first = corrections_digest(path, sha256)
    correct(path, bpm=129.0)
    assert len({"", first, corrections_digest(path, sha256)}) == 3
    file.unlink()
    nml = traktor_nml(tmp_path / "c.nml", "/x/song.wav", key=0)
    monkeypatch.setenv("DJTRANS_LIBRARY", str(nml))
    assert correction_key([path])["corrections"] == [corrections_digest(path, sha256)]


def test_the_reader_is_found_by_the_kind_of_file(tmp_path):
    registry = Registry(discover=False)
    for source, name in (
        ("a/rekordbox.XML", "rekordbox"),
        ("collection.nml", "traktor"),
        ("mixxxdb.sqlite", "mixxx"),
        ("Database2/m.db", "engine"),
        ("serato", "serato"),
        ("djtrans/serato", "serato"),
    ):
        assert find_reader(source, registry).declaration.name == name
    assert find_reader("copy.dat", registry, "mixxx").declaration.name == "mixxx"
    with pytest.raises(InputError, match=r"\.db, \.nml, .*or serato for tags in the tracks"):
        find_reader("tags", registry)
    registry.register(_OtherXml(), "mine")
    with pytest.raises(InputError, match="may be read by djtrans/rekordbox, mine/virtualdj"):
        find_reader("a.xml", registry)


class _OtherXml:
    @djtrans.hookimpl
    def djtrans_libraries(self):
        yield djtrans.LibraryDeclaration(
            name="virtualdj", summary="VirtualDJ.", factory="x:Y", suffixes=(".xml",)
        )


def test_mixxx_states_no_downbeats(path, tmp_path):
    file = mixxx_database(tmp_path / "m.sqlite", str(path), mixxx_grid(128.0, 100), rate=22050)
    found = import_from(str(file), djtrans.load_track(path), default_registry())
    assert found.corrections.anchors == (GridAnchor(100 / 22050, 128.0, None),)
