"""Environment variables for the corrections of tracks; the command sets them from its options."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: Folder of corrections by content; without it they lie beside the tracks.
CORRECTIONS = "DJTRANS_CORRECTIONS"
#: Libraries of DJ software, separated as paths are on the system.
LIBRARY = "DJTRANS_LIBRARY"


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, which worker processes inherit, and restore them at the end.

    Examples
    --------
    >>> with environment({"DJTRANS_EXAMPLE": "1"}):
    ...     os.environ["DJTRANS_EXAMPLE"]
    '1'
    >>> "DJTRANS_EXAMPLE" in os.environ
    False
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
