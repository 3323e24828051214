"""Type of the progress callback of components."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: Function called with the completed fraction of a step, 0 to 1.
Progress: TypeAlias = "Callable[[float], None]"
