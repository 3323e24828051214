"""djtrans: two tracks in, a beat-matched, musically aware DJ transition out.

The public names stand in ``__init__.pyi`` and are imported when they are first used (PEP 562,
scientific Python's SPEC 1), so that ``import djtrans`` loads neither torch nor numpy. The stub is
read here rather than by a library, since training runs where nothing but torch is installed.
"""

import ast as _ast
import importlib as _importlib
import warnings as _warnings
from pathlib import Path as _Path

__version__ = "0.1.0"

_HOMES = {
    alias.name: node.module
    for node in _ast.parse(_Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body
    if isinstance(node, _ast.ImportFrom) and node.level == 1
    for alias in node.names
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 -- a list, whatever the stub says


#: Former names of public names.
_RENAMED = {"DrawRequest": "CurveRequest"}


def __getattr__(name: str) -> object:
    if name in _RENAMED:
        _warnings.warn(
            f"djtrans.{name} is now djtrans.{_RENAMED[name]}.", DeprecationWarning, stacklevel=2
        )
        return __getattr__(_RENAMED[name])
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
