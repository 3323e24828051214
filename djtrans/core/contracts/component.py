"""Components by name and settings: the choice of a user, and the record in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from djtrans.core.errors import InputError

#: A component by its name, or by its name and fields of its config: ``("flow", {"order": 1})``.
ComponentChoice: TypeAlias = "str | tuple[str, Mapping[str, Any]]"


@attrs.frozen(kw_only=True)
class ComponentRecord:
    """Component as it was used.

    Attributes
    ----------
    name : str
        Qualified name.
    version : int
        Behaviour version.
    config : mapping
        All fields of its config.
    """

    name: str
    version: int
    config: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def versioned_name(self) -> str:
        """Name with the version, such as ``djtrans/audio@2``.

        Examples
        --------
        >>> ComponentRecord(name="djtrans/audio", version=2).versioned_name
        'djtrans/audio@2'
        """
        return f"{self.name}@{self.version}"


def split_choice(choice: ComponentChoice) -> tuple[str, dict[str, Any]]:
    """Split a choice into the component's name and the fields of its config.

    Raises
    ------
    InputError
        If it is neither a name nor a name with a mapping.
    """
    if isinstance(choice, str):
        return choice, {}
    match choice:
        case (str(name), Mapping() as config):
            return name, dict(config)
    raise InputError(
        f"{choice!r} names no component; give its name, or its name and fields of its config, "
        "such as ('flow', {'order': 1})."
    )
