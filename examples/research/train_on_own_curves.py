"""Train a model on curves of your own: one CSV file for each prepared pair.

    python examples/research/train_on_own_curves.py processed/ curves/ --output output/mine

``djtrans prepare`` writes the pairs. ``curves/pair_001.csv`` has a row for each frame and a column
for each parameter of the layout, with a header of keys (``a/drums/fader/gain``); parameters that
are not in the file stay neutral.
"""

import argparse
import csv
from pathlib import Path

import attrs
import torch

import djtrans
from djtrans.core import conform
from djtrans.datasets import PreparedDataset, open_dataset
from djtrans.training import TrainOptions, model_record, train_model


def read_curves(path, request):
    """Read a CSV file into ``[frames, parameters]`` of the request's layout."""
    with open(path, newline="", encoding="utf-8") as file:
        keys, *rows = csv.reader(file)
    if len(rows) != request.n_frames:
        raise djtrans.InputError(f"{path} has {len(rows)} rows; the pair has {request.n_frames}.")
    values = torch.tensor(request.layout.neutral).repeat(request.n_frames, 1)
    table = torch.tensor([[float(cell) for cell in row] for row in rows])
    for column, key in enumerate(keys):
        values[:, request.layout.index(key)] = table[:, column]
    return conform(values, request.layout)


def main(arguments):
    """Replace the curves of all pairs that have a file, and train on them."""
    examples = []
    for example in open_dataset(arguments.pairs).examples:
        path = Path(arguments.curves) / f"{example.name}.csv"
        if path.is_file():
            curves = read_curves(path, example.request)
            examples.append(attrs.evolve(example, values=curves))
    if not examples:
        raise djtrans.InputError(f"No pair of {arguments.pairs} has a file in {arguments.curves}.")
    record = model_record(configs={"dit": {"width": 32, "depth": 2, "heads": 2}})
    options = TrainOptions(steps=arguments.steps, batch_size=4, validation_batches=1)
    data = PreparedDataset(examples=examples)
    result = train_model(data, arguments.output, record, options, device="cpu")
    print(f"{result.checkpoint}: {len(examples)} pairs, validation loss {result.best:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a model on curves from CSV files.")
    parser.add_argument("pairs", help="folder that djtrans prepare wrote")
    parser.add_argument("curves", help="folder of CSV files")
    parser.add_argument("--output", default="output/own-curves")
    parser.add_argument("--steps", type=int, default=500)
    try:
        main(parser.parse_args())
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
