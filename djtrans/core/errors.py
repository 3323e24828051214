"""Exceptions of djtrans, all derived from :class:`DjtransError`.

Every message says what was wrong, what is allowed and what to do next. The command line prints
the message on one line and exits with 2; anything that is *not* a :class:`DjtransError` is a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DjtransError(Exception):
    """Base class of all exceptions that djtrans raises on purpose.

    Examples
    --------
    >>> import djtrans
    >>> try:
    ...     djtrans.load_track("missing.wav")
    ... except djtrans.DjtransError as error:
    ...     print(error)
    missing.wav does not exist; check the path.
    """


class InputError(DjtransError, ValueError):
    """An argument is not allowed."""


class AudioFileError(InputError):
    """An audio file cannot be read or written, or is empty or silent."""


class ShapeError(InputError):
    """An array does not have the documented shape or dtype."""


class ConfigError(InputError):
    """A configuration field is unknown, of the wrong type or out of range."""


class LayoutError(InputError):
    """A parameter key is unknown, or two layouts differ."""


class FormatError(InputError):
    """A file of djtrans (params file, prepared pair, checkpoint) is invalid."""


class PlanError(DjtransError):
    """No transition can be planned between two tracks under the given options."""


class SeparationError(DjtransError):
    """Stems cannot be separated or read."""


class TracklistError(DjtransError):
    """A source has no tracklist, or one in an unknown format."""


class LibraryError(DjtransError):
    """A file is not the library of a DJ program, or a track in it is ambiguous."""


class RefusedError(TracklistError):
    """A web site refuses requests, now or altogether; no more may be sent."""


class PluginError(DjtransError):
    """A plugin or one of its components is broken."""


class DependencyError(DjtransError):
    """A package that is needed cannot be imported."""


class UnknownComponentError(PluginError, LookupError):
    """No component of the kind has the given name."""


class AmbiguousNameError(PluginError, LookupError):
    """Several plugins, but no built-in, provide a component of the short name."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the names closest to an unknown one, or list all known names.

    Parameters
    ----------
    name : str
        The unknown name.
    known : iterable of str
        All known names.

    Returns
    -------
    str
        A closing sentence of an error message.

    Examples
    --------
    >>> did_you_mean("bas-swap", ["bass-swap", "cut"])
    "Did you mean 'bass-swap'?"
    >>> did_you_mean("x", ["bass-swap", "cut"])
    'Allowed: bass-swap, cut.'
    """
    choices = sorted(set(known))
    close = difflib.get_close_matches(name, choices, n=3, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(repr(match) for match in close) + "?"
    if not choices:
        return "There is none."
    return "Allowed: " + ", ".join(choices) + "."
