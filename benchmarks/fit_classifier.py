"""Fit the technique classifier of the judge to the curves of the rules for a training set.

    python benchmarks/fit_classifier.py set.safetensors classifier.safetensors

Techniques with the same rules, which differ in the plan or in how A ends, are one class.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import attrs

from djtrans import DifferentiableDJMixer
from djtrans.core.errors import DjtransError
from djtrans.core.util.checksums import file_hash
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.evaluation import TechniqueClassifier, rule_based_examples
from djtrans.registry import default_registry

#: Number of transitions that it is fitted to.
EXAMPLES = 4000


def main(source: Path, output: Path) -> None:
    """Fit and save the classifier."""
    composed, registry = SyntheticDataset.load(source), default_registry()
    chosen = composed.training[:: max(1, len(composed.training) // EXAMPLES)]
    first: dict[str, str] = {}
    for component in registry.techniques:
        first.setdefault(str(component.declaration.factory), component.name)
    names = {c.technique for c in chosen}
    kinds = {name: first[str(registry.techniques.find(name).declaration.factory)] for name in names}
    chosen = [attrs.evolve(c, technique=kinds[c.technique]) for c in chosen]
    techniques = {kind: registry.techniques.build(kind) for kind in set(kinds.values())}
    layout = DifferentiableDJMixer().layout
    examples = rule_based_examples(chosen, composed.tracks, techniques, layout, seed=1)
    classifier = TechniqueClassifier.fit(examples)
    classifier.save(output)
    print(f"{len(chosen)} transitions, {len(classifier.techniques)} classes")
    print(f"{output}: {file_hash(output)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    try:
        main(arguments.set, arguments.output)
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
