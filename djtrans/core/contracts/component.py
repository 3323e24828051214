"""What is written down of a component, to build it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class ComponentRecord:
    """A component as it was used: qualified name, behaviour version, full config."""

    name: str
    version: int
    config: Mapping[str, Any] = attrs.field(factory=dict)
