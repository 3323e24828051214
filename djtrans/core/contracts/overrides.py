"""Settings of components, such as ``reverb.decay_seconds=2.5``.

For a transition, ``NODE.FIELD`` sets a field of the effect at a node of the mixer, ``NODE``
replaces the effect; ``separator.FIELD``, ``technique.FIELD`` and ``scheduler.FIELD`` set fields of
these. For a new model, ``COMPONENT.FIELD`` sets a field of one of its components.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from djtrans.core.errors import ConfigError
from djtrans.core.util.json_documents import parse_json

#: Prefixes that are not ids of nodes.
ROLES = ("separator", "technique", "scheduler")


@attrs.frozen(kw_only=True)
class Settings:
    """Settings by component.

    Attributes
    ----------
    mixer : mapping
        Values by ``"node.field"`` or ``"node"``, see :meth:`djtrans.MixerSpec.configured`.
    separator, technique, scheduler : mapping
        Values by field of the config.
    """

    mixer: Mapping[str, Any] = attrs.field(factory=dict)
    separator: Mapping[str, Any] = attrs.field(factory=dict)
    technique: Mapping[str, Any] = attrs.field(factory=dict)
    scheduler: Mapping[str, Any] = attrs.field(factory=dict)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Settings:
        """Split a mapping of settings by the component before the dot."""
        parts: dict[str, dict[str, Any]] = {"mixer": {}, **{role: {} for role in ROLES}}
        for key, value in settings.items():
            role, dot, field = key.partition(".")
            if dot and role in ROLES:
                parts[role][field] = value
            else:
                parts["mixer"][key] = value
        return cls(**parts)


def by_component(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Group settings by what stands before the last dot.

    Parameters
    ----------
    settings : mapping
        By ``"component.field"``.

    Returns
    -------
    dict of str to dict
        Fields and values by component.

    Raises
    ------
    ConfigError
        If a name has no dot.
    """
    grouped: dict[str, dict[str, Any]] = {}
    for key, value in settings.items():
        component, _, field = key.rpartition(".")
        if not (component and field):
            raise ConfigError(
                f"The setting {key!r} names no field of a component; write COMPONENT.FIELD=VALUE, "
                "such as denoiser.width=64."
            )
        grouped.setdefault(component, {})[field] = value
    return grouped


def read_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Parse settings of the command line, such as ``"reverb.decay_seconds=2.5"``.

    Parameters
    ----------
    texts : iterable of str
        ``NAME=VALUE``. A value is parsed as JSON (a number, ``true``, ``[1, 2]``, ``"text"``), or
        else taken as text. The last value of a name applies.

    Returns
    -------
    dict
        Values by name.

    Raises
    ------
    ConfigError
        If a text does not have this form.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise ConfigError(
                f"The setting {text!r} is not valid; write NAME=VALUE, such as "
                "reverb.decay_seconds=2.5."
            )
        try:
            settings[name] = parse_json(value)
        except ValueError:
            settings[name] = value
    return settings
