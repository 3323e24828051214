"""Mutation testing: change one operator or number at a time, and see whether a test fails.

    python tools/mutation.py mixer --count 40    # a seeded sample of a subject's mutants
    python tools/mutation.py --report            # the table, and the mutants that no test noticed

Each mutant lives in a forked process only; no file of the package is changed. Results are kept in
build/mutation/, so that a run that was stopped goes on where it ended. Mutants of messages,
annotations and docstrings are left out. A subject's tests run in the order given here; tests in
processes of their own do not see the mutant.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build/mutation"
LIMIT_SECONDS = 600

#: Files and tests of each subject.
SUBJECTS = {
    "mixer": ("djtrans/mixer/*.py", "tests/mixer"),
    "planner": ("djtrans/planning/*.py", "tests/planning"),
    "schedulers": (
        "djtrans/plugins/schedulers/*.py djtrans/core/schedules/*.py",
        "tests/plugins/schedulers tests/core/schedules tests/diffusion/test_sampling.py",
    ),
    "params": (
        (
            "djtrans/core/transition/params_file.py djtrans/core/transition/plan.py "
            "djtrans/core/curves/pa*.py djtrans/core/curves/layout.py"
        ),
        "tests/core/transition tests/core/curves tests/test_file_compatibility.py",
    ),
    "writers": (
        (
            "djtrans/core/util/atomic_files.py djtrans/core/util/json_documents.py "
            "djtrans/core/audio/reproducible_files.py djtrans/core/track/stem_files.py "
            "djtrans/plot/save.py"
        ),
        (
            "tests/core/util tests/core/audio/test_reproducible_files.py tests/plot/test_save.py "
            "tests/core/track/test_stem_files.py tests/plugins/separators/test_folder.py"
        ),
    ),
}

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
}


def tested_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and those below it, without annotations, messages and decorators."""
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    if isinstance(node, ast.keyword) and node.arg == "stacklevel":
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "decorator_list"):
            for below in value if isinstance(value, list) else [value]:
                if isinstance(below, ast.AST):
                    yield from tested_nodes(below)


def sites(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int]]:
    """Yield each node that can be mutated, the field of it, and the index in that field."""
    for node in tested_nodes(tree):
        if isinstance(node, ast.Compare):
            yield from ((node, "ops", i) for i in range(len(node.ops)))
        elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign | ast.UnaryOp):
            if type(node.op) in SWAPS or isinstance(node.op, ast.Not):
                yield node, "op", 0
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
            yield node, "value", 0
        elif isinstance(node, ast.If | ast.IfExp) and isinstance(node.test, ast.Name | ast.Call):
            yield node, "test", 0


def mutate(tree: ast.Module, number: int) -> str:
    """Mutate the site of this number in place; return the line number and the change."""
    node, field, index = list(sites(tree))[number]
    before = ast.unparse(node)
    if field == "ops":
        node.ops[index] = SWAPS[type(node.ops[index])]()
    elif field == "op" and isinstance(node.op, ast.Not):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif field == "op":
        node.op = SWAPS[type(node.op)]()
    elif field == "test":
        before = ast.unparse(node.test)
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return f"line {node.lineno}: if {before} -> if {ast.unparse(node.test)}"
    elif isinstance(node.value, bool):
        node.value = not node.value
    else:
        node.value += 1
    return f"line {node.lineno}: {before} -> {ast.unparse(node)}"


def mutants(subject: str) -> list[tuple[str, int]]:
    """List all mutants of a subject: a file and the number of the site."""
    found = []
    for file in sorted({p for pattern in SUBJECTS[subject][0].split() for p in ROOT.glob(pattern)}):
        count = len(list(sites(ast.parse(file.read_text(encoding="utf-8")))))
        found += [(file.relative_to(ROOT).as_posix(), number) for number in range(count)]
    return found


class MutantLoader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from a mutated tree."""

    def __init__(self, name: str, file: Path, tree: ast.Module) -> None:
        self.name, self.file, self.tree = name, file, tree

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """Find the mutant under the name of its module."""
        if name != self.name:
            return None
        package = self.file.name == "__init__.py"
        return importlib.util.spec_from_file_location(
            name,
            self.file,
            loader=self,
            submodule_search_locations=[str(self.file.parent)] if package else None,
        )

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutated code as the module."""
        exec(compile(self.tree, self.file, "exec"), module.__dict__)  # noqa: S102 - our own code


def run_tests(subject: str, mutant: MutantLoader | None = None) -> str:
    """Run the tests of a subject in a fork: killed, survived or timeout."""
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT_SECONDS)  # which ends it
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        import pytest

        if mutant is not None:
            sys.meta_path.insert(0, mutant)
        tests = SUBJECTS[subject][1].split()
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "timeout"
    return "survived" if os.WEXITSTATUS(status) == 0 else "killed"


def make_mutant(file: str, number: int) -> tuple[str, MutantLoader]:
    """Return the description of a mutant, and what imports it."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    change = mutate(tree, number)
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return change, MutantLoader(name, ROOT / file, ast.fix_missing_locations(tree))


def run(subject: str, count: int, seed: int) -> None:
    """Test a sample of a subject's mutants, those without a result."""
    # Imported once, before the forks; the package itself is imported by each.
    import matplotlib.figure
    import scipy.signal
    import soundfile
    import torch

    for module in (torch, scipy.signal, soundfile, matplotlib.figure):
        assert module.__name__ in sys.modules  # noqa: S101
    assert not any(name.startswith("djtrans") for name in sys.modules)  # noqa: S101
    if run_tests(subject) != "survived":
        sys.exit(f"The tests of {subject} fail without a mutant; run them alone.")
    RESULTS.mkdir(parents=True, exist_ok=True)
    log = RESULTS / f"{subject}.jsonl"
    done = {(row["file"], row["number"]) for row in results(subject)}
    everything = mutants(subject)
    random.Random(seed).shuffle(everything)  # a larger count only adds to a smaller one
    for file, number in everything[:count]:
        if (file, number) in done:
            continue
        change, mutant = make_mutant(file, number)
        result = run_tests(subject, mutant)
        with log.open("a", encoding="utf-8") as stream:
            row = {"file": file, "number": number, "change": change, "result": result}
            stream.write(json.dumps(row) + "\n")
        print(f"{result:9} {file} {change}", flush=True)


def results(subject: str) -> list[dict[str, Any]]:
    """Read the results so far."""
    log = RESULTS / f"{subject}.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def report() -> None:
    """Print the table and the survivors."""
    for subject in SUBJECTS:
        rows = results(subject)
        count = {
            kind: sum(row["result"] == kind for row in rows) for kind in ("killed", "survived")
        }
        print(f"{subject}: {len(rows)} of {len(mutants(subject))} mutants, {count}")
        for row in rows:
            if row["result"] == "survived":
                print(f"  {row['file']} {row['change']}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("subject", nargs="?", choices=SUBJECTS)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.path.insert(0, str(ROOT))
    if options.report or options.subject is None:
        report()
    else:
        run(options.subject, options.count, options.seed)


if __name__ == "__main__":
    main()
