r"""Effect of recovered pairs on a small model: a third of the batches from them, or none.

    djtrans train --synthetic --tracks 30 --transitions 3000 --refined 0.07 --seed 21 \
        --output set --steps 1
    python benchmarks/recovered_pairs.py recovered --mixes 16
    python benchmarks/recovered_training.py set/synthetic.safetensors recovered/pairs runs

Two models of each seed have the same first weights, number of steps and options; one is trained on
the synthetic dataset alone, the other takes a third of its batches from the pairs. Both get the
same held-out batches with the same noise, and the same requests for sampled curves. Differences are
paired, with intervals over batches and transitions of all seeds. A run that is done is not done
again.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import attrs
import numpy as np
import torch

import djtrans
from djtrans.core.curves.params import conform
from djtrans.core.errors import DjtransError
from djtrans.core.util.statistics import mean_interval
from djtrans.core.util.tables import markdown_table
from djtrans.datasets import PreparedBatches, SyntheticBatches, open_dataset
from djtrans.datasets.batch import BatchSource
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.synthetic.composition import request_of
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.power_features import mix_sources
from djtrans.diffusion.extractors import build_extractors
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.normalization import Scaling
from djtrans.diffusion.objective import Objective
from djtrans.objectives import load_objectives
from djtrans.training import TrainOptions, train_model
from djtrans.training.curve_monitor import spread
from djtrans.training.records import model_record

#: Fraction of the batches from the pairs.
SHARE = 1 / 3
#: A small network, and transitions of 16 bars per batch.
RECORD, BATCH = model_record(denoiser=("dit", {"width": 64, "depth": 2})), 8
#: Held-out batches of each kind, and transitions whose curves are sampled.
BATCHES, SAMPLED = 40, 45
#: Seed of the held-out batches, of their noise, and of the samples.
SEED = 1
NAMES = {
    "synthetic": "loss, held-out synthetic transitions",
    "recovered": "loss, held-out recovered pairs",
    "rms": "difference of sampled curves to those of the rules",
    "motion": "motion of sampled curves, relative to that of the rules",
    "cost": "cost of the predicted mix",
}


def trained(
    synthetic: SyntheticDataset, pairs: PreparedDataset | None, seed: int, steps: int, folder: Path
) -> DiffusionModel:
    """Train a model, or load the one that was trained."""
    done = folder / f"checkpoint_{steps}.pt"
    if not done.exists():
        options = TrainOptions(
            steps=steps, batch_size=BATCH, lr=1e-3, warmup_steps=100, ema_decay=0.99, seed=seed,
            validate_every=steps, save_every=steps, shares=(SHARE, 1.0 - SHARE) if pairs else (),
        )  # fmt: skip
        sets = synthetic if pairs is None else [pairs, synthetic]
        result = train_model(sets, folder, RECORD, options, device="cpu")
        print(f"{folder.name}: {result.best:.4f}", flush=True)
    return djtrans.load_model(done, "cpu")


@torch.no_grad()
def batch_losses(model: DiffusionModel, source: BatchSource) -> list[float]:
    """Compute the diffusion loss of each held-out batch, always with the same noise."""
    found = []
    for index in range(BATCHES):
        batch = source.batch(index, BATCH, validation=True)
        noise = torch.Generator().manual_seed(1000 * SEED + index)
        sample = Objective().sample(model.network, batch.curves, noise)
        sample = attrs.evolve(sample, dropped=sample.dropped | batch.missing)
        loss = Objective().loss(model.network, batch.curves, batch.conditioning, sample)
        found.append(float(loss.rows.mean()))
    return found


def measure(
    model: DiffusionModel, synthetic: SyntheticDataset, pairs: PreparedDataset
) -> dict[str, list[float]]:
    """Compute losses and the properties of sampled curves."""
    registry = djtrans.default_registry()
    chosen = spread(synthetic.validation, SAMPLED)
    techniques = {
        name: registry.techniques.build(name)
        for name in {c.technique for c in (*synthetic.training, *synthetic.validation)}
    }
    parts = (model.encoders, model.network, model.layout)
    found = defaultdict(list)
    found["synthetic"] = batch_losses(model, SyntheticBatches(synthetic, techniques, *parts, SEED))
    found["recovered"] = batch_losses(model, PreparedBatches(pairs, *parts, model.stems, seed=SEED))
    mixer, objectives = djtrans.DifferentiableDJMixer(), load_objectives()
    scaling = Scaling(model.layout)
    for composition in chosen:
        request = request_of(composition, synthetic.tracks, model.layout, SEED)
        sampled = conform(model.generate(request), model.layout)
        rules = conform(techniques[composition.technique].generate(request), model.layout)
        ours, theirs = (scaling.to_model(values) for values in (sampled, rules))
        found["rms"].append(float((ours - theirs).square().mean().sqrt()))
        motion = [float(values.diff(dim=0).abs().mean()) for values in (ours, theirs)]
        found["motion"].append(motion[0] / max(motion[1], 1e-3))
        with torch.no_grad():
            mix = mix_sources(composition, request).model(mixer).predict(sampled)
            found["cost"].append(float(objectives.evaluate(mix).total))
    return found


def main(arguments: argparse.Namespace) -> None:
    """Train and measure all models, and print the table."""
    torch.set_num_threads(1)
    synthetic = SyntheticDataset.load(arguments.synthetic)
    pairs = open_dataset(arguments.pairs, extractors=build_extractors(RECORD))
    print(f"pairs: {len(pairs.training)} for training, {len(pairs.validation)} held out")
    found: dict[str, dict[str, list[float]]] = {}
    for name, given in (("alone", None), ("third", pairs)):
        found[name] = defaultdict(list)
        for seed in range(arguments.seeds):
            folder = arguments.output / f"{name}-{seed}"
            model = trained(synthetic, given, seed, arguments.steps, folder)
            for key, values in measure(model, synthetic, pairs).items():
                found[name][key] += values
    rows = []
    for key, text in NAMES.items():
        alone, third = (np.array(found[name][key]) for name in ("alone", "third"))
        change = mean_interval(third - alone)
        rows.append(
            [text, f"{alone.mean():.4f}", f"{third.mean():.4f}",
             f"{change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}]"]
        )  # fmt: skip
    print(markdown_table(["", "synthetic alone", "a third recovered", "difference"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("synthetic", type=Path)
    parser.add_argument("pairs", type=Path, help="folder of prepared pairs")
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=2, help="models of each kind")
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
