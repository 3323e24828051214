"""Rules for tracklist sources: invalid files, browsing. No rule accesses the network."""

from __future__ import annotations

import tempfile
from pathlib import Path

from djtrans.core.contracts.tracklist import TracklistCatalogue, TracklistDeclaration
from djtrans.core.errors import DjtransError
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Text that is no tracklist in any format.
_PROSE = "There is nothing in this file that anybody could play.\n"


def _reads_files(declaration: TracklistDeclaration) -> bool:
    return bool(declaration.suffixes)


def _require_error(build: BuildFunction, path: Path, what: str) -> None:
    try:
        found = list(build().read(str(path)))
    except DjtransError:
        return
    except Exception as error:
        raise CheckFailed(f"{what} raises {type(error).__name__}: {error}") from error
    raise CheckFailed(f"{what} gives {len(found)} tracklists.")


@rule("tracklist", _reads_files)
def a_missing_file_is_an_error(declaration: TracklistDeclaration, build: BuildFunction) -> None:
    """A missing file raises an exception of djtrans."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in declaration.suffixes:
            _require_error(build, Path(folder) / f"absent{suffix}", f"absent{suffix}")


@rule("tracklist", _reads_files)
def files_without_a_tracklist_are_errors(
    declaration: TracklistDeclaration, build: BuildFunction
) -> None:
    """An empty file, or one of prose, raises an exception of djtrans."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in declaration.suffixes:
            for name, text in (("empty", ""), ("prose", _PROSE)):
                path = Path(folder) / f"{name}{suffix}"
                path.write_text(text, encoding="utf-8")
                _require_error(build, path, path.name)


@rule("tracklist")
def browse_is_as_declared(declaration: TracklistDeclaration, build: BuildFunction) -> None:
    """The source has browse() if and only if it declares browses=True."""
    has = isinstance(build(), TracklistCatalogue)
    require(
        has == declaration.browses,
        f"it {'has' if has else 'has no'} browse(), and declares browses={declaration.browses}.",
    )
