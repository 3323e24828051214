"""A rung of the ladder: techniques to try; and what is chosen on one."""

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
    """Techniques that are tried together; the one with the best place is taken.

    Attributes
    ----------
    techniques : mapping of str to TechniqueDeclaration
        By qualified name.
    at_least : int
        Bars that the window must have.
    loop : bool
        Whether A's last bars without a voice are repeated to make room.
    beatless : bool
        Only where a track has no beat; each then keeps its own tempo.
    asked : bool
        Whether the user named the technique: then matters of taste, such as keys that clash, are
        said, and do not keep it from being made.
    last : bool
        Whether any downbeat will do, where no phrase line fits.
    """

    techniques: Mapping[str, TechniqueDeclaration]
    at_least: int = 1
    loop: bool = False
    beatless: bool = False
    asked: bool = False
    last: bool = False


@attrs.frozen(kw_only=True)
class Choice:
    """What the ladder led to.

    Attributes
    ----------
    candidate : Candidate
    tracks : Pair of Analysis
        As the plan counts them; A's with its loop.
    loop : Loop or None
    key : KeyRule
    reasons, rejected : tuple of str
    warned : bool
        Whether it was made although something speaks against it.
    """

    candidate: Candidate
    tracks: Pair[Analysis]
    loop: Loop | None
    key: KeyRule
    reasons: tuple[str, ...]
    rejected: tuple[str, ...]
    warned: bool
