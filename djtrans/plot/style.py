"""Style of the plots: independent of the settings and the fonts of the user."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from djtrans.core.errors import DependencyError
from djtrans.plot.fonts import FONT, fallback_families

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def plot_style() -> Iterator[None]:
    """Set matplotlib's defaults within a context, whatever a matplotlibrc or a style has set.

    Raises
    ------
    DependencyError
        If matplotlib cannot be imported.
    """
    try:
        from matplotlib import rc_context, style
    except (ImportError, ValueError) as error:
        why = " ".join(str(error).split())
        raise DependencyError(
            f"matplotlib cannot be imported: {why}. Check MPLBACKEND and the matplotlibrc file."
        ) from None
    with style.context("default", after_reset=True):
        fonts = [FONT, *fallback_families()]
        # SVG files have random identifiers by default.
        with rc_context({"font.family": fonts, "svg.hashsalt": "djtrans"}):
            yield


def styled(function: Callable[P, T]) -> Callable[P, T]:
    """Run a function that creates or saves a figure in :func:`plot_style`."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with plot_style():
            return function(*args, **kwargs)

    return run
