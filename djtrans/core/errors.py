"""The exceptions that djtrans raises on purpose.

Every message says what was wrong, what is allowed and what to do next. The command line prints
the message on one line and exits with 2; anything that is *not* a :class:`DjtransError` is a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DjtransError(Exception):
    """Base of everything that djtrans raises on purpose."""


class InputError(DjtransError, ValueError):
    """An argument is outside what is allowed."""


class AudioFileError(InputError):
    """An audio file cannot be read or written, or holds nothing to work with."""


class ShapeError(InputError):
    """An array has another shape than the contract says."""


class ConfigError(InputError):
    """A configuration field is unknown, of the wrong type or out of range."""


class LayoutError(InputError):
    """A parameter key is unknown, or two layouts do not mean the same."""


class FormatError(InputError):
    """A file of ours (parameters, plan, checkpoint) cannot be understood."""


class PlanError(DjtransError):
    """No transition can be planned between these two tracks as asked."""


class SeparationError(DjtransError):
    """Stems cannot be made or read."""


class TracklistError(DjtransError):
    """A source holds no tracklist, or not in the form that is read."""


class RefusedError(TracklistError):
    """A web site does not want to be asked, now or at all; nothing more is to be asked of it."""


class PluginError(DjtransError):
    """A plugin or a component of it is broken."""


class DependencyError(DjtransError):
    """A package that is needed cannot be imported."""


class UnknownComponentError(PluginError, LookupError):
    """No component of that kind has that name."""


class AmbiguousNameError(PluginError, LookupError):
    """A short name is offered by several plugins and by none of the built-ins."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A closing sentence that names close matches, or all that is allowed.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is.

    Returns
    -------
    str
        ``"Did you mean 'bass-swap'?"``, or ``"Allowed: a, b."`` where nothing is close.
    """
    choices = sorted(set(known))
    close = difflib.get_close_matches(name, choices, n=3, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(repr(match) for match in close) + "?"
    if not choices:
        return "There is none."
    return "Allowed: " + ", ".join(choices) + "."
