"""Rules for library readers: invalid files, offsets in audio files, sources left untouched."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.contracts.library import LibraryDeclaration
from djtrans.core.errors import DjtransError
from djtrans.core.track.corrections import TrackCorrections
from djtrans.core.track.library import LibraryEntry
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Content that is no library in any format, as text files and after the signature of SQLite.
_NO_LIBRARY = {
    "empty": b"",
    "prose": b"There is nothing in this file that anybody could mix.\n",
    "markup": b"<?xml version='1.0'?><shopping><milk/></shopping>\n",
    "database": b"SQLite format 3\0" + bytes(96),
}
_RATE = 44100
#: Longest offset in seconds: two MPEG frames and the delays of encoder and decoder.
_LONGEST_SECONDS = 0.15


def _audio(folder: Path, suffix: str) -> Path:
    return write_audio(folder / f"track{suffix}", torch.zeros(1, _RATE), _RATE)


@contextmanager
def _sources(declaration: LibraryDeclaration) -> Iterator[list[Path]]:
    """Yield files without a library: of each suffix, or audio files without tags."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if declaration.in_tracks:
            yield [_audio(folder, suffix) for suffix in (".wav", ".mp3", ".flac")]
            return
        files = []
        for suffix in declaration.suffixes:
            for stem, content in _NO_LIBRARY.items():
                files.append(folder / f"{stem}{suffix}")
                files[-1].write_bytes(content)
        yield files


def _require_error(build: BuildFunction, path: Path) -> None:
    try:
        found = list(build().read(str(path)))
    except DjtransError:
        return
    except Exception as error:
        raise CheckFailed(f"{path.name} raises {type(error).__name__}: {error}") from error
    raise CheckFailed(f"{path.name} gives {len(found)} entries.")


def _offset(build: BuildFunction, track: Path) -> float:
    entry = LibraryEntry(location=str(track), corrections=TrackCorrections())
    offset = build().offset_seconds(entry, str(track))
    require(isinstance(offset, float) and math.isfinite(offset), f"{track.name}: {offset!r}.")
    return float(offset)


@rule("library")
def a_missing_library_is_an_error(declaration: LibraryDeclaration, build: BuildFunction) -> None:
    """A missing file raises an exception of djtrans."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in declaration.suffixes or (".mp3",):
            _require_error(build, Path(folder) / f"absent{suffix}")


@rule("library")
def files_without_a_library_are_errors(
    declaration: LibraryDeclaration, build: BuildFunction
) -> None:
    """An empty file, prose, other markup, and audio without tags raise an exception of djtrans."""
    with _sources(declaration) as files:
        for file in files:
            _require_error(build, file)


@rule("library")
def libraries_are_not_written_to(declaration: LibraryDeclaration, build: BuildFunction) -> None:
    """Reading changes no file, and leaves none behind."""
    with _sources(declaration) as files:
        before = {file.name: file.read_bytes() for file in files}
        for file in files:
            with suppress(Exception):
                list(build().read(str(file)))
        after = {file.name: file.read_bytes() for file in files[0].parent.iterdir()}
        require(after.keys() == before.keys(), f"the folder now has {sorted(after)}.")
        for name, content in before.items():
            require(after[name] == content, f"{name} has changed.")


@rule("library")
def lossless_files_have_no_offset(declaration: LibraryDeclaration, build: BuildFunction) -> None:
    """The offset in WAV and FLAC files is 0."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".wav", ".flac"):
            offset = _offset(build, _audio(Path(folder), suffix))
            require(offset == 0.0, f"that in a {suffix} file is {offset:g} s.")


@rule("library")
def offsets_are_short_and_repeat(declaration: LibraryDeclaration, build: BuildFunction) -> None:
    """The offset in an MP3 file is the same each time, and less than 150 ms."""
    with tempfile.TemporaryDirectory() as folder:
        track = _audio(Path(folder), ".mp3")
        first, second = _offset(build, track), _offset(build, track)
    require(first == second, f"it is {first:g} s, then {second:g} s.")
    require(abs(first) < _LONGEST_SECONDS, f"it is {first:g} s.")
