"""Run the rules on a component or a plugin, or as pytest tests."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import InputError, did_you_mean
from djtrans.testing import (  # noqa: F401 -- importing a module registers its rules
    analyzer_rules,
    declaration_rules,
    denoiser_rules,
    effect_domain_rules,
    effect_rules,
    encoder_rules,
    exporter_rules,
    library_rules,
    metric_rules,
    mixer_rules,
    objective_rules,
    scheduler_rules,
    separator_rules,
    technique_rules,
    tracklist_rules,
)
from djtrans.testing.building import Build, declarations_of, module_of
from djtrans.testing.plugin_layouts import plugin_layouts

# `rules` is public from here, since only this module registers all of them.
from djtrans.testing.rule import CheckFailed, Rule, rules, rules_of

__all__ = [
    "Case",
    "Report",
    "cases",
    "check_analyzer",
    "check_denoiser",
    "check_effect",
    "check_encoder",
    "check_exporter",
    "check_library",
    "check_metric",
    "check_mixer",
    "check_objective",
    "check_plugin",
    "check_scheduler",
    "check_separator",
    "check_technique",
    "check_tracklist",
    "parametrize_checks",
    "rules",
    "rules_of",
]

#: Former names of rules, still accepted in expected failures.
_FORMER = {
    "masked_frames_have_no_say": "masked_frames_have_no_effect",
    "batch_rows_do_not_meet": "rows_are_independent",
    "drawing_repeats": "generation_repeats",
    "another_seed_is_another_drawing": "seeds_vary_the_curves",
    "what_holds_no_tracklist_is_an_error": "files_without_a_tracklist_are_errors",
    "it_browses_where_it_says_so": "browse_is_as_declared",
    "curves_have_the_shape_asked": "curves_have_the_requested_shape",
    "networks_have_the_widths_asked": "networks_have_the_requested_widths",
}


@attrs.frozen
class Report:
    """Results of the rules.

    Attributes
    ----------
    passed : tuple of (str, str)
        Component and rule of each check that passed.
    expected : mapping of (str, str) to str
        Checks that failed as expected, with the reason.
    problems : tuple of str
        A message for each check that failed, or passed against expectation.
    """

    passed: tuple[tuple[str, str], ...] = attrs.field(converter=as_tuple)
    expected: Mapping[tuple[str, str], str]
    problems: tuple[str, ...] = attrs.field(converter=as_tuple)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """Former name of :attr:`passed`."""
        warnings.warn("Report.kept is now Report.passed.", DeprecationWarning, stacklevel=2)
        return self.passed

    def __str__(self) -> str:
        count = len(self.passed) + len(self.expected) + len(self.problems)
        return (
            f"rules run: {count} (passed {len(self.passed)}, failed as expected "
            f"{len(self.expected)}, problems {len(self.problems)})"
        )


@attrs.frozen
class Case:
    """A rule applied to a component.

    Attributes
    ----------
    rule : Rule
        Rule to check.
    build : Build
        Builds the component; contains the declaration.
    reason : str
        Reason of an expected failure; ``""`` if the rule is expected to pass.
    """

    rule: Rule = attrs.field(repr=lambda rule: rule.name)
    build: Build = attrs.field(repr=lambda build: build.declaration.name)
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Names of the component and of the rule."""
        return self.build.declaration.name, self.rule.name

    def run(self) -> None:
        """Check the rule; raise :class:`CheckFailed` if it is broken, expected or not."""
        __tracebackhide__ = True
        self.rule.check(self.build.declaration, self.build)


def cases(
    plugin: Any,
    expected_failures: Mapping[tuple[str, str], str] | None = None,
    *,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    makers: Mapping[str, Callable[[Any], Any]] | None = None,
    layouts: Sequence[Layout] = (),
) -> Iterator[Case]:
    """Yield every rule for every component of a plugin; arguments as in :func:`check_plugin`."""
    expected, configs, makers = _current(expected_failures or {}), configs or {}, makers or {}
    declarations = declarations_of(plugin)
    names = {declaration.name for declaration in declarations}
    for name in (*configs, *makers):
        if name not in names:
            raise InputError(
                f"The plugin declares no component {name!r}. {did_you_mean(name, names)}"
            )
    for key, reason in expected.items():
        if not isinstance(reason, str) or not reason.strip():
            raise InputError(
                f"The expected failure {key} has no reason; give the reason as a string."
            )
    found = []
    has_techniques = any(isinstance(d, TechniqueDeclaration) for d in declarations)
    own_layouts = (*plugin_layouts(declarations), *layouts) if has_techniques else ()
    for declaration in declarations:
        name = declaration.name
        build = Build(
            declaration, configs.get(name, {}), makers.get(name), module_of(plugin), own_layouts
        )
        found += [
            Case(rule, build, expected.get((name, rule.name), "")) for rule in rules_of(declaration)
        ]
    if not found:
        raise CheckFailed("There is nothing to check: the plugin declares no component.")
    unknown = expected.keys() - {case.key for case in found}
    if unknown:
        known = {rule for _, rule in (case.key for case in found)}
        name, rule = sorted(unknown)[0]
        raise InputError(
            f"The expected failure {(name, rule)} matches no rule that is run. "
            f"{did_you_mean(rule, known) if name in names else did_you_mean(name, names)}"
        )
    yield from found


