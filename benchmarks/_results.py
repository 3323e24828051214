"""Results of a benchmark case by case, kept in a file: a stopped run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from djtrans.core.errors import DjtransError
from djtrans.core.util.atomic_files import write_text

Case = TypeVar("Case", Path, str)


def results(
    chosen: Sequence[Case], evaluate: Callable[[Case], dict[str, Any]], output: Path
) -> list[dict[str, Any]]:
    """Evaluate the cases that the file lacks, and return all that it holds then."""
    kept = json.loads(output.read_text()) if output.exists() else []
    known = {row["case"] for row in kept}
    for case in chosen:
        name = case.name if isinstance(case, Path) else case
        if name in known:
            continue
        try:
            kept.append({"case": name, **evaluate(case)})
        except DjtransError as error:
            print(f"{name}: {error}", flush=True)
            continue
        write_text(output, json.dumps(kept))
        print(f"{name}: done", flush=True)
    return kept
