"""Running the rules: one component, a whole plugin, or as pytest tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.errors import InputError, did_you_mean
from djtrans.testing import (  # noqa: F401 -- the tables of rules fill as these are imported
    analyzer_rules,
    declaration_rules,
    denoiser_rules,
    effect_domain_rules,
    effect_rules,
    encoder_rules,
    metric_rules,
    mixer_rules,
    scheduler_rules,
    separator_rules,
    technique_rules,
    tracklist_rules,
)
from djtrans.testing.building import Build, declarations_of, module_of
from djtrans.testing.rule import Rule, RuleBroken, rules_of


@attrs.frozen
class Report:
    """What running the rules has shown.

    Attributes
    ----------
    kept : tuple of (str, str)
        Component and rule, for each rule that was kept.
    expected : mapping of (str, str) to str
        Rules that were broken as expected, with the reason.
    problems : tuple of str
        A message for each rule that was broken, or kept against expectation.
    """

    kept: tuple[tuple[str, str], ...] = attrs.field(converter=as_tuple)
    expected: Mapping[tuple[str, str], str]
    problems: tuple[str, ...] = attrs.field(converter=as_tuple)

    def __str__(self) -> str:
        count = len(self.kept) + len(self.expected) + len(self.problems)
        return (
            f"rules run: {count} (kept {len(self.kept)}, broken as expected "
            f"{len(self.expected)}, problems {len(self.problems)})"
        )


@attrs.frozen
class Case:
    """One rule for one component.

    Attributes
    ----------
    rule : Rule
    build : Build
        Holds the declaration.
    reason : str
        Why it is expected to fail; ``""`` if it is not.
    """

    rule: Rule = attrs.field(repr=lambda rule: rule.name)
    build: Build = attrs.field(repr=lambda build: build.declaration.name)
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Name of the component, and of the rule."""
        return self.build.declaration.name, self.rule.name

    def run(self) -> None:
        """Check the rule, expected or not; raises :class:`RuleBroken`."""
        __tracebackhide__ = True
        self.rule.check(self.build.declaration, self.build)


