"""The files around the package agree with each other and with it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "torchaudio", "numpy", "scipy", "librosa", "matplotlib", "demucs")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def only_match(pattern: str, text: str) -> str:
    """The one place in `text` that matches; two would be as wrong as none."""
    (found,) = re.findall(pattern, text, flags=re.MULTILINE)
    return found


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", read("Makefile"), flags=re.MULTILINE))


def commands(markdown: str) -> list[str]:
    """The lines of a page's shell blocks, and its inline code."""
    blocks = re.findall(r"^```(?:bash|sh|console)\n(.*?)^```", markdown, flags=re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    return lines + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", markdown)


def made_by(command: str) -> list[str]:
    """The targets of a `make` command line: ``make install test PYTHON=x  # why``."""
    words = command.partition("#")[0].removeprefix("$ ").split()
    if not words or words[0] != "make":
        return []
    return [word for word in words[1:] if "=" not in word and not word.startswith("-")]


def test_made_by_reads_a_command_line():
    assert made_by("$ make install test PYTHON=python3.12  # both") == ["install", "test"]
    assert made_by("cmake install") == []


def test_versions_agree():
    import djtrans

    packaged = only_match(r'^version = "(.+)"$', read("pyproject.toml"))
    assert djtrans.__version__ == packaged
    assert only_match(r"^version: (.+)$", read("CITATION.cff")) == packaged


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_commands_in_the_pages_exist(page):
    named = {target for command in commands(read(page)) for target in made_by(command)}
    assert named, f"{page} names no make command; has its format changed?"
    assert named <= make_targets()


def test_every_make_target_is_phony_and_explained():
    makefile = read("Makefile")
    phony = set(only_match(r"^\.PHONY: (.+)$", makefile.replace("\\\n", "")).split())
    explained = set(re.findall(r"^([a-z-]+):.*?  ## \S", makefile, flags=re.MULTILINE))
    assert make_targets() == phony == explained


def test_ci_runs_make_targets():
    ci = read(".ci/run")
    steps = set(re.findall(r"\bstep ([a-z-]+)", ci)) | set(
        only_match(r"for name in (.+);", ci).split()
    )
    tests = {"test", "test-slow", "test-lowest", "test-smoke"}
    assert steps == {"install", "lint", "types", "docs", "audit", "coverage"} | tests
    assert steps <= make_targets()
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_a_warning_of_the_site_is_an_error():
    (build,) = re.findall(r"mkdocs build.*", read("Makefile"))
    assert "--strict" in build
    assert "-q" not in build, "what is not shown is not counted"


def test_every_dependency_has_a_tested_version():
    def name(requirement: str) -> str:
        return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()

    requirements = re.findall(r'"([A-Za-z][\w.-]*>=[^"]+)"', read("pyproject.toml"))
    lines = [line for line in read("constraints.txt").splitlines() if line and line[0] != "#"]
    pins = {name(line) for line in lines}
    assert len(requirements) > 20
    assert {name(requirement) for requirement in requirements} - {"hatchling"} <= pins
    assert all(
        re.fullmatch(r"[\w.-]+==[\w.+]+(; python_version (<|>=) \"3\.1[13]\")?", x) for x in lines
    )


def test_the_oldest_versions_are_tested():
    """What is pinned for `make test-lowest` is what pyproject.toml allows as the oldest."""
    project = re.search(r"^dependencies = .*?^docs = ", read("pyproject.toml"), flags=re.M | re.S)[
        0
    ]
    bounds = dict(re.findall(r'"([\w-]+)>=([\d.]+)"', project))
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", read("constraints-lowest.txt"), flags=re.M))
    assert len(bounds) > 25
    for name, bound in bounds.items():
        assert re.fullmatch(rf"{re.escape(bound)}(\.0)*", pins[name]), name


def test_license_is_mit():
    text = " ".join(read("LICENSE").split())
    assert text.startswith(
        "MIT License Copyright (c) 2026 djtrans contributors Permission is hereby granted"
    )
    assert "without restriction" in text
    assert text.endswith("USE OR OTHER DEALINGS IN THE SOFTWARE.")
    assert only_match(r'^license = "(.+)"$', read("pyproject.toml")) == "MIT"
    assert only_match(r"^license: (.+)$", read("CITATION.cff")) == "MIT"


def test_import_djtrans_is_light():
    script = (
        "import sys, djtrans; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), sep='\\n')"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert "djtrans" in loaded
    assert not set(HEAVY) & set(loaded)


def test_types_are_shipped():
    assert (ROOT / "djtrans/py.typed").is_file()


#: Tests of what is no module of the package.
BESIDE_THE_PACKAGE = {
    "examples": "the scripts and the package in examples/",
    "packaging": "wheel and sdist, installed in environments of their own",
    "test_dependencies.py": "what djtrans requires, and its licences",
    "test_determinism.py": "the same bytes in another process",
    "test_docs.py": "the pages, and the code in them",
    "test_docstring_examples.py": "the examples in docstrings",
    "test_file_compatibility.py": "files of earlier versions",
    "test_first_description.py": "the Python block of the first description of the system",
    "test_public_api.py": "the public names of all subjects",
    "test_repo.py": "the files around the package",
    "test_smoke.py": "a little of everything, for other Pythons",
    "test_site.py": "the documentation site",
    "torture": "fault injection, in torture/",
}


def test_the_tests_mirror_the_package():
    """``tests/a/b/test_c.py``, or ``test_c_aspect.py``, is about the module or package c of a.b.

    A file about a package as a whole is named after it: ``tests/a/b/test_b.py``.
    """
    strays = []
    for test in sorted((ROOT / "tests").rglob("test_*.py")):
        place = test.relative_to(ROOT / "tests")
        package = ROOT / "djtrans" / place.parent
        subjects = {path.stem for path in package.glob("*") if path.suffix in ("", ".py")}
        subjects |= set(place.parts[-2:-1])
        about = test.stem.removeprefix("test_") + "_"
        if place.parts[0] not in BESIDE_THE_PACKAGE and not any(
            about.startswith(f"{subject}_") for subject in subjects
        ):
            strays.append(str(place))
    assert not strays, "name them after a module, or say in BESIDE_THE_PACKAGE what they are about"
    assert all((ROOT / "tests" / name).exists() for name in BESIDE_THE_PACKAGE)


def test_tests_share_through_helpers_only():
    imports = r"^\s*(?:from|import) (tests\.[\w.]+)"
    found = {
        name
        for file in (ROOT / "tests").rglob("*.py")
        for name in re.findall(imports, file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    assert found
    assert all(f"{name}.".startswith("tests.helpers.") for name in found), sorted(found)


def test_first_lines_name_what_a_file_does():
    """A module, class or function is summarized in the field's terms, not by a riddle."""
    riddle = re.compile(r"(What|Which|Where|Whether|How|Who|When)\b")
    found = []
    for file in sorted((ROOT / "djtrans").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                summary = (ast.get_docstring(node) or "").partition("\n")[0]
                # The rules of the conformance kit are sentences, and may begin with a condition.
                if riddle.match(summary) and not file.stem.endswith("_rules"):
                    found.append(f"{file.relative_to(ROOT)}: {summary}")
    assert found == []
