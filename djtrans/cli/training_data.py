"""Open or make the datasets that ``djtrans train`` trains on."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from djtrans.cli.progress import show_progress
from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.output_files import make_folder

if TYPE_CHECKING:
    from djtrans.core.contracts.encoder import FeatureExtractor
    from djtrans.core.util.progress import ProgressCallback
    from djtrans.datasets.pairs.dataset import PreparedDataset
    from djtrans.datasets.synthetic.dataset import SyntheticDataset

_NO_DATA = (
    "No training data is given. Give --data PATH (a synthetic dataset, a .safetensors file, or a "
    "folder that 'djtrans prepare' wrote), --synthetic (make one), or both."
)


def check_sources(options: Mapping[str, Any]) -> None:
    """Raise :class:`InputError` if the options name no data or exclude each other."""
    if not options["data"] and not options["synthetic"]:
        raise InputError(_NO_DATA)
    if options["with_audio"] and not options["data"]:
        raise InputError(
            "--with-audio needs stems, which synthetic datasets do not contain; give a folder that "
            "'djtrans prepare' wrote (--data FOLDER), or leave it out."
        )
    if options["stems"] and not options["synthetic"]:
        raise InputError(
            "--stems adds tracks to the synthetic dataset; give --synthetic, too, or leave it out."
        )
    if options["data_share"] is not None:
        if not (options["data"] and options["synthetic"]):
            raise InputError(
                "--data-share divides the batches between --data and --synthetic; give both, or "
                "leave it out."
            )
        if not 0.0 <= options["data_share"] <= 1.0:
            raise InputError(
                f"--data-share is {options['data_share']:g}; give a number from 0 to 1."
            )


def training_sets(
    options: Mapping[str, Any],
    quiet: bool,
    extractors: Sequence[FeatureExtractor] = (),
    plugin_files: Sequence[str] = (),
) -> tuple[list[SyntheticDataset | PreparedDataset], tuple[float, ...]]:
    """Open the training datasets, make the synthetic one, and compute their shares.

    Parameters
    ----------
    options : mapping
        Options of the command.
    quiet : bool
        Show no progress.
    extractors : sequence of FeatureExtractor
        Feature extractors of the model to train.
    plugin_files : sequence of path
        Plugin files that worker processes load, too.

    Returns
    -------
    sets : list
        Datasets, the synthetic one last.
    shares : tuple of float
        Fraction of the batches of each dataset; empty: by number of frames.
    """
    from djtrans.datasets.mixture import shares_by_frames
    from djtrans.datasets.opening import open_dataset

    with show_progress(quiet) as progress:
        sets = [open_dataset(path, progress, extractors=extractors) for path in options["data"]]
        if not options["synthetic"]:
            return sets, ()
        share, given = options["data_share"], list(sets)
        sets.append(_synthetic(options, progress, extractors, plugin_files))
    return sets, () if share is None else (*shares_by_frames(given, share), 1.0 - share)


def _synthetic(
    options: Mapping[str, Any],
    progress: ProgressCallback | None,
    extractors: Sequence[FeatureExtractor],
    plugin_files: Sequence[str],
) -> Any:
    from djtrans.datasets.extra_features import covers, versions
    from djtrans.datasets.synthetic.composing import SyntheticOptions, compose_dataset
    from djtrans.datasets.synthetic.dataset import SyntheticDataset
    from djtrans.datasets.synthetic.stem_library import find_stem_tracks

    settings = SyntheticOptions(
        tracks=options["tracks"],
        transitions=options["transitions"],
        seed=options["seed"],
        refined=options["refined"],
    )
    folder = make_folder(options["output"])
    file = folder / "synthetic.safetensors"
    if file.is_file():
        import attrs

        try:
            known = SyntheticDataset.load(file)
        except FormatError as error:
            warnings.warn(f"{error} It is composed again.", stacklevel=2)
        else:
            same = known.facts.get("options") == attrs.asdict(settings)
            stems = [track.sha256 for track in find_stem_tracks(options["stems"])]
            same = same and known.facts.get("stems", []) == stems
            if same and covers(known.extractors, versions(extractors)):
                return known
    return compose_dataset(
        file,
        settings,
        stems=options["stems"],
        workers=options["workers"],
        progress=progress,
        extractors=extractors,
        plugin_files=plugin_files,
    )
