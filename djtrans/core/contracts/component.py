"""Record of a component in files, from which it can be built again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs


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
