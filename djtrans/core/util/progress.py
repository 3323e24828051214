"""The progress event that every long call reports, and the type of its callback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import attrs


@attrs.frozen
class Progress:
    """Progress of one stage of a call.

    Attributes
    ----------
    stage : str
        Name of a step (``"analyze"``), or the plural of what is counted (``"tracks"``).
    done : float
        Fraction from 0 to 1 where `total` is the float 1.0; otherwise units that are finished,
        those of an earlier run included.
    total : float, optional
        Units in all; None if that is not known.
    message : str
        Details for a person to read.
    metrics : mapping of str to float
        The same details as numbers: ``resumed`` and ``failed`` units of a job, the losses and rates
        of a training step.
    pictures : mapping of str to Path
        Pictures that were written since the last event, by name.

    Examples
    --------
    >>> from djtrans.core.util.progress import Progress
    >>> Progress("tracks", 3, 10).done
    3
    """

    stage: str
    done: float
    total: float | None = None
    message: str = ""
    metrics: Mapping[str, float] = attrs.field(factory=dict)
    pictures: Mapping[str, Path] = attrs.field(factory=dict)


#: Receives each event, in the process that made the call.
ProgressCallback: TypeAlias = "Callable[[Progress], None]"
