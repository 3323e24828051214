"""Write the source of a plugin package with one component."""

from __future__ import annotations

import keyword
import re
import string
from importlib.resources import files
from pathlib import Path

import attrs

from djtrans.core.contracts.kinds import KINDS, plural
from djtrans.core.errors import InputError, did_you_mean

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
#: Namespace of the built-in components.
_RESERVED = "djtrans"

_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
description = "$kind_text for djtrans: $name."
readme = "README.md"
requires-python = ">=3.10"
dependencies = ["djtrans$version_range"]

# The key is the namespace of the components, "$namespace/$name".
# The value is the module with the hooks.
[project.entry-points.djtrans]
$namespace = "$package.plugin"

[tool.hatch.build.targets.wheel]
packages = ["src/$package"]

# The tests run on the source, whether or not the package is installed.
[tool.pytest.ini_options]
pythonpath = ["src"]
addopts = ["--import-mode=importlib"]
"""

_README = """\
# $distribution

A plugin for [djtrans](https://pypi.org/project/djtrans/) with the $kind `$namespace/$name`.

```bash
pip install -e .
djtrans plugins show $namespace/$name
$try_command
```
$try_text
| file | content |
|---|---|
| `pyproject.toml` | the entry point: namespace `$namespace`, module `$package.plugin` |
| `src/$package/plugin.py` | declarations and settings; no torch, so that listing stays fast |
| `src/$package/$module.py` | the component |
| `tests/test_plugin.py` | all rules of djtrans for the component, and its own tests |

```bash
pip install pytest
pytest
```

Contract and shapes: `docs/plugins/$kinds.md` of djtrans; publishing: `docs/publishing.md`.
"""


@attrs.frozen
class NewPlugin:
    """Source files of a new plugin package.

    Attributes
    ----------
    folder : str
        Name of the folder of the package.
    files : mapping of str to str
        Content of each file, by its path in the folder.
    """

    folder: str
    files: dict[str, str]


def plugin_source(name: str, kind: str) -> NewPlugin:
    """Compose the source of a plugin package with one component.

    Parameters
    ----------
    name : str
        Name of the component and namespace of the package: lower-case words joined by ``-``.
    kind : str
        Kind of the component, such as ``"effect"``.

    Raises
    ------
    InputError
        If the name or the kind is not allowed.
    """
    if kind not in KINDS:
        raise InputError(f"There is no kind {kind!r} of component. {did_you_mean(kind, KINDS)}")
    module = name.replace("-", "_")
    if not _NAME.fullmatch(name) or keyword.iskeyword(module) or name == _RESERVED:
        raise InputError(
            f"{name!r} cannot name a plugin; use lower-case words of letters and digits joined by "
            f"'-', a letter first, such as 'tape-echo', and neither a keyword of Python nor "
            f"{_RESERVED!r}."
        )
    package = f"djtrans_{module}"
    values = {
        "name": name,
        "namespace": name,
        "distribution": f"djtrans-{name}",
        "package": package,
        # The module must not be called as the one with the declarations.
        "module": f"{module}_{kind}" if module == "plugin" else module,
        "class_name": "".join(word.capitalize() for word in name.split("-")),
        "value": module,
        "kind": kind,
        "kinds": plural(kind),
        "kind_text": f"{'An' if kind[0] in 'aeiou' else 'A'} {kind}",
        "version_range": _version_range(),
    }
    parts = {part: _fill(text, values) for part, text in _sections(kind).items()}
    command, _, text = parts["try"].partition("\n\n")
    values |= {"try_command": command, "try_text": f"\n{text}\n" if text else ""}
    sources = {
        "pyproject.toml": _fill(_PYPROJECT, values),
        "README.md": _fill(_README, values),
        f"src/{package}/__init__.py": f'"""Plugin of djtrans; see :mod:`{package}.plugin`."""\n',
        f"src/{package}/plugin.py": parts["plugin"] + "\n",
        f"src/{package}/{values['module']}.py": parts["component"] + "\n",
        "tests/test_plugin.py": parts["test"] + "\n",
    }
    return NewPlugin(values["distribution"], sources)


def write_plugin(source: NewPlugin, parent: Path) -> list[Path]:
    """Write the source of a package into a new folder of `parent`; return the files.

    Raises
    ------
    InputError
        If the folder exists already, or cannot be written.
    """
    folder = parent / source.folder
    if folder.exists():
        raise InputError(f"{folder} exists already; choose another name, or another --output.")
    written = []
    try:
        for path, text in source.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(file)
    except OSError as error:
        raise InputError(f"Cannot write {folder}: {error.strerror}.") from None
    return written


def _fill(text: str, values: dict[str, str]) -> str:
    return string.Template(text).substitute(values)


def _sections(kind: str) -> dict[str, str]:
    """Read the parts of the template of a kind."""
    text = (files("djtrans.cli") / "plugin_templates" / f"{kind}.txt").read_text(encoding="utf-8")
    found = re.split(r"^=== (\w+)\n", text, flags=re.M)[1:]
    return {name: part.strip("\n") for name, part in zip(found[::2], found[1::2], strict=True)}


def _version_range() -> str:
    """Return the versions of djtrans that promise the same interface: up to the next minor one."""
    from djtrans import __version__

    major, minor = (int(part) for part in __version__.split(".")[:2])
    return f">={major}.{minor},<{major}.{minor + 1}" if major == 0 else f">={major}.{minor}"
