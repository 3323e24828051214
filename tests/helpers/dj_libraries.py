"""Files of DJ software, written from the documentation of their formats."""

from __future__ import annotations

import base64
import sqlite3
import struct
import zlib
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr


def rekordbox_xml(file: Path, location: str, tempos=(), marks=(), **attributes) -> Path:
    """Write a collection of one track, as in AlphaTheta's xml_format_list.pdf."""
    track = {
        "TrackID": "1",
        "Name": "A & B",
        "TotalTime": "30",
        "Location": "file://localhost/" + quote(location.lstrip("/"), safe="/:"),
        **attributes,
    }
    children = [("TEMPO", tempo) for tempo in tempos] + [("POSITION_MARK", mark) for mark in marks]
    file.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6.7.7"/>'
        f'<COLLECTION Entries="1"><TRACK {_attributes(track)}>'
        + "".join(f"<{tag} {_attributes(given)}/>" for tag, given in children)
        + '</TRACK></COLLECTION><PLAYLISTS><NODE Type="1" Name="p"><TRACK Key="1"/></NODE>'
        "</PLAYLISTS></DJ_PLAYLISTS>\n",
        encoding="utf-8",
    )
    return file


def traktor_nml(file: Path, location: str, cues=(), bpm="", key=None, info=None) -> Path:
    """Write a collection of one track; cues are attributes of CUE_V2, and "GRID" a tempo."""
    folder, _, name = location.rpartition("/")
    parts = "".join(f"/:{part}" for part in folder.split("/") if part)
    where = {"DIR": f"{parts}/:", "FILE": name, "VOLUME": ""}
    inner = f"<LOCATION {_attributes(where)}></LOCATION>"
    inner += f"<INFO {_attributes(info or {})}></INFO>"
    inner += f'<TEMPO BPM="{bpm}" BPM_QUALITY="100.0"></TEMPO>' if bpm else ""
    inner += f'<MUSICAL_KEY VALUE="{key}"></MUSICAL_KEY>' if key is not None else ""
    for given in cues:
        own = f'<GRID BPM="{given["GRID"]}"></GRID>' if "GRID" in given else ""
        plain = {k: v for k, v in given.items() if k != "GRID"}
        inner += f"<CUE_V2 {_attributes(plain)}>{own}</CUE_V2>"
    file.write_text(
        '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n<NML VERSION="19">'
        '<HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor"></HEAD>'
        f'<COLLECTION ENTRIES="1"><ENTRY TITLE="x">{inner}</ENTRY></COLLECTION>'
        '<PLAYLISTS><PLAYLIST ENTRIES="1"><ENTRY><PRIMARYKEY TYPE="TRACK"></PRIMARYKEY></ENTRY>'
        "</PLAYLIST></PLAYLISTS></NML>\n",
        encoding="utf-8",
    )
    return file


def varint(number: int) -> bytes:
    """Encode an integer as protocol buffers do."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def field(number: int, value) -> bytes:
    """Encode a field: int as varint, float as double, bytes as a message."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def mixxx_grid(bpm: float, first_frame) -> bytes:
    """Encode the message BeatGrid of beats.proto."""
    return field(1, field(1, bpm)) + field(2, field(1, first_frame))


def mixxx_map(frames) -> bytes:
    """Encode the message BeatMap of beats.proto."""
    return b"".join(field(1, field(1, frame)) for frame in frames)


def mixxx_database(
    file: Path, location: str, beats=None, version="BeatGrid-2.0", key_id=0, rate=44100, cues=()
) -> Path:
    """Write a database of one track, with the columns of Mixxx' schema.xml that matter here."""
    with sqlite3.connect(file) as db:
        db.executescript(
            "CREATE TABLE track_locations (id INTEGER PRIMARY KEY, location varchar(512) UNIQUE,"
            " filename varchar(512), directory varchar(512), filesize INTEGER);"
            "CREATE TABLE library (id INTEGER PRIMARY KEY, artist varchar(64), title varchar(64),"
            " location INTEGER REFERENCES track_locations(location), duration FLOAT,"
            " samplerate INTEGER, bpm FLOAT, beats BLOB, beats_version TEXT, key_id INTEGER);"
            "CREATE TABLE cues (id INTEGER PRIMARY KEY, track_id INTEGER NOT NULL,"
            " type INTEGER DEFAULT 0 NOT NULL, position INTEGER DEFAULT -1 NOT NULL,"
            " length INTEGER DEFAULT 0 NOT NULL, hotcue INTEGER DEFAULT -1 NOT NULL,"
            " label TEXT DEFAULT '' NOT NULL);"
        )
        db.execute("INSERT INTO track_locations (id, location) VALUES (7, ?)", (location,))
        db.execute(
            "INSERT INTO library (id, location, duration, samplerate, beats, beats_version,"
            " key_id) VALUES (3, 7, 30.0, ?, ?, ?, ?)",
            (rate, beats, version, key_id),
        )
        db.executemany(
            "INSERT INTO cues (track_id, type, position, length, hotcue, label)"
            " VALUES (3, ?, ?, ?, ?, ?)",
            cues,
        )
    db.close()
    return file


