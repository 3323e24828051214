"""Texts as people write them under mixes."""

from __future__ import annotations

import itertools
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.core.track.tracklist import clock
from djtrans.plugins.tracklists.description import Description


@pytest.fixture
def read(tmp_path):
    def call(text):
        path = tmp_path / "Ada at the Plain.txt"
        path.write_text(text, encoding="utf-8")
        (found,) = Description(NoConfig()).read(str(path))
        return found

    return call


def said(found):
    return [(e.start_seconds, e.artist, e.title) for e in found.entries]


@pytest.mark.parametrize(
    "line",
    [
        "12:34 Ada - One",
        "12:34 - Ada - One",
        "0:12:34 Ada - One",
        "[12:34] Ada - One",
        "(12:34) Ada - One",
        "12:34 | Ada - One",
        "12:34: Ada - One",
        "12:34 – Ada – One",
        "12:34 - 15:00 Ada - One",
        "[12:34 - 1:15:00] Ada - One",
        "3. 12:34 Ada - One",
        "03) [12:34] Ada - One",
        "#3. 12:34 Ada - One",
        "12:34 3. Ada - One",
        "* 12:34 Ada - One",
        "► 12:34 Ada - One",
        "Ada - One 12:34",
        "3. Ada - One [12:34]",
        "Ada - One - 12:34",
        "Ada - One (0:12:34)",
    ],
)
def test_the_ways_to_write_a_time(read, line):
    assert said(read(f"Plain is out now!\n\n{line}\n\nFollow us\n")) == [(754, "Ada", "One")]


def test_a_whole_description(read):
    found = read(
        "https://www.mixcloud.com/ada/plain/\n"
        "Recorded live on a Friday at 22:30\n\nTracklist:\n"
        "00:00 Ada - One (Original Mix) [Plain]\n"
        "03:45 ID - ID\n"
        "w/ Bo - Two (Acapella)\n"
        "1:02:03 Cy, Dee & Eve - Four\n"
        "75:00 Solo\n\n"
        "Listen at https://example.org/12:30\n"
    )
    assert found.title == "Ada at the Plain"
    assert found.url == "https://www.mixcloud.com/ada/plain/"
    assert said(found) == [
        (0, "Ada", "One"),
        (225, "ID", "ID"),
        (None, "Bo", "Two"),
        (3723, "Cy, Dee & Eve", "Four"),
        (4500, "", "Solo"),
    ]
    assert [e.with_previous for e in found.entries] == [False, False, True, False, False]
    assert (found.entries[0].mix, found.entries[0].label) == ("Original Mix", "Plain")


def test_numbers_without_times(read):
    found = read("My best of 2020.\n\n1. Ada - One\n02 - Bo - Two\n3) Cy - Three\n\nBye\n")
    assert said(found) == [(None, "Ada", "One"), (None, "Bo", "Two"), (None, "Cy", "Three")]


def test_lines_below_a_heading(read):
    found = read("Hello\n\n*** TRACK LIST ***\n\nAda - One\n- Bo - Two\n\nBooking - ada@plain\n")
    assert said(found) == [(None, "Ada", "One"), (None, "Bo", "Two")]


@pytest.mark.parametrize("text", ["", "Hello, a fine mix.\n", "Tracklist:\n", "12:34\n13:00\n"])
def test_a_text_without_tracks_is_an_error(read, text):
    with pytest.raises(TracklistError, match="No tracks are found"):
        read(text)


def test_times_that_fall_are_an_error(read):
    with pytest.raises(TracklistError, match="'Bo - Two' starts at 3:00, before"):
        read("5:00 Ada - One\n3:00 Bo - Two\n")


