"""The conformance kit: what every component must do, as rules that a plugin author can run.

Three lines in a test file make a pytest test of each rule for each component of a plugin::

    import acme_djtrans.plugin
    from djtrans.testing import parametrize_checks

    test_acme = parametrize_checks(acme_djtrans.plugin)
"""

from __future__ import annotations

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
from djtrans.testing.rule import EVERY_KIND, Rule, RuleBroken, rules, rules_of

__all__ = [
    "EVERY_KIND",
    "Build",
    "Report",
    "Rule",
    "RuleBroken",
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
