"""Collecting from files: choice of the reader, no duplicates, one bad source among good ones."""

from __future__ import annotations

import json

import attrs
import pytest

from djtrans.cli import main
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.tracklist import TracklistDeclaration
from djtrans.core.errors import InputError, UnknownComponentError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.core.track.tracklist_files import load_tracklist
from djtrans.datasets.mixes.collection import collect
from djtrans.registry import Registry


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.txt").write_text("0:00 Ada - One\n3:00 Bo - Two\n")
    (tmp_path / "B.CUE").write_text('TITLE "B"\nTRACK 01 AUDIO\nTITLE "One"\nINDEX 01 00:00:00\n')
    mixes = [
        {"id": i, "title": f"Mix {i}", "url": f"https://x/{i}", "tracklist": [{"title": "A - B"}]}
        for i in range(3)
    ]
    (tmp_path / "c.json").write_text(json.dumps(mixes))
    (tmp_path / "bad.txt").write_text("nothing")
    return tmp_path


def test_each_file_is_read_by_what_declares_it_and_kept_once(files):
    sources = [str(files / name) for name in ("a.txt", "B.CUE", "c.json")]
    out = files / "out"
    events = []
    found = collect(sources, output=out, progress=events.append)
    assert [load_tracklist(path).source for path in found.written] == [
        "djtrans/description",
        "djtrans/cue",
        *["djtrans/djmix"] * 3,
    ]
    assert [event.message for event in events] == [f"wrote  {path}" for path in found.written]
    assert [event.done for event in events] == [1, 2, 3, 4, 5]
    assert sorted(out.iterdir()) == sorted(found.written)
    before = {path: path.read_bytes() for path in out.iterdir()}
    again = collect(sources, output=out)
    assert (again.written, again.known) == ([], found.written)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_stop_leaves_what_was_done_and_the_next_run_goes_on(files):
    def stop(event):
        if "/mix-1" in event.message:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect([str(files / "c.json")], output=files / "out", progress=stop)
    assert len([load_tracklist(path) for path in (files / "out").iterdir()]) == 2
    found = collect([str(files / "c.json")], output=files / "out")
    assert (len(found.known), len(found.written)) == (2, 1)


def test_a_bad_source_does_not_keep_the_others(files):
    names = ("bad.txt", "absent.cue", f"{'long' * 99}.txt", "nul\0.txt", "a.txt")
    sources = [str(files / name) for name in names]
    found = collect(sources, output=files / "out")
    assert len(found.written) == 1
    assert list(found.failed) == sources[:4]
    assert all(source in message for source, message in found.failed.items())


def test_at_most_so_many_with_the_known_ones(files):
    sources = [str(files / name) for name in ("c.json", "a.txt")]
    assert len(collect(sources, most=2, output=files / "out").written) == 2
    found = collect(sources, most=3, output=files / "out")
    assert (len(found.known), len(found.written)) == (2, 1)