def check_plugin(
    plugin: Any,
    expected_failures: Mapping[tuple[str, str], str] | None = None,
    *,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    makers: Mapping[str, Callable[[Any], Any]] | None = None,
    layouts: Sequence[Layout] = (),
) -> Report:
    """Check every component of a plugin, and print the number of rules that were run.

    Parameters
    ----------
    plugin : module, object, Declaration or iterable of Declaration
        Object with hook implementations, or the declarations themselves.
    expected_failures : mapping of (component, rule) to str, optional
        Rules that are known to fail, with the reason. One that passes is a failure.
    configs : mapping of component to mapping, optional
        Fields of the config to check a component under; the rest take their defaults.
    makers : mapping of component to callable, optional
        Called with the config instead of the factory of the component.
    layouts : sequence of Layout
        Layouts of mixers on which techniques are checked, beside that of the default mixer and
        those of the plugin's own effects and mixers.

    Returns
    -------
    Report

    Raises
    ------
    CheckFailed
        If a rule is broken, an expected failure passes, or there is nothing to check; the message
        has a line for each.
    InputError
        If an expected failure matches no rule that is run, or has no reason.
    PluginError
        If a hook is unknown or returns anything other than declarations.

    See Also
    --------
    parametrize_checks : Generates a pytest test per rule and component.

    Examples
    --------
    >>> import djtrans.plugins.mixers
    >>> from djtrans.testing import check_plugin
    >>> report = check_plugin(djtrans.plugins.mixers)
    rules run: ... (passed ..., failed as expected 0, problems 0)
    >>> report.problems
    ()
    """
    passed: list[tuple[str, str]] = []
    expected: dict[tuple[str, str], str] = {}
    problems: list[str] = []
    for case in cases(plugin, expected_failures, configs=configs, makers=makers, layouts=layouts):
        try:
            case.run()
        except CheckFailed as failure:
            if case.reason:
                expected[case.key] = case.reason
            else:
                problems.append(str(failure))
            continue
        if case.reason:
            problems.append(
                f"{case.rule.name} was expected to fail for {case.key[0]!r} ({case.reason}) but "
                "passes; remove it from the expected failures."
            )
        else:
            passed.append(case.key)
    report = Report(passed, expected, problems)
    sys.stdout.write(f"{report}\n")
    if problems:
        raise CheckFailed("\n".join([f"{report}", *problems]))
    return report


def _current(
    expected_failures: Mapping[tuple[str, str], str],
) -> dict[tuple[str, str], str]:
    """Replace former names of rules by the present ones."""
    for rule in sorted({rule for _, rule in expected_failures} & _FORMER.keys()):
        warnings.warn(f"The rule {rule} is now {_FORMER[rule]}.", DeprecationWarning, stacklevel=4)
    return {(c, _FORMER.get(rule, rule)): reason for (c, rule), reason in expected_failures.items()}


def _check_kind(kind: str) -> Callable[..., Report]:
    def check(
        declaration: Declaration,
        config: Mapping[str, Any] | None = None,
        *,
        expected_failures: Mapping[str, str] | None = None,
        make: Callable[[Any], Any] | None = None,
        layouts: Sequence[Layout] = (),
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
            layouts=layouts,
        )

    check.__name__ = check.__qualname__ = f"check_{kind}"
    check.__doc__ = f"""Check one {kind}, and print the number of rules that were run.

    Parameters
    ----------
    declaration : {kind.capitalize()}Declaration
        Declaration of the component.
    config : mapping, optional
        Fields of its config; the rest take their defaults.
    expected_failures : mapping of rule to str, optional
        Rules that are known to fail, with the reason. One that passes is a failure.
    make : callable, optional
        Called with the config instead of the declared factory.
    layouts : sequence of Layout
        Layouts of mixers on which a technique is checked, beside that of the default mixer.

    Returns
    -------
    Report

    Raises
    ------
    CheckFailed
        If a rule is broken, or an expected failure passes.
    InputError
        If the declaration is of another kind, or an expected failure matches no rule.
    """
    return check


check_analyzer = _check_kind("analyzer")
check_denoiser = _check_kind("denoiser")
check_effect = _check_kind("effect")
check_encoder = _check_kind("encoder")
check_exporter = _check_kind("exporter")
check_library = _check_kind("library")
check_metric = _check_kind("metric")
check_mixer = _check_kind("mixer")
check_objective = _check_kind("objective")
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
    layouts: Sequence[Layout] = (),
) -> Callable[..., None]:
    """Generate a pytest test per rule and component.

    Parameters
    ----------
    plugin, expected_failures, configs, makers, layouts
        As in :func:`check_plugin`. Expected failures become strict xfails with their reason.

    Returns
    -------
    callable
        A test function; give it a name that begins with ``test``.

    Raises
    ------
    CheckFailed
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
    for case in cases(plugin, expected_failures, configs=configs, makers=makers, layouts=layouts):
        marks = []
        if case.reason:
            marks = [pytest.mark.xfail(reason=case.reason, strict=True, raises=CheckFailed)]
        params.append(pytest.param(case, id="-".join(case.key), marks=marks))

    @pytest.mark.parametrize("case", params)
    def test_rule(case: Case) -> None:
        __tracebackhide__ = True
        case.run()

    return test_rule
