"""Train a model from its parts.

    python examples/train.py --data set.safetensors --output output/run1

The set is one file, which ``djtrans train --synthetic`` composes. Nothing here needs more than
torch, numpy, attrs, pluggy, einops, lazy_loader and safetensors beside djtrans itself, so this
also runs where no audio library is installed. On several GPUs:
``torchrun --nproc-per-node=4 examples/train.py``.
"""

from __future__ import annotations

import argparse
import sys

import torch

from djtrans import DjtransError
from djtrans.core import pick_device
from djtrans.datasets import SyntheticBatches, SyntheticDataset
from djtrans.diffusion import build_network
from djtrans.registry import default_registry
from djtrans.training import TrainOptions, model_record, train


def main() -> None:
    """Train as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, help="a composed set")
    parser.add_argument("--output", default="./output", help="folder for checkpoints and metrics")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--resume", help="a checkpoint of the same run")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    try:
        run(asked)
    except DjtransError as error:
        sys.exit(f"train.py: error: {error}")


def run(asked: argparse.Namespace) -> None:
    """Compose a run of training from its parts."""
    # The data: tracks as features on their frames, and the transitions planned between them.
    composed = SyntheticDataset.load(asked.data)

    # The model: which denoiser, told by which encoders, for the columns of which mixer.
    torch.manual_seed(asked.seed)
    record = model_record(mixer="dj54", denoiser="dit", encoders=("audio", "technique"))
    network, encoders = build_network(record)

    # The teachers: each technique draws its own transitions anew whenever they come up.
    registry = default_registry()
    taught = {c.technique for c in (*composed.training, *composed.validation)}
    techniques = {name: registry.techniques.build(name) for name in sorted(taught)}
    batches = SyntheticBatches(
        composed, techniques, encoders, network, record.layout, seed=asked.seed
    )

    options = TrainOptions(
        steps=asked.steps, batch_size=asked.batch_size, lr=asked.lr, seed=asked.seed
    )
    result = train(
        network,
        record,
        batches,
        asked.output,
        options,
        device=pick_device(asked.device),
        resume=asked.resume,
        progress=lambda event: print(f"step {event.done}  {event.message}"),
    )
    print(f"{result.checkpoint}  (lowest validation loss {result.best:.4f})")


if __name__ == "__main__":
    main()