def test_one_link_in_two_descriptions_is_not_one_mix(tmp_path):
    link, out = "https://example.org/my-podcast\n", tmp_path / "out"
    for folder, tracks in (("a", ("Ada - One", "Bo - Two")), ("b", ("Cy - Three", "Dee - Four"))):
        (tmp_path / folder).mkdir()
        text = link + f"0:00 {tracks[0]}\n5:00 {tracks[1]}\n"
        (tmp_path / folder / f"mix {folder}.txt").write_text(text)
        (tmp_path / folder / "tracklist.txt").write_text(text)
    first, second = (str(tmp_path / folder / f"mix {folder}.txt") for folder in "ab")
    assert len(collect([first, second], output=out).written) == 2
    again = collect([second, first], output=out)
    assert (len(again.written), len(again.known)) == (0, 2)
    # Under another name: still the same two mixes.
    others = [str(tmp_path / "a" / "tracklist.txt"), str(tmp_path / "b" / "tracklist.txt")]
    assert collect(others, output=out).written == []
    # One name and one link, and other tracks.
    both = collect(others, output=tmp_path / "both")
    assert len(set(both.written)) == 2
    titles = [load_tracklist(path).entries[0].title for path in both.written]
    assert titles == ["One", "Three"]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, "Nothing to collect"),
        ({"genre": "house"}, "how many"),
        ({"genre": "house", "most": 1, "source": "cue"}, "djtrans/cue cannot browse"),
        ({"sources": ["x.wav"]}, r"No source reads files like 'x.wav'; supported are .*\.cue"),
        ({"sources": ["https://example.org/x"]}, "the site 'example.org'"),
        ({"sources": ["https://[x/"]}, "is no address of a page"),
        ({"sources": ["x.txt"], "most": 0}, "1 or more"),
        ({"sources": ["x.txt"], "settings": {"delay": 9}}, "names no source"),
        ({"sources": ["x.txt"], "settings": {"cue.delay": 9}}, "NoConfig has no field 'delay'"),
        ({"sources": ["x.txt"], "settings": {"1001tracklists.delay_seconds": 1}}, "3 to 3600"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path, arguments, match):
    with pytest.raises(InputError, match=match):
        collect(**arguments, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_source_of_another_plugin_is_chosen_by_its_suffix_or_by_name(files):
    class Radio:
        def __init__(self, config):
            pass

        def read(self, source):
            yield Tracklist(title="Friday", entries=[TracklistEntry(title=source)])

    class Plugin:
        @hookimpl
        def djtrans_tracklists(self):
            yield TracklistDeclaration(
                name="radio", summary="Logs.", factory=Radio, suffixes=(".log",)
            )

    registry = Registry(discover=False)
    registry.register(Plugin(), "acme")
    by_suffix = collect(["x.log"], registry=registry, output=files / "one")
    by_name = collect(["x.wav"], source="radio", registry=registry, output=files / "two")
    for found in (by_suffix, by_name):
        assert load_tracklist(found.written[0]).source == "acme/radio"
    with pytest.raises(UnknownComponentError, match="radio"):
        collect(["x.log"], source="radios", registry=registry)


def test_a_setting_reaches_its_source(files, monkeypatch):
    from djtrans.plugins.tracklists import web_1001

    made = []
    monkeypatch.setattr(web_1001, "PoliteFetcher", made.append)
    settings = {"1001tracklists.delay_seconds": 20}
    collect([str(files / "page.html")], settings=settings, output=files / "out")
    assert made == [20.0]


def test_a_folder_that_cannot_be_written_to_ends_it(files):
    with pytest.raises(InputError, match="is not a folder"):
        collect([str(files / "a.txt")], output=files / "a.txt" / "out")


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["collect", *arguments])
        out, err = capsys.readouterr()
        return exit_.value.code, out.splitlines(), err.splitlines()

    return call


def test_the_command_writes_into_data_tracklists(run, files, monkeypatch):
    monkeypatch.chdir(files)
    code, out, err = run("a.txt", "B.CUE")
    assert (code, err) == (0, [])
    assert [line.split()[0] for line in out] == ["wrote", "wrote", "2"]
    assert out[-1] == "2 written, 0 already present, 0 failed: data/tracklists"
    assert len(list((files / "data/tracklists").glob("*.json"))) == 2
    assert run("a.txt", "--quiet") == (0, [], [])


def test_what_fails_is_one_line_and_exit_code_2(run, files, monkeypatch):
    monkeypatch.chdir(files)
    code, out, err = run("bad.txt", "a.txt")
    assert code == 2
    assert out[-1].startswith("1 written, 0 already present, 1 failed")
    assert len(err) == 1
    assert err[0].startswith("djtrans: error: No tracks are found in bad.txt")
    code, out, err = run("a.txt", "--set", "1001tracklists.delay_seconds=1")
    assert (code, out, len(err)) == (2, [], 1)
    code, out, err = run("--genre", "house")
    assert (code, out, len(err)) == (2, [], 1)


def test_ctrl_c_leaves_what_is_done(run, files, monkeypatch):
    monkeypatch.chdir(files)
    from djtrans.plugins.tracklists.cue import CueSheet

    def interrupted(self, source):
        raise KeyboardInterrupt

    monkeypatch.setattr(CueSheet, "read", interrupted)
    code, _, err = run("a.txt", "B.CUE")
    assert (code, err[-1]) == (130, "djtrans: interrupted.")
    (path,) = (files / "data/tracklists").iterdir()
    assert attrs.asdict(load_tracklist(path))["title"] == "a"
