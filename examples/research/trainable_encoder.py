"""A conditioning encoder that is trained with the denoiser, and its own feature extractor.

    python examples/research/trainable_encoder.py --output output/width --steps 50

The extractor measures the stereo width of each stem; the encoder learns what to make of it.
"""

import argparse

import torch

import djtrans
from djtrans.core import Conditioning
from djtrans.datasets import SyntheticOptions, compose_dataset
from djtrans.diffusion import build_extractors
from djtrans.training import TrainOptions, model_record, train_model


class StereoWidth:
    """Feature extractor: level of the side signal relative to the mid signal, per stem."""

    name, version = "width", 1

    def __init__(self, config): ...

    def extract(self, stems, frame_times):
        """Return ``ratio [frames, stems]`` for ``frame_times [frames]`` in seconds."""
        step = round(float(frame_times[1] - frame_times[0]) * stems.sample_rate)
        starts = (frame_times * stems.sample_rate).round().long().tolist()
        left, right = stems.audio[:, 0], stems.audio[:, -1]
        side, mid = (
            torch.stack([x[:, start : start + step].std(dim=-1) for start in starts])
            for x in (left - right, left + right)
        )
        return {"ratio": side / (mid + 1e-4)}


class WidthEncoder(torch.nn.Module):
    """Encoder: a learned projection of both tracks' stereo width."""

    def __init__(self, config):
        super().__init__()
        self.project = torch.nn.Linear(8, 6)

    def input_widths(self, stems):
        """Return the channels of `encode`: two tracks of four stems."""
        return 2 * len(stems), 0

    def widths(self, stems):
        """Return the channels of `forward`."""
        return 6, 0

    def encode(self, request):
        """Return the inputs of one transition, or None without features."""
        tracks = request.features_a, request.features_b
        if None in tracks:
            return None
        ratios = torch.cat([track.extra["width/ratio"] for track in tracks], dim=-1)
        return Conditioning(ratios[None].float(), torch.zeros(1, 0))

    def forward(self, inputs):
        """Map a batch of inputs to conditioning."""
        return Conditioning(self.project(inputs.per_frame), inputs.global_)


@djtrans.hookimpl
def djtrans_encoders():
    """Declare encoder and extractor."""
    yield djtrans.EncoderDeclaration(
        name="width",
        summary="Learned projection of the stereo width of each stem.",
        factory=WidthEncoder,
        extractor=StereoWidth,
    )


def main(arguments):
    """Compose a dataset with the features, train on it, and print how far the encoder moved."""
    djtrans.default_registry().register_file(__file__)
    record = model_record(
        encoders=("audio", "technique", "width"),
        configs={"dit": {"width": 32, "depth": 1, "heads": 2}},
    )
    data = compose_dataset(
        f"{arguments.output}/set.safetensors",
        SyntheticOptions(
            tracks=arguments.tracks,
            transitions=arguments.transitions,
            sample_rate_hz=22050,
            true_stems=1.0,  # the synthesized stems as they are: nothing to separate
            separated=0.0,
        ),
        extractors=build_extractors(record),
    )
    options = TrainOptions(steps=arguments.steps, batch_size=4, validation_batches=1, lr=1e-3)
    result = train_model(data, arguments.output, record, options, device="cpu")
    model = djtrans.load_model(result.checkpoint, "cpu")
    (encoder,) = model.network.encoders.values()
    print(f"{result.checkpoint}: encoder weights {float(encoder.project.weight.norm()):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train an encoder with its own features.")
    parser.add_argument("--output", default="output/width", help="folder of dataset and model")
    parser.add_argument("--tracks", type=int, default=8)
    parser.add_argument("--transitions", type=int, default=40)
    parser.add_argument("--steps", type=int, default=50)
    main(parser.parse_args())