def qt_compressed(data: bytes) -> bytes:
    """Compress as Qt does: the length before a stream of zlib."""
    return struct.pack(">I", len(data)) + zlib.compress(data)


def engine_beats(rate: float, default, adjusted=(), is_set=1) -> bytes:
    """Encode beatData; markers are a sample offset and the number of the beat."""
    data = struct.pack(">ddB", rate, 30 * rate, is_set)
    for grid in (default, adjusted):
        data += struct.pack(">q", len(grid))
        for index, (offset, beat) in enumerate(grid):
            left = grid[index + 1][1] - beat if index + 1 < len(grid) else 0
            data += struct.pack("<dqii", offset, beat, left, 0)
    return qt_compressed(data)


def engine_cues(cues) -> bytes:
    """Encode quickCues; a cue is a label and a sample offset, -1 for an empty one."""
    data = struct.pack(">q", len(cues))
    for label, offset in cues:
        text = label.encode()
        data += bytes([len(text)]) + text + struct.pack(">d4B", offset, 255, 1, 2, 3)
    return qt_compressed(data + struct.pack(">dBd", 0.0, 0, 0.0))


def engine_loops(loops) -> bytes:
    """Encode loops, which are not compressed: label, start, end."""
    data = struct.pack("<q", len(loops))
    for label, start, end in loops:
        text = label.encode()
        data += bytes([len(text)]) + text
        data += struct.pack("<ddBB4B", start, end, start >= 0, end >= 0, 255, 1, 2, 3)
    return data


def engine_database(
    file: Path, path: str, beats=None, cues=None, loops=None, key=None, *, view=False
) -> Path:
    """Write a database of one track; Engine 2 has the performance data as a view of Track."""
    with sqlite3.connect(file) as db:
        extra = ", beatData BLOB, quickCues BLOB, loops BLOB" if view else ""
        db.execute(
            "CREATE TABLE Track (id INTEGER PRIMARY KEY, length INTEGER, path TEXT, filename TEXT,"
            f" bpmAnalyzed REAL, key INTEGER{extra})"
        )
        db.execute("INSERT INTO Track (id, length, path, key) VALUES (5, 30, ?, ?)", (path, key))
        if view:
            db.execute(
                "CREATE VIEW PerformanceData AS SELECT id AS trackId, beatData, quickCues, loops"
                " FROM Track"
            )
            db.execute("UPDATE Track SET beatData=?, quickCues=?, loops=?", (beats, cues, loops))
        else:
            db.execute(
                "CREATE TABLE PerformanceData (trackId INTEGER PRIMARY KEY, trackData BLOB,"
                " beatData BLOB, quickCues BLOB, loops BLOB)"
            )
            db.execute(
                "INSERT INTO PerformanceData (trackId, beatData, quickCues, loops)"
                " VALUES (5, ?, ?, ?)",
                (beats, cues, loops),
            )
    db.close()
    return file


def serato_grid(markers, bpm: float) -> bytes:
    """Encode Serato BeatGrid: non-terminal markers of a time and beats, then the terminal one."""
    *before, last = markers
    data = b"\1\0" + struct.pack(">I", len(markers))
    for seconds, beats in before:
        data += struct.pack(">fI", seconds, beats)
    return data + struct.pack(">ff", last, bpm) + b"\x37"


def serato_markers(cues=(), loops=()) -> bytes:
    """Encode Serato Markers2: base64 with line feeds, padded to 470 bytes."""
    data = b"\1\1" + _serato_entry("COLOR", b"\0\xff\xff\xff")
    for index, milliseconds, name in cues:
        entry = struct.pack(">BBIB3sH", 0, index, milliseconds, 0, b"\xcc\0\0", 0)
        data += _serato_entry("CUE", entry + name.encode() + b"\0")
    for index, start, end, name in loops:
        entry = struct.pack(">BBII4s4s3sB", 0, index, start, end, b"\xff" * 4, b"\0\x27\xaa\xe1",
                            b"\0" * 3, 0)  # fmt: skip
        data += _serato_entry("LOOP", entry[:20] + name.encode() + b"\0")
    data += _serato_entry("BPMLOCK", b"\0") + b"\0"
    return (b"\1\1" + in_lines(data)).ljust(470, b"\0")


def in_lines(data: bytes) -> bytes:
    """Encode base64 without padding, with a line feed after every 72 characters."""
    text = base64.b64encode(data).rstrip(b"=")
    return b"\n".join(text[at : at + 72] for at in range(0, len(text), 72))


def general_object(description: str, data: bytes) -> bytes:
    """Encode the content of a GEOB frame of ID3v2."""
    return b"\0application/octet-stream\0\0" + description.encode() + b"\0" + data


def id3_tag(frames, version: int = 4) -> bytes:
    """Encode an ID3v2 tag of frames (name, content)."""
    body = b""
    for name, content in frames:
        size = syncsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
        body += name.encode() + size + b"\0\0" + content
    return b"ID3" + bytes([version, 0, 0]) + syncsafe(len(body)) + body


def syncsafe(number: int) -> bytes:
    """Encode a size with seven bits a byte."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _serato_entry(name: str, data: bytes) -> bytes:
    return name.encode() + b"\0" + struct.pack(">I", len(data)) + data


def _attributes(given) -> str:
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in given.items())
