"""Rules of the conformance checks and their registry."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.kinds import KINDS

#: Builds a new component with the config under test.
BuildFunction: TypeAlias = "Callable[[], Any]"
#: Checks a declaration; raises :class:`CheckFailed` if the rule does not hold.
RuleFunction: TypeAlias = "Callable[[Any, BuildFunction], None]"

#: Kind of the rules that apply to components of every kind.
EVERY_KIND = "declaration"


class CheckFailed(AssertionError):
    """Raised if a component breaks a rule; the message states the rule and the finding."""


@attrs.frozen
class Rule:
    """A rule of the conformance checks.

    Attributes
    ----------
    kind : str
        Kind of component that it applies to, or :data:`EVERY_KIND`.
    name : str
        Name of the function.
    statement : str
        The rule in one sentence: the first line of the function's docstring.
    check : callable
        ``check(declaration, build)``.
    applies : callable
        Returns True for declarations that the rule applies to.

    Examples
    --------
    >>> from djtrans.testing import rules
    >>> [rule.name for rule in rules("mixer")]
    ['the_factory_gives_a_spec', 'effects_are_named_in_full', 'aliases_name_nodes']
    """

    kind: str
    name: str
    statement: str
    check: RuleFunction
    applies: Callable[[Any], bool]


_RULES: dict[str, list[Rule]] = {EVERY_KIND: [], **{kind: [] for kind in KINDS}}


def rule(
    kind: str, applies: Callable[[Any], bool] = lambda declaration: True
) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function as a rule.

    Any exception of the function becomes a :class:`CheckFailed` that begins with its statement:
    a component that raises an exception of its own breaks the rule, too.

    Parameters
    ----------
    kind : str
        Kind of component, or :data:`EVERY_KIND`.
    applies : callable
        Returns True for declarations that the rule applies to.
    """

    def register(function: RuleFunction) -> RuleFunction:
        statement = (function.__doc__ or "").strip().splitlines()[0]

        @functools.wraps(function)
        def check(declaration: Any, build: BuildFunction) -> None:
            __tracebackhide__ = True
            heading = (
                f"{statement} The {declaration.kind} {declaration.name!r} breaks this rule "
                f"({function.__name__})"
            )
            try:
                function(declaration, build)
            except CheckFailed as broken:
                raise CheckFailed(f"{heading}: {broken}") from None
            except (Exception, SystemExit) as error:
                raise CheckFailed(f"{heading}: {_format(error)}") from error

        _RULES[kind].append(Rule(kind, function.__name__, statement, check, applies))
        return check

    return register


def require(condition: bool, found: str) -> None:
    """Raise :class:`CheckFailed` with the message `found` unless `condition` holds."""
    if not condition:
        raise CheckFailed(found)


def rules(kind: str) -> tuple[Rule, ...]:
    """Return the rules registered for one kind."""
    return tuple(_RULES[kind])


def rules_of(declaration: Declaration) -> tuple[Rule, ...]:
    """Return all rules that apply to a component with this declaration."""
    candidates = (*_RULES[EVERY_KIND], *_RULES[declaration.kind])
    return tuple(entry for entry in candidates if entry.applies(declaration))


def _format(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
