"""Candidate groups: techniques with common conditions, and the chosen candidate."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import Loop
from djtrans.planning.candidates import Candidate
from djtrans.planning.keys import KeyRule


@attrs.frozen(kw_only=True)
class CandidateGroup:
    """Techniques that are considered under common conditions.

    Attributes
    ----------
    techniques : mapping of str to TechniqueDeclaration
        By qualified name.
    at_least : int
        Least length of the window in bars.
    loop : bool
        Repeat A's last bars without vocals to extend its usable range.
    beatless : bool
        Use the group only if a track has no beat; each track then keeps its own tempo.
    asked : bool
        The user named the technique: soft violations, such as clashing keys, are reported as
        warnings and do not reject the plan.
    handicap : float
        Cost that is added to those of its candidates, see :mod:`djtrans.planning.scoring`.
    fallback : bool
        Use the group only if those before it have no acceptable candidate.
    anywhere : bool
        Allow the swap on any downbeat, not only on phrase boundaries.

    Examples
    --------
    >>> import djtrans, djtrans.planning
    >>> cut = djtrans.default_registry().techniques.find("cut")
    >>> djtrans.planning.CandidateGroup(techniques={cut.name: cut.declaration}).at_least
    1
    """

    techniques: Mapping[str, TechniqueDeclaration]
    at_least: int = 1
    loop: bool = False
    beatless: bool = False
    asked: bool = False
    handicap: float = 0.0
    fallback: bool = False
    anywhere: bool = False


@attrs.frozen(kw_only=True)
class Choice:
    """A chosen candidate, and the decisions that led to it.

    Attributes
    ----------
    candidate : Candidate
    tracks : Pair of Analysis
        In the tempo octave of the plan; A with its loop.
    loop : Loop or None
    key : KeyRule
    reasons, rejected : tuple of str
    beat : float
        Length of B's own beat in beats of the window.
    warned : bool
        True if it was chosen in spite of a violation.
    cost : float
        Of the candidate, with the handicap of its group.
    """

    candidate: Candidate
    tracks: Pair[Analysis]
    loop: Loop | None
    key: KeyRule
    reasons: tuple[str, ...]
    rejected: tuple[str, ...]
    warned: bool
    cost: float
    beat: float = 1.0