def cases(
    plugin: Any,
    expected_failures: Mapping[tuple[str, str], str] | None = None,
    *,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    makers: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Iterator[Case]:
    """Every rule for every component of a plugin; the arguments are those of `check_plugin`."""
    expected, configs, makers = dict(expected_failures or {}), configs or {}, makers or {}
    declarations = declarations_of(plugin)
    names = {declaration.name for declaration in declarations}
    for name in (*configs, *makers):
        if name not in names:
            raise InputError(
                f"There is no component {name!r} to check. {did_you_mean(name, names)}"
            )
    for key, reason in expected.items():
        if not isinstance(reason, str) or not reason.strip():
            raise InputError(f"The expected failure {key} has no reason; say why it is expected.")
    found = []
    for declaration in declarations:
        name = declaration.name
        build = Build(declaration, configs.get(name, {}), makers.get(name), module_of(plugin))
        found += [
            Case(rule, build, expected.get((name, rule.name), "")) for rule in rules_of(declaration)
        ]
    if not found:
        raise RuleBroken("There is nothing to check: the plugin declares no component.")
    unknown = expected.keys() - {case.key for case in found}
    if unknown:
        known = {rule for _, rule in (case.key for case in found)}
        name, rule = sorted(unknown)[0]
        raise InputError(
            f"The expected failure {(name, rule)} belongs to no rule that is run. "
            f"{did_you_mean(rule, known) if name in names else did_you_mean(name, names)}"
        )
    yield from found


def check_plugin(
    plugin: Any,
    expected_failures: Mapping[tuple[str, str], str] | None = None,
    *,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    makers: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Report:
    """Check every component of a plugin, and print how many rules were run.

    Parameters
    ----------
    plugin : module, object, Declaration or iterable of Declaration
        Something with hook implementations, or the declarations themselves.
    expected_failures : mapping of (component, rule) to str, optional
        Rules that are known to be broken, with the reason. One that is kept is a failure.
    configs : mapping of component to mapping, optional
        Fields of the config to check a component under; the rest take their defaults.
    makers : mapping of component to callable, optional
        Called with the config instead of the component's factory.

    Returns
    -------
    Report

    Raises
    ------
    RuleBroken
        If a rule is broken, or an expected failure is not one, or there is nothing to check; the
        message has a line for each.
    InputError
        If an expected failure names no rule that is run, or has no reason.
    PluginError
        If a hook is unknown or gives something else than declarations.
    """
    kept: list[tuple[str, str]] = []
    expected: dict[tuple[str, str], str] = {}
    problems: list[str] = []
    for case in cases(plugin, expected_failures, configs=configs, makers=makers):
        try:
            case.run()
        except RuleBroken as broken:
            if case.reason:
                expected[case.key] = case.reason
            else:
                problems.append(str(broken))
            continue
        if case.reason:
            problems.append(
                f"{case.rule.name} was expected to fail for {case.key[0]!r} ({case.reason}) but "
                "is kept; take it off the list."
            )
        else:
            kept.append(case.key)
    report = Report(kept, expected, problems)
    sys.stdout.write(f"{report}\n")
    if problems:
        raise RuleBroken("\n".join([f"{report}", *problems]))
    return report


def _check_kind(kind: str) -> Callable[..., Report]:
    def check(
        declaration: Declaration,
        config: Mapping[str, Any] | None = None,
        *,
        expected_failures: Mapping[str, str] | None = None,
        make: Callable[[Any], Any] | None = None,
    ) -> Report:
        if not isinstance(declaration, Declaration) or declaration.kind != kind:
            raise InputError(
                f"check_{kind} takes one declaration of the kind {kind!r}, got {declaration!r}."
            )
        name = declaration.name
        return check_plugin(
            declaration,
            {(name, rule): reason for rule, reason in (expected_failures or {}).items()},
            configs={name: config or {}},
            makers={name: make} if make else {},
        )

    check.__name__ = check.__qualname__ = f"check_{kind}"
    check.__doc__ = f"""Check one {kind}, and print how many rules were run.

    Parameters
    ----------
    declaration : {kind.capitalize()}Declaration
    config : mapping, optional
        Fields of its config; the rest take their defaults.
    expected_failures : mapping of rule to str, optional
        Rules that are known to be broken, with the reason. One that is kept is a failure.
    make : callable, optional
        Called with the config instead of the declared factory.

    Returns
    -------
    Report

    Raises
    ------
    RuleBroken
        If a rule is broken, or an expected failure is not one.
    InputError
        If it is the declaration of another kind, or an expected failure names no rule.
    """
    return check


check_analyzer = _check_kind("analyzer")
check_denoiser = _check_kind("denoiser")
check_effect = _check_kind("effect")
check_encoder = _check_kind("encoder")
check_metric = _check_kind("metric")
check_mixer = _check_kind("mixer")
check_scheduler = _check_kind("scheduler")
check_separator = _check_kind("separator")
check_technique = _check_kind("technique")
check_tracklist = _check_kind("tracklist")


def parametrize_checks(
    plugin: Any,
    expected_failures: Mapping[tuple[str, str], str] | None = None,
    *,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    makers: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Callable[..., None]:
    """A pytest test for each rule of each component.

    Parameters
    ----------
    plugin, expected_failures, configs, makers
        As in :func:`check_plugin`. Expected failures become strict xfails with their reason.

    Returns
    -------
    callable
        A test function; give it a name that begins with ``test``.

    Raises
    ------
    RuleBroken
        If there is nothing to check.
    InputError, PluginError
        As in :func:`check_plugin`.

    Examples
    --------
    >>> import acme_djtrans.plugin  # doctest: +SKIP
    >>> test_acme = parametrize_checks(acme_djtrans.plugin)  # doctest: +SKIP
    """
    import pytest

    params = []
    for case in cases(plugin, expected_failures, configs=configs, makers=makers):
        marks = []
        if case.reason:
            marks = [pytest.mark.xfail(reason=case.reason, strict=True, raises=RuleBroken)]
        params.append(pytest.param(case, id="-".join(case.key), marks=marks))

    @pytest.mark.parametrize("case", params)
    def test_rule(case: Case) -> None:
        __tracebackhide__ = True
        case.run()

    return test_rule
