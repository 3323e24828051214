"""What ``djtrans train`` trains on: sets that are named, and one that is composed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError

if TYPE_CHECKING:
    from djtrans.core.contracts.encoder import FeatureExtractor
    from djtrans.core.util.progress import ProgressCallback
    from djtrans.datasets.pairs.dataset import PreparedDataset
    from djtrans.datasets.synthetic.dataset import SyntheticDataset

_BOTH_FORMS = (
    "Say what to train on: --data PATH (a composed set, set.safetensors, or a folder that "
    "'djtrans prepare' wrote), --synthetic (tracks that are synthesized for it), or both."
)


def check_sources(asked: Mapping[str, Any]) -> None:
    """Refuse a run without a source, or with a share that divides nothing."""
    if not asked["data"] and not asked["synthetic"]:
        raise InputError(_BOTH_FORMS)
    if asked["with_audio"] and not asked["data"]:
        raise InputError(
            "--with-audio listens to stems, which synthesized sets do not keep; give a folder that "
            "'djtrans prepare' wrote (--data FOLDER), or leave it out."
        )
    if asked["data_share"] is not None:
        if not (asked["data"] and asked["synthetic"]):
            raise InputError(
                "--data-share divides the batches between --data and --synthetic; give both, or "
                "leave it out."
            )
        if not 0.0 <= asked["data_share"] <= 1.0:
            raise InputError(f"--data-share {asked['data_share']:g}: give a number from 0 to 1.")


def training_sets(
    asked: Mapping[str, Any],
    quiet: bool,
    extractors: Sequence[FeatureExtractor] = (),
    plugin_files: Sequence[str] = (),
) -> tuple[list[SyntheticDataset | PreparedDataset], tuple[float, ...]]:
    """Open or compose the training sets, the composed one last, and compute their shares.

    Parameters
    ----------
    asked : mapping
        Options of the command.
    quiet : bool
    extractors : sequence of FeatureExtractor
        Of the model that is to be trained.
    plugin_files : sequence of path
        Plugins that workers load too.

    Returns
    -------
    sets : list
    shares : tuple of float
        Empty: by their frames.
    """
    from djtrans.datasets.mixture import shares_by_frames
    from djtrans.datasets.opening import open_dataset

    with show_progress(quiet) as progress:
        sets = [open_dataset(path, progress, extractors=extractors) for path in asked["data"]]
        if not asked["synthetic"]:
            return sets, ()
        share, given = asked["data_share"], list(sets)
        sets.append(_composed(asked, progress, extractors, plugin_files))
    return sets, () if share is None else (*shares_by_frames(given, share), 1.0 - share)


def _composed(
    asked: Mapping[str, Any],
    progress: ProgressCallback | None,
    extractors: Sequence[FeatureExtractor],
    plugin_files: Sequence[str],
) -> Any:
    from djtrans.datasets.extra_features import covers, versions
    from djtrans.datasets.synthetic.composing import SyntheticOptions, compose_dataset
    from djtrans.datasets.synthetic.dataset import SyntheticDataset

    options = SyntheticOptions(
        tracks=asked["tracks"], transitions=asked["transitions"], seed=asked["seed"]
    )
    folder = Path(asked["output"])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "synthetic.safetensors"
    if file.is_file():
        import attrs

        known = SyntheticDataset.load(file)
        same = known.facts.get("options") == attrs.asdict(options)
        if same and covers(known.extractors, versions(extractors)):
            return known
    return compose_dataset(
        file,
        options,
        workers=asked["workers"],
        progress=progress,
        extractors=extractors,
        plugin_files=plugin_files,
    )
