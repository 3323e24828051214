"""Save a figure atomically as PNG, SVG or PDF."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import replacing
from djtrans.plot.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")


#: PNG text chunk by which pictures of djtrans are recognized.
_SOFTWARE = "djtrans"


@styled
def save_figure(figure: Figure, path: str | os.PathLike[str], dpi: float = 100.0) -> None:
    """Write a figure; the extension chooses the format. The same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A plot of this package, or any other figure.
    path : path-like
        Ends in ``.png``, ``.svg`` or ``.pdf``. An existing file is replaced once the new one is
        complete.
    dpi : float
        Resolution of a PNG in dots per inch: 12 inches at 100 are 1200 pixels.

    Raises
    ------
    InputError
        If the extension is another one, or the file cannot be written.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from djtrans.plot import save_figure
    >>> save_figure(Figure(), "empty.png")
    """
    from matplotlib import rc_context

    target = Path(path)
    extension = target.suffix.lower()
    if extension not in FORMATS:
        raise InputError(
            f"Cannot write a figure as {target.name!r}; end the name in {', '.join(FORMATS)}."
        )
    metadata = {
        ".png": {"Software": _SOFTWARE},
        ".svg": {"Date": None},
        ".pdf": {"CreationDate": None},
    }[extension]
    # SVG numbers its elements at random without a salt, and all but PNG contain the time.
    with replacing(target) as part, rc_context({"svg.hashsalt": "djtrans"}):
        figure.savefig(
            part,
            format=extension[1:],
            dpi=dpi,
            facecolor=figure.get_facecolor(),
            edgecolor="none",
            metadata=metadata,
        )


def is_own_picture(path: Path) -> bool:
    """Return True if a file is a PNG that :func:`save_figure` wrote."""
    with path.open("rb") as stream:
        head = stream.read(256)
    return head.startswith(b"\x89PNG") and b"tEXtSoftware\0" + _SOFTWARE.encode() in head
