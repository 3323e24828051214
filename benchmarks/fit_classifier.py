"""Fit the technique classifier of the judge to the curves of a training set: of rules, and refined.

    python benchmarks/fit_classifier.py set.safetensors classifier.safetensors

Refined curves belong to the technique that they were refined from. Techniques with the same rules,
which differ in the plan or in how A ends, are one class.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import attrs
from torch import Tensor

from djtrans import DifferentiableDJMixer
from djtrans.core.errors import DjtransError
from djtrans.core.util.checksums import file_hash
from djtrans.datasets.synthetic.composition import Composition
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.stored_curves import StoredCurves
from djtrans.evaluation import TechniqueClassifier, rule_based_examples
from djtrans.registry import default_registry

#: Number of transitions whose rule-based curves it is fitted to, beside all refined curves.
EXAMPLES = 4000


def curves_of(
    composition: Composition, stored: StoredCurves, kinds: dict[str, str]
) -> tuple[str, Tensor, int]:
    """Return stored curves as an example of the class of their technique."""
    swap = composition.swap_beat * composition.frames_per_beat
    return kinds[composition.technique], stored.values.float(), swap


def main(source: Path, output: Path) -> None:
    """Fit and save the classifier."""
    composed, registry = SyntheticDataset.load(source), default_registry()
    chosen = composed.training[:: max(1, len(composed.training) // EXAMPLES)]
    refined = [each for each in composed.training_curves if each.refined]
    first: dict[str, str] = {}
    for component in registry.techniques:
        first.setdefault(str(component.declaration.factory), component.name)
    names = {c.technique for c in composed.training}
    kinds = {name: first[str(registry.techniques.find(name).declaration.factory)] for name in names}
    chosen = [attrs.evolve(c, technique=kinds[c.technique]) for c in chosen]
    techniques = {kind: registry.techniques.build(kind) for kind in set(kinds.values())}
    layout = DifferentiableDJMixer().layout
    examples = rule_based_examples(chosen, composed.tracks, techniques, layout, seed=1)
    refinements = (curves_of(composed.training[each.composition], each, kinds) for each in refined)
    classifier = TechniqueClassifier.fit((*examples, *refinements))
    classifier.save(output)
    print(
        f"{len(chosen)} transitions by rules, {len(refined)} refined, "
        f"{len(classifier.techniques)} classes"
    )
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