@pytest.mark.parametrize(
    "line",
    [
        "\u200e12:34 Ada - One",
        "\u200b\ufeff12:34\u00a0Ada\u2007-\u202fOne\u2060",
        "\u202b12:34\u202c Ada - One",
        "１２：３４ Ada - One",
        "（１２：３４）　Ada － One",
        "【12:34】Ada — One",
        "١٢:٣٤ Ada - One",
        "<12:34> Ada - One",
        "{12:34} Ada - One",
        "▶️ 12:34 Ada - One",
        "🔥12:34 Ada - One",
        "03 12:34 Ada - One",
        "3.12:34 Ada - One",
        "Track 3 12:34 Ada - One",
        "[3] 12:34 Ada - One",
        "12:34.000 Ada - One",
        "12:34,0 Ada - One",
        "0:12:34.0 Ada - One",
        "12:34 to 15:00 Ada - One",
        "[12:34-15:00] Ada - One",
        "12:34 - 15:00 | Ada - One",
        "12:34 Ada - One (3:45)",
        "Ada - One 12:34 - 15:00",
        "Ada - One [12:34-15:00]",
        "12:34. Ada - One",
        "12:34 3) Ada - One",
    ],
)
def test_more_ways_to_write_a_time(read, line):
    assert said(read(f"Plain is out now!\n\n{line}\n\nFollow us\n")) == [(754, "Ada", "One")]


def test_decimals_are_kept_apart_from_names(read):
    found = read("00:00.0 Ada - One\n01:02.500 Bo - Two\n1:10:00,25 Cy - 50 Ways\n")
    assert said(found) == [(0, "Ada", "One"), (62.5, "Bo", "Two"), (4200.25, "Cy", "50 Ways")]
    assert found.resolution_seconds == pytest.approx(0.1)
    assert said(read("01:02 500 Bo - Two")) == [(62, "500 Bo", "Two")]


@pytest.mark.parametrize(
    ("times", "seconds", "resolution", "remark"),
    [
        # Tracks are not five seconds long: these are hours and minutes.
        (["0:00", "0:05", "0:11", "0:58", "1:02"], [0, 300, 660, 3480, 3720], 60, "h:mm"),
        (["00:00", "00:05", "00:10"], [0, 300, 600], 60, "h:mm"),
        (["0:00", "5:00", "58:00", "1:02", "1:08"], [0, 300, 3480, 3720, 4080], 60, "then hours"),
        # 60 hours is not a mix: these are frames, as in a cue sheet.
        (
            ["00:00:00", "05:00:37", "60:00:74"],
            [0, 300 + 37 / 75, 3600 + 74 / 75],
            1 / 75,
            "mm:ss:ff",
        ),
        # The usual.
        (["0:00", "5:00", "1:02:00"], [0, 300, 3720], 1, ""),
        (["0:00", "58:00", "62:00", "120:30"], [0, 3480, 3720, 7230], 1, ""),
        (["1:00:00", "2:00:00", "3:30:00"], [3600, 7200, 12600], 1, ""),
        (["0:00", "0:10"], [0, 10], 1, ""),
    ],
)
def test_the_whole_list_decides_how_times_are_read(
    read, recwarn, times, seconds, resolution, remark
):
    before = [f"{time} A - T{n}" for n, time in enumerate(times)]
    behind = [f"A - T{n} [{time}]" for n, time in enumerate(times)]
    for lines in (before, behind):
        found = read("\n".join(lines))
        assert [e.start_seconds for e in found.entries] == pytest.approx(seconds)
        assert found.resolution_seconds == pytest.approx(resolution)
    said = {str(warning.message) for warning in recwarn}
    assert len(said) <= 1
    assert bool(said) == bool(remark)
    assert all(remark in message for message in said)


def test_how_times_are_read_is_stated(read):
    with pytest.warns(UserWarning, match=r"taken for hours and minutes \(h:mm\)"):
        read("0:00 A - B\n0:05 C - D\n0:11 E - F\n")
    with pytest.warns(UserWarning, match=r"taken for lengths of tracks"):
        read("A - B 3:45\nC - D 4:10\nE - F 3:30\n")


@pytest.mark.filterwarnings("ignore:.*taken for lengths")
@pytest.mark.parametrize("lengths", [("3:45", "4:10", "3:30"), ("3:30", "3:45", "4:10")])
def test_lengths_behind_the_names_are_summed(read, lengths):
    seconds = [60 * int(m) + int(s) for m, s in (length.split(":") for length in lengths)]
    found = read("\n".join(f"{i}. A - T{i} {length}" for i, length in enumerate(lengths, 1)))
    assert [e.start_seconds for e in found.entries] == [0, seconds[0], sum(seconds[:2])]
    assert [e.title for e in found.entries] == ["T1", "T2", "T3"]


