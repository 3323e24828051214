"""Public names are those of ``djtrans`` and ``djtrans.<subject>``; nothing deeper is needed."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import djtrans

ROOT = Path(__file__).resolve().parent.parent
#: Folders of the package that are not subjects: plugins are reached by name, weights are data.
NO_SUBJECT = {"plugins", "weights", "cli"}
SUBJECTS = sorted(
    path.parent.name
    for path in (ROOT / "djtrans").glob("*/__init__.py")
    if path.parent.name not in NO_SUBJECT
)
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
DOCUMENTED = [*(ROOT / "examples").rglob("*.py"), *PAGES]


def python_of(path):
    """The Python of a script, or of the code blocks of a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [text]
    return re.findall(r"^```(?:python|py)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def imported(source):
    """Modules that a piece of Python imports from; pages may hold fragments."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return re.findall(r"^\s*(?:from|import) (djtrans[\w.]*)", source, flags=re.MULTILINE)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(node.module or "")
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_public_name_of_a_subject_exists(subject):
    module = importlib.import_module(f"djtrans.{subject}")
    assert module.__all__
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None, name


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_submodule_hides_a_public_name(subject):
    """Importing a submodule sets its name on the package: a function of that name would be lost."""
    package = importlib.import_module(f"djtrans.{subject}")
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"djtrans.{subject}.{found.name}")
    modules = [n for n in package.__all__ if isinstance(getattr(package, n), ModuleType)]
    assert modules == []


def test_subjects_are_light():
    """Listing public names loads none of the heavy packages.

    The conformance kit and the metrics are imported whole: the modules of metrics are named after
    their functions.
    """
    light = [subject for subject in SUBJECTS if subject not in ("testing", "metrics")]
    script = (
        "import importlib, sys\n"
        f"for name in {light!r}: importlib.import_module('djtrans.' + name).__all__\n"
        "print(sorted({'torch', 'librosa', 'matplotlib', 'torchaudio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_examples_and_pages_import_public_names_only():
    deep = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in DOCUMENTED
        for source in python_of(path)
        for module in imported(source)
        if module.split(".")[0] == "djtrans" and module.count(".") > 1
    }
    assert not deep


def test_examples_and_pages_import_names_that_exist():
    statement = re.compile(r"^ *from (djtrans(?:\.\w+)*) import (\([^)]*\)|[^\n#]*)", re.MULTILINE)
    wrong = {
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path in DOCUMENTED
        for source in python_of(path)
        for module, names in statement.findall(source)
        for name in re.findall(r"\w+", re.sub(r"(\w+) as \w+", r"\1", names))
        if not hasattr(importlib.import_module(module), name)
    }
    assert not wrong


def test_top_level_names_are_documented_with_an_example():
    missing = []
    for name in sorted(djtrans.__all__):
        text = getattr(djtrans, name).__doc__ or ""
        if ">>>" not in text:
            missing.append(name)
    assert missing == ["hookimpl"]  # a marker object of pluggy: the hooks have the examples


@pytest.mark.slow
def test_scripts_that_compose_the_parts_pass_strict_typing():
    """Inference from its parts, preparation, training and evaluation, as a user writes them."""
    scripts = ("inference", "pipeline", "train", "swap_scheduler", "compare_techniques")
    command = [sys.executable, "-m", "mypy", "--strict"]
    done = subprocess.run(
        command + [f"examples/{name}.py" for name in scripts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
