"""A new denoiser: a recurrent network, trained on a synthetic dataset.

    python examples/research/new_denoiser.py --data set.safetensors --steps 200

``djtrans train --synthetic`` writes such a dataset. The widths of curves and conditioning come from
the mixer and the encoders, so the network is built when these are known.
"""

import argparse

import attrs
import torch

import djtrans
from djtrans.datasets import SyntheticDataset
from djtrans.training import TrainOptions, model_record, train_model


@attrs.frozen
class RecurrentConfig:
    """Settings of the network."""

    width: int = djtrans.setting(64, "Hidden channels.", unit="count", minimum=4, maximum=1024)


class Recurrent:
    """Builds the network for given widths."""

    def __init__(self, config):
        self.config = config

    def build(self, shape):
        """Return a network with fresh weights."""
        return RecurrentNetwork(self.config.width, shape)


class RecurrentNetwork(torch.nn.Module):
    """A bidirectional GRU over the frames."""

    def __init__(self, width, shape):
        super().__init__()
        inputs = shape.parameters + shape.per_frame + shape.global_ + 1
        self.gru = torch.nn.GRU(inputs, width, batch_first=True, bidirectional=True)
        self.out = torch.nn.Linear(2 * width, shape.parameters)

    def forward(self, x, noise_fraction, conditioning):
        """Predict clean curves, ``[batch, frames, parameters]``."""
        whole = torch.cat([conditioning.global_, noise_fraction[:, None]], dim=-1)
        whole = whole[:, None].expand(-1, x.shape[1], -1)
        mask = 1.0 if conditioning.mask is None else conditioning.mask[..., None].to(x)
        hidden, _ = self.gru(torch.cat([x, conditioning.per_frame, whole], dim=-1) * mask)
        return self.out(hidden)


@djtrans.hookimpl
def djtrans_denoisers():
    """Declare the denoiser."""
    yield djtrans.DenoiserDeclaration(
        name="recurrent",
        summary="A bidirectional GRU along the frames.",
        factory=Recurrent,
        config=RecurrentConfig,
        prediction="clean",
    )


def main(arguments):
    """Train a small model and print its loss."""
    djtrans.default_registry().register_file(__file__)
    record = model_record(denoiser="recurrent", configs={"recurrent": {"width": 32}})
    result = train_model(
        SyntheticDataset.load(arguments.data),
        arguments.output,
        record,
        TrainOptions(steps=arguments.steps, batch_size=4, validation_batches=2),
        device="cpu",
    )
    print(f"{result.checkpoint}: validation loss {result.best:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a recurrent denoiser.")
    parser.add_argument("--data", required=True, help="a synthetic dataset")
    parser.add_argument("--output", default="output/recurrent", help="folder for checkpoints")
    parser.add_argument("--steps", type=int, default=200)
    main(parser.parse_args())
