"""Elements of large XML files from untrusted sources, one by one."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from djtrans.core.errors import InputError, LibraryError
from djtrans.core.util.atomic_files import reason

_CHUNK_BYTES = 1 << 16
#: Depth below which no library has elements.
_DEEPEST = 50
#: Elements of one track.
_MOST_PARTS = 100_000


class _Collector:
    """Target of a parser that keeps the elements of one tag, and nothing else."""

    def __init__(self, root: str, tag: str, file: Path) -> None:
        self.complete: list[ET.Element] = []
        self._root, self._tag, self._file = root, tag, file
        self._depth = 0
        self._open: list[ET.Element] = []
        self._parts = 0

    def doctype(self, name: str, pubid: str, system: str) -> None:
        # Entities of a document type can expand to any size, or name other files.
        raise LibraryError(
            f"{self._file} declares a document type, which no library does; export it again."
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and tag != self._root:
            raise LibraryError(
                f"{self._file} is no such library: it begins with <{tag[:40]}>, not <{self._root}>."
            )
        self._depth += 1
        if self._depth > _DEEPEST:
            raise LibraryError(f"{self._file} is nested deeper than any library; export it again.")
        if not self._open and tag != self._tag:
            return
        element = ET.Element(tag, attributes)
        self._parts = self._parts + 1 if self._open else 0
        if self._parts > _MOST_PARTS:
            raise LibraryError(f"{self._file} has a track with more than {_MOST_PARTS} elements.")
        if self._open:
            self._open[-1].append(element)
        self._open.append(element)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if not self._open:
                self.complete.append(element)

    def data(self, text: str) -> None:
        """Ignore text: libraries have attributes only."""

    def close(self) -> None:
        """End the document."""


def elements(file: Path, root: str, tag: str) -> Iterator[ET.Element]:
    """Yield the elements of a tag, complete with what they contain.

    Parameters
    ----------
    file : Path
        XML file.
    root : str
        Tag with which the file must begin.
    tag : str
        Tag of the elements.

    Raises
    ------
    InputError
        If the file cannot be read.
    LibraryError
        If it is not XML, begins with another tag, or declares a document type.
    """
    collector = _Collector(root, tag, file)
    parser = ET.XMLParser(target=collector)
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                parser.feed(chunk)
                yield from collector.complete
                collector.complete.clear()
        parser.close()
    # An unknown encoding is a LookupError, one of several bytes a ValueError.
    except (ET.ParseError, LookupError, ValueError) as error:
        raise LibraryError(
            f"{file} is not a complete XML file ({error}); export it again."
        ) from None
    except OSError as error:
        raise InputError(f"Cannot read {file}: {reason(error)}") from None
    yield from collector.complete


def number(element: ET.Element, name: str) -> float | None:
    """Read a number from an attribute; None if it is absent or empty.

    Raises
    ------
    ValueError
        If it is not a number.
    """
    text = element.get(name, "").strip()
    return float(text.replace(",", ".")) if text else None
