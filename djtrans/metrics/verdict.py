"""Four questions that a transition has to answer well: aligned, one bass, one voice, level.

A gate is not a score: it holds measurements against documented limits and says which ones decided.
Gates are for comparing transitions of one technique; a hard cut passes every gate that looks at an
overlap, because it has none.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

VERDICTS = ("pass", "warn", "fail", "not measurable")


@attrs.frozen
class Gate:
    """The answer to one question.

    Attributes
    ----------
    name : str
        ``"aligned"``, ``"one bass"``, ``"one voice"`` or ``"level"``.
    verdict : {"pass", "warn", "fail", "not measurable"}
    why : str
        The numbers that decided, and what could not be measured.
    """

    name: str
    verdict: str
    why: str


@attrs.frozen
class Limit:
    """One measurement held against two limits.

    Attributes
    ----------
    value : float or None
        What was measured; None if it could not be.
    warn_above, fail_above : float
        The largest value that passes, and the largest that only warns.
    text : str
        How to say the value: a format string.
    reason : str
        Why there is no value.
    """

    value: float | None
    warn_above: float
    fail_above: float
    text: str
    reason: str = ""

    @property
    def verdict(self) -> str:
        """What this measurement alone would say."""
        if self.value is None:
            return "not measurable"
        if self.value > self.fail_above:
            return "fail"
        return "warn" if self.value > self.warn_above else "pass"

    @property
    def words(self) -> str:
        """The value, and the limit that it went past."""
        if self.value is None:
            return self.reason
        said = self.text.format(self.value)
        limit = {"warn": self.warn_above, "fail": self.fail_above}.get(self.verdict)
        return said if limit is None else f"{said} (limit {limit:g})"


def gate(name: str, limits: Sequence[Limit]) -> Gate:
    """The worst verdict of what could be measured, and the words of those that decided.

    Parameters
    ----------
    name : str
    limits : sequence of Limit

    Returns
    -------
    Gate
        ``"not measurable"`` only if nothing could be measured.
    """
    measured = [limit for limit in limits if limit.value is not None]
    missing = [limit.words for limit in limits if limit.value is None and limit.reason]
    if not measured:
        return Gate(name, "not measurable", "; ".join(missing))
    worst = max((limit.verdict for limit in measured), key=("pass", "warn", "fail").index)
    decided = [limit.words for limit in measured if limit.verdict == worst]
    return Gate(name, worst, "; ".join([*decided, *missing]))
