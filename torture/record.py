"""Record of the results, one JSON document per line, so that a run can be resumed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from torture.case import Fault, Result

#: A result by the key of its case.
Results = dict[str, Result]


def package_version() -> str:
    """Hash the code of the package."""
    import djtrans

    return _digest(Path(djtrans.__path__[0]))


def version() -> str:
    """Hash the code of the package and of the cases: results of other code are not resumed."""
    return f"{package_version()}-{_digest(Path(__file__).parent)}"


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


@attrs.frozen
class Record:
    """File of the results of one version and seed.

    Attributes
    ----------
    file : Path
    version : str
    seed : int
    """

    file: Path
    version: str
    seed: int

    def read(self) -> Results:
        """Read the results that are there; a line that was cut off is left out."""
        found: Results = {}
        if not self.file.is_file():
            return found
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                fields = json.loads(line)
            except ValueError:
                continue
            if (fields.pop("version"), fields.pop("seed")) == (self.version, self.seed):
                key = fields.pop("case")
                faults = [Fault(**fault) for fault in fields.pop("faults")]
                found[key] = Result(faults=faults, **fields)
        return found

    def add(self, key: str, result: Result) -> None:
        """Append a result."""
        fields = {
            "case": key,
            "version": self.version,
            "seed": self.seed,
            **attrs.asdict(result),
        }
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(fields) + "\n")


def report(results: Mapping[str, Result], version: str, seed: int) -> str:
    """Write the report in Markdown: counts by family, and each fault with its command."""
    families: dict[str, list[Result]] = defaultdict(list)
    for key, result in results.items():
        families[key.partition("/")[0]].append(result)
    rows = [_row(name, found) for name, found in families.items()]
    rows.append(_row("all", results.values()))
    lines = [
        "# Fault injection",
        "",
        f"Code {version}, seed {seed}.",
        "",
        "| family | cases | success | refused | skipped | kills | faults | losses | leftovers |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
    ]
    skipped = Counter(r.message for r in results.values() if r.status == "skipped")
    if skipped:
        lines += ["## Skipped", "", *(f"- {n}: {why}" for why, n in skipped.items()), ""]
    grouped: dict[str, list[tuple[str, Result, str]]] = defaultdict(list)
    for key, result in results.items():
        for fault in result.faults:
            grouped[f"{fault.kind}: {_general(fault)}"].append((key, result, fault.detail))
    lines += ["## Faults", ""] if grouped else ["No faults.", ""]
    for name, found in sorted(grouped.items(), key=lambda item: -len(item[1])):
        key, result, detail = found[0]
        lines += [
            f"### {name}",
            "",
            f"{len(found)} times, first in `{key}`: {detail}",
            "",
            "```bash",
            result.command,
            "```",
            "",
            "Cases: " + ", ".join(key for key, _, _ in found[:12]),
            "",
        ]
    return "\n".join(lines)


def _row(name: str, results: Iterable[Result]) -> str:
    found = list(results)
    status = Counter(result.status for result in found)
    numbers = (
        len(found),
        status["success"],
        status["refused"],
        status["skipped"],
        sum(result.kills for result in found),
        sum(len(result.faults) for result in found),
        sum(result.losses for result in found),
        sum(result.leftovers for result in found),
    )
    return f"| {name} | " + " | ".join(map(str, numbers)) + " |"


def _general(fault: Fault) -> str:
    """Shorten the detail of a fault to what faults of one cause have in common."""
    if fault.kind == "traceback":
        error, _, place = fault.detail.rpartition(" (")
        return f"{error.partition(':')[0]} ({place}"
    return "".join("#" if c.isdigit() else c for c in fault.detail)[:60]