def test_a_column_of_lengths_beside_the_times_is_no_part_of_the_names(read):
    found = read("00:00 Ada - One 3:45\n03:45 Bo - Two 4:10\n07:55 Cy - Three\n")
    assert said(found) == [(0, "Ada", "One"), (225, "Bo", "Two"), (475, "Cy", "Three")]
    assert said(read("00:00 Ada - 4:20\n03:45 Bo - Two\n"))[0] == (0, "Ada", "4:20")


@pytest.mark.parametrize(
    "line",
    [
        "05:75 Bo - Two",
        "1:75:00 Bo - Two",
        "01:02:500 Bo - Two",
        "5.30 Bo - Two",
        "5;30 Bo - Two",
        "5h30 Bo - Two",
        "05:3 Bo - Two",
        "05:30",
        "Bo - Two",
        "Bo - Two 5:30",
        "05:00:00:00 Bo - Two",
    ],
)
def test_lines_that_look_like_tracks_are_reported(read, line):
    with pytest.warns(UserWarning, match=rf"line 4 \('{line}'\) cannot be read"):
        found = read(
            f"Welcome - here is the list\n\n00:00 Ada - One\n{line}\n10:00 Cy - Three\n\nBye"
        )
    assert said(found) == [(0, "Ada", "One"), (600, "Cy", "Three")]


def test_an_open_time_is_a_track_without_start(read):
    found = read(
        "00:00 Ada - One\n??:?? Bo - Two\n[xx:xx] Cy - Three\n--:-- Dee - Four\n9:00 Eve - F"
    )
    assert [e.start_seconds for e in found.entries] == [0, None, None, None, 540]
    assert [e.artist for e in found.entries] == ["Ada", "Bo", "Cy", "Dee", "Eve"]


def test_a_list_without_any_readable_time_is_an_error(read):
    with pytest.raises(TracklistError, match=r"line 1 .*is no time"):
        read("05:75 Bo - Two\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
def test_line_ends_of_all_systems(tmp_path, end):
    path = tmp_path / "mix.txt"
    path.write_bytes(end.join(["00:00 Ada - One", "05:00 Bo - Two"]).encode())
    (found,) = Description(NoConfig()).read(str(path))
    assert said(found) == [(0, "Ada", "One"), (300, "Bo", "Two")]


@pytest.mark.parametrize(
    "line", ["-" * 100_000, " - " * 30_000, "(" * 50_000, "1:" * 50_000, "#1" * 50_000]
)
def test_no_line_takes_long(read, line):
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(read(f"00:00 Ada - One\n{line}\n05:00 Bo - Two").entries) == 2
    assert time.perf_counter() - start < 2.0


NUMBERS = ["", "{n}. ", "{n:02} ", "{n}) ", "#{n} ", "[{n}] ", "* ", "\u200e", "🎵 "]
TIMES = [
    "{t} ",
    "[{t}] ",
    "({t}) ",
    "{t} - ",
    "{t} | ",
    "{t}: ",
    "{t}–{u} ",
    "[{t} - {u}] ",
    "（{t}）",
]
DIGITS = str.maketrans("0123456789:", "０１２３４５６７８９：")


@given(
    gaps=st.lists(st.integers(20, 1500), min_size=1, max_size=12),
    number=st.sampled_from(NUMBERS),
    notation=st.sampled_from(TIMES),
    decimals=st.sampled_from(["", ".0", ".250", ",50"]),
    wide=st.booleans(),
    behind=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_is_read(
    tmp_path_factory, gaps, number, notation, decimals, wide, behind, end, encoding
):
    starts = [0, *itertools.accumulate(gaps)]
    lines = []
    for n, start in enumerate(starts, 1):
        times = {"t": clock(start) + decimals, "u": clock(start + 20) + decimals}
        if wide:
            times = {name: time.translate(DIGITS) for name, time in times.items()}
        before, name = notation.format(**times), f"A{n} - T{n}"
        line = f"{name} {before.strip(' -|:')}" if behind else f"{before}{name}"
        lines.append(number.format(n=n) + line)
    path = tmp_path_factory.mktemp("texts") / "mix.txt"
    path.write_bytes(end.join(lines).encode(encoding))
    (found,) = Description(NoConfig()).read(str(path))
    fraction = float(f"0{decimals.replace(',', '.') or '.0'}")
    expected = [(s + fraction, f"A{n}", f"T{n}") for n, s in enumerate(starts, 1)]
    assert said(found) == expected
