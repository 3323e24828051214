"""Define the progress callback of components."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: Receives the fraction of one component's work that is done, 0 to 1. Calls that run several steps
#: report :class:`djtrans.core.util.progress.Progress` events instead.
FractionCallback: TypeAlias = "Callable[[float], None]"
