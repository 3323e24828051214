"""Rules for sources of tracklists; none of them asks the web for anything."""

from __future__ import annotations

import tempfile
from pathlib import Path

from djtrans.core.contracts.tracklist import TracklistCatalogue, TracklistDeclaration
from djtrans.core.errors import DjtransError
from djtrans.testing.rule import BuildFunction, RuleBroken, require, rule

#: What no format takes for a list of tracks.
_PROSE = "There is nothing in this file that anybody could play.\n"


def _reads_files(declaration: TracklistDeclaration) -> bool:
    return bool(declaration.suffixes)


def _refuses(build: BuildFunction, path: Path, what: str) -> None:
    try:
        found = list(build().read(str(path)))
    except DjtransError:
        return
    except Exception as error:
        raise RuleBroken(f"{what} raises {type(error).__name__}: {error}") from error
    raise RuleBroken(f"{what} gives {len(found)} tracklists.")


@rule("tracklist", _reads_files)
def a_missing_file_is_an_error(declaration: TracklistDeclaration, build: BuildFunction) -> None:
    """A file that does not exist is refused with an error of djtrans."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in declaration.suffixes:
            _refuses(build, Path(folder) / f"absent{suffix}", f"absent{suffix}")


@rule("tracklist", _reads_files)
def what_holds_no_tracklist_is_an_error(
    declaration: TracklistDeclaration, build: BuildFunction
) -> None:
    """An empty file, or one of mere prose, is refused with an error, not read as no tracklist."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in declaration.suffixes:
            for name, text in (("empty", ""), ("prose", _PROSE)):
                path = Path(folder) / f"{name}{suffix}"
                path.write_text(text, encoding="utf-8")
                _refuses(build, path, path.name)


@rule("tracklist")
def it_browses_where_it_says_so(declaration: TracklistDeclaration, build: BuildFunction) -> None:
    """It has browse() where it declares that it browses, and only there."""
    has = isinstance(build(), TracklistCatalogue)
    require(
        has == declaration.browses,
        f"it {'has' if has else 'has no'} browse(), and declares browses={declaration.browses}.",
    )
