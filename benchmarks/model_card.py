"""Write the results of all held-out sets into the model card.

    python benchmarks/model_card.py in-distribution.json other-structures.json modules.json

The files are those of judge.py; their names are the titles of the sets. The first two are of
synthesized tracks and are evaluated together, too. The tables stand between two comments of the
card; the rest of the card is written by hand.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _judgement_tables import (
    CHECKED,
    CHECKED_REFINED,
    MODEL,
    OWN,
    REFINED_MODEL,
    REFINED_RULES,
    RULES,
    SHOWN,
    STAGES,
    Row,
    ablations,
    contents,
    diversity,
    gates,
    of_model,
    paired,
    steering,
    verdicts,
)

from djtrans import load_model
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.tables import markdown_table

CARD = Path(__file__).parents[1] / "docs" / "model-card.md"
START, END = "<!-- results -->", "<!-- end of results -->"
#: Number of files of synthesized tracks.
SYNTHESIZED = 2
#: Transitions below which a table means nothing.
LEAST_CASES = 10


def results(documents: dict[str, dict[str, Any]], sha256: str) -> str:
    """Format the results of all sets."""
    rows = {name: of_model(document, sha256) for name, document in documents.items()}
    everything = [row for each in rows.values() for row in each]
    synthesized = [row for name in list(rows)[:SYNTHESIZED] for row in rows[name]]
    parts = []
    for name, each in {"synthesized-tracks": synthesized, **rows}.items():
        parts += [f"### {title(name)}\n\n{contents(each, sha256)}", comparison(each)]
    parts += [
        "### From the network to the model\n",
        paired(complete(synthesized, STAGES), RULES, STAGES, False),
        "### Gates and the low end\n",
    ]
    for name, each in {
        "synthesized": synthesized,
        **dict(list(rows.items())[SYNTHESIZED:]),
    }.items():
        for sources in ((RULES, MODEL, CHECKED), (*SHOWN, CHECKED_REFINED)):
            known = complete(each, sources)
            if len(known) < LEAST_CASES:
                continue
            parts.append(f"{title(name)}, {len(known)} transitions:\n\n{gates(known, sources)}")
    others = [s for s in dict.fromkeys(s for r in everything for s in r["sources"])
              if s not in OWN]  # fmt: skip
    parts += [
        "### Use of the conditioning\n",
        ablations(synthesized, others),
        "### Steering and diversity\n",
        steering(synthesized, SHOWN),
        diversity(synthesized),
        "### Digests\n",
        digests(documents, sha256),
    ]
    return "\n".join(part for part in parts if part)


def complete(rows: Sequence[Row], sources: Sequence[str] = SHOWN) -> list[Row]:
    """Return the rows with results of all sources."""
    return [row for row in rows if all(source in row["sources"] for source in sources)]


def comparison(rows: Sequence[Row]) -> str:
    """Compare the model with the rules and the refined rules; refined on the cases that have it."""
    plain, refined = complete(rows, (RULES, MODEL)), complete(rows)
    if not plain:
        raise InputError(f"No case has results of {RULES} and {MODEL}. Run judge.py with them.")
    ours = (MODEL, REFINED_MODEL)
    parts = [
        f"Without refinement, {len(plain)} transitions:\n",
        verdict(plain, MODEL, RULES),
        verdict(plain, CHECKED, RULES),
        paired(plain, RULES, (MODEL, CHECKED), False),
    ]
    if len(refined) < LEAST_CASES:
        return "\n".join([*parts, "Refined curves were not measured.\n"])
    parts += [
        f"With refinement, {len(refined)} transitions:\n",
        verdict(refined, REFINED_MODEL, RULES),
        paired(refined, RULES, SHOWN[1:], False),
        "Against the *refined* rules:\n",
        *(verdict(refined, source, REFINED_RULES) for source in ours),
        paired(refined, REFINED_RULES, ours, False),
    ]
    return "\n".join(parts)


def verdict(rows: Sequence[Row], source: str, reference: str) -> str:
    """State on which metrics a source is better and worse than a reference."""
    found = verdicts(rows, source, reference)
    better, worse = listed(found["better"]), listed(found["worse"])
    return f"*{source}* against *{reference}*: better on {better}; worse on {worse}.\n"


def listed(names: Sequence[str]) -> str:
    """Join names of metrics."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def title(name: str) -> str:
    """Return the heading of a set."""
    return name.replace("-", " ").capitalize()


def digests(documents: dict[str, dict[str, Any]], sha256: str) -> str:
    """Tabulate the digests of model, sets, judge and classifier."""
    lines = [["model", sha256]]
    lines += [[title(name), document["set"] or "files"] for name, document in documents.items()]
    for what in ("judge", "classifier"):
        found = {document.get(what) for document in documents.values()}
        if len(found) > 1:
            raise InputError(f"The files were made with {len(found)} versions of the {what}.")
        lines.append([what, str(found.pop())])
    return markdown_table(["", "SHA-256"], lines)


def main(files: Sequence[Path], card: Path) -> None:
    """Replace the results in the card."""
    model = load_model(None, "cpu")
    if model is None:
        raise InputError("There is no bundled model.")
    text = card.read_text(encoding="utf-8")
    before, found, rest = text.partition(START)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise InputError(f"{card} has no place for results: {START} … {END}.")
    documents = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}
    tables = results(documents, model.sha256)
    write_text(card, f"{before}{START}\n\n{tables}\n{END}{after}")
    print(f"{card}: results of {', '.join(documents)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--card", type=Path, default=CARD)
    arguments = parser.parse_args()
    try:
        main(arguments.files, arguments.card)
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
