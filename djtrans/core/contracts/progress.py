"""Define the progress callback of components."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: Told how much of a step is done, 0 to 1.
Progress: TypeAlias = "Callable[[float], None]"
