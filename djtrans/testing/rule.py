"""What a rule is, and the table that holds all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.kinds import KINDS

#: Makes a new component, under the config that is to be checked.
BuildFunction: TypeAlias = "Callable[[], Any]"
#: A rule as it is called; it returns nothing, or raises :class:`RuleBroken`.
RuleFunction: TypeAlias = "Callable[[Any, BuildFunction], None]"

#: The kind under which rules stand that hold for every kind of component.
EVERY_KIND = "declaration"


class RuleBroken(AssertionError):
    """A component breaks a rule; the message states the rule and what was found."""


@attrs.frozen
class Rule:
    """One rule of the conformance kit.

    Attributes
    ----------
    kind : str
        Kind of component that it holds for, or :data:`EVERY_KIND`.
    name : str
        Name of its function.
    statement : str
        The rule in one sentence: the first line of the function's docstring.
    check : callable
        ``check(declaration, build)``.
    applies : callable
        Whether a component with this declaration is concerned at all.
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
    """Put a function into the table of rules.

    Whatever the function raises becomes a :class:`RuleBroken` that begins with its statement: a
    component that fails with an error of its own breaks the rule too.

    Parameters
    ----------
    kind : str
        Kind of component, or :data:`EVERY_KIND`.
    applies : callable
        Tells from the declaration whether the rule concerns a component.
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
            except RuleBroken as broken:
                raise RuleBroken(f"{heading}: {broken}") from None
            except (Exception, SystemExit) as error:
                raise RuleBroken(f"{heading}: {_say(error)}") from error

        _RULES[kind].append(Rule(kind, function.__name__, statement, check, applies))
        return check

    return register


def require(condition: bool, found: str) -> None:
    """Raise :class:`RuleBroken` unless `condition` holds; `found` says what was seen instead."""
    if not condition:
        raise RuleBroken(found)


def rules(kind: str) -> tuple[Rule, ...]:
    """The rules that stand under one kind."""
    return tuple(_RULES[kind])


def rules_of(declaration: Declaration) -> tuple[Rule, ...]:
    """All rules that a component with this declaration has to keep."""
    candidates = (*_RULES[EVERY_KIND], *_RULES[declaration.kind])
    return tuple(entry for entry in candidates if entry.applies(declaration))


def _say(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
