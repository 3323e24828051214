"""Type of the progress callback of components."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: Function called with the completed fraction of one component's work, 0 to 1. Calls of several
#: steps report :class:`djtrans.core.util.progress.Progress` events instead.
FractionCallback: TypeAlias = "Callable[[float], None]"
