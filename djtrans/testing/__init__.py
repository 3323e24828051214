"""Conformance checks for plugins: rules that every component must satisfy.

Three lines in a test file generate a pytest test per rule and component of a plugin::

    import acme_djtrans.plugin
    from djtrans.testing import parametrize_checks

    test_acme = parametrize_checks(acme_djtrans.plugin)
"""

from __future__ import annotations

import warnings

from djtrans.testing.building import Build
from djtrans.testing.checks import (
    Report,
    check_analyzer,
    check_denoiser,
    check_effect,
    check_encoder,
    check_metric,
    check_mixer,
    check_plugin,
    check_scheduler,
    check_separator,
    check_technique,
    check_tracklist,
    parametrize_checks,
)
from djtrans.testing.example_audio import example_audio, example_parts
from djtrans.testing.example_transition import example_transition
from djtrans.testing.rule import EVERY_KIND, CheckFailed, Rule, rules, rules_of

__all__ = [
    "EVERY_KIND",
    "Build",
    "CheckFailed",
    "Report",
    "Rule",
    "check_analyzer",
    "check_denoiser",
    "check_effect",
    "check_encoder",
    "check_metric",
    "check_mixer",
    "check_plugin",
    "check_scheduler",
    "check_separator",
    "check_technique",
    "check_tracklist",
    "example_audio",
    "example_parts",
    "example_transition",
    "parametrize_checks",
    "rules",
    "rules_of",
]


def __getattr__(name: str) -> type[CheckFailed]:
    """Return :class:`CheckFailed` for its former name."""
    if name == "RuleBroken":
        warnings.warn(
            "djtrans.testing.RuleBroken is now CheckFailed.", DeprecationWarning, stacklevel=2
        )
        return CheckFailed
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
