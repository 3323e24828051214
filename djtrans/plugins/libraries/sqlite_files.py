"""SQLite databases of other programs, which are never changed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from djtrans.core.errors import InputError, LibraryError
from djtrans.core.util.atomic_files import reason

_MAGIC = b"SQLite format 3\0"


@contextmanager
def open_database(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading.

    A database with a write-ahead log is copied first, with its log: reading one in its place would
    write to the folder.

    Raises
    ------
    InputError
        If the file cannot be read.
    LibraryError
        If it is not a database, is damaged, or lacks a table or column that is read.
    """
    try:
        with file.open("rb") as stream:
            if stream.read(len(_MAGIC)) != _MAGIC:
                raise LibraryError(f"{file} is not a database of SQLite; give that of the program.")
        log = file.with_name(f"{file.name}-wal")
        with tempfile.TemporaryDirectory(prefix="djtrans-") as folder:
            place = file
            if log.exists() and log.stat().st_size:
                place = Path(folder) / "copy.db"
                shutil.copyfile(file, place)
                shutil.copyfile(log, place.with_name("copy.db-wal"))
            mode = "immutable=1" if place is file else "mode=ro"
            uri = f"{place.absolute().as_uri()}?{mode}"
            with closing(sqlite3.connect(uri, uri=True)) as database:
                # Paths may have bytes of another encoding; they match no file, and stop nothing.
                database.text_factory = lambda text: text.decode("utf-8", errors="replace")
                yield database
    # A message that quotes a damaged schema may not be UTF-8.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise LibraryError(
            f"{file} cannot be read as the database of this program ({error}); close the program, "
            "or give another file."
        ) from None
    except OSError as error:
        raise InputError(f"Cannot read {file}: {reason(error)}") from None
