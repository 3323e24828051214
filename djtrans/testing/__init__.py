"""Conformance checks for plugins: rules that every component must satisfy.

Three lines in a test file generate a pytest test per rule and component of a plugin::

    import acme_djtrans.plugin
    from djtrans.testing import parametrize_checks

    test_acme = parametrize_checks(acme_djtrans.plugin)
"""

import warnings as _warnings

import lazy_loader as _lazy

_attached, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name == "RuleBroken":
        _warnings.warn(
            "djtrans.testing.RuleBroken is now djtrans.testing.CheckFailed.",
            DeprecationWarning,
            stacklevel=2,
        )
        name = "CheckFailed"
    value: object = _attached(name)
    return value
