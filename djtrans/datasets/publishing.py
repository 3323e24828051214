"""Cards of datasets, and their upload to a hub."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.hub import hub_client
from djtrans.datasets.content import Dataset, dataset_digest
from djtrans.datasets.opening import open_dataset
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.synthetic.dataset import SyntheticDataset

#: File name of the card of a repository.
CARD_NAME = "README.md"


def dataset_card(data: Dataset) -> str:
    """Describe a dataset in Markdown, with the header of a hub.

    Parameters
    ----------
    data : SyntheticDataset or PreparedDataset
        See :func:`djtrans.datasets.open_dataset`.

    Returns
    -------
    str
        Kind, sizes of both parts, techniques, extractors, facts about the making, and the digest
        that models record of their data (``data_digests``).

    Examples
    --------
    >>> from djtrans.datasets import SyntheticDataset, dataset_card
    >>> print(dataset_card(SyntheticDataset(tracks=(), training=(), validation=())))
    ---
    ...
    | kind | synthetic: features of tracks and planned transitions, no audio |
    ...
    """
    rows = _synthetic(data) if isinstance(data, SyntheticDataset) else _prepared(data)
    rows.append(("digest", f"`{dataset_digest(data)}`"))
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    rights = (
        "\nThe pairs contain audio of the tracks that they were made from. Publish them only if "
        "their licences allow it.\n"
        if isinstance(data, PreparedDataset)
        else ""
    )
    return (
        "---\ntags:\n- djtrans\n- music\n---\n\n# A dataset of DJ transitions\n\n"
        "Training data for [djtrans](https://pypi.org/project/djtrans/): "
        "`djtrans train --data PATH`.\n\n"
        f"| | |\n|---|---|\n{table}\n{rights}"
    )


def publish_dataset(
    path: str | os.PathLike[str],
    repository: str,
    *,
    private: bool = False,
    revision: str | None = None,
    message: str = "Upload dataset",
    token: str | None = None,
    client: Any = None,
) -> str:
    """Upload a dataset and its card to a dataset repository of the Hugging Face hub.

    Parameters
    ----------
    path : path
        A synthetic dataset, or a folder of prepared pairs, which is opened first: what cannot be
        trained on is not uploaded.
    repository : str
        Id of the repository, ``"someone/their-set"``; it is created if it does not exist.
    private : bool
        Whether a new repository is private.
    revision : str, optional
        Branch to write to; by default the main one.
    message : str
        Message of the commits.
    token : str, optional
        Access token; by default that of ``hf auth login``.
    client : object, optional
        Has ``create_repo``, ``upload_file`` and ``upload_folder`` of
        :class:`huggingface_hub.HfApi`, which it is by default.

    Returns
    -------
    str
        Hash of the last commit.

    Raises
    ------
    InputError
        If the path or the id is not allowed.
    DependencyError
        If huggingface_hub is not installed.
    FormatError
        If the dataset is damaged, or the hub refuses it.
    """
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise InputError(
            f"{repository!r} is no id of a repository; give 'owner/name', such as "
            "'someone/their-set'."
        )
    card = dataset_card(open_dataset(path))
    if client is None:
        client = hub_client(token)
    place = {
        "repo_id": repository,
        "repo_type": "dataset",
        "revision": revision,
        "commit_message": message,
    }
    source = Path(path)
    try:
        client.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        if source.is_dir():
            client.upload_folder(folder_path=str(source), **place)
        else:
            client.upload_file(path_or_fileobj=str(source), path_in_repo=source.name, **place)
        commit = client.upload_file(path_or_fileobj=card.encode(), path_in_repo=CARD_NAME, **place)
    except Exception as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise FormatError(f"{repository} cannot be uploaded: {why}.") from error
    return str(commit.oid)


def _synthetic(data: SyntheticDataset) -> list[tuple[str, str]]:
    transitions = (*data.training, *data.validation)
    options = data.facts.get("options", {})
    facts = ", ".join(f"{k} {v}" for k, v in options.items() if isinstance(v, int | float | str))
    return [
        ("kind", "synthetic: features of tracks and planned transitions, no audio"),
        ("tracks", str(len(data.tracks))),
        ("transitions", f"{len(data.training)} for training, {len(data.validation)} held out"),
        ("frames", str(data.frames)),
        ("techniques", _counted(Counter(c.technique for c in transitions))),
        ("extractors", _listed(data.extractors)),
        ("options", facts or "not recorded"),
    ]


def _prepared(data: PreparedDataset) -> list[tuple[str, str]]:
    examples = data.examples
    recordings = {track for example in examples for track in example.tracks}
    return [
        ("kind", "prepared pairs: curves and features, with the audio of both tracks"),
        ("pairs", f"{len(data.training)} for training, {len(data.validation)} held out"),
        ("recordings", str(len(recordings))),
        ("frames", str(sum(example.frames for example in examples))),
        ("techniques", _counted(Counter(e.request.technique for e in examples))),
        ("extractors", _listed(examples[0].extractors if examples else {})),
        ("sample rates", ", ".join(f"{r} Hz" for r in sorted({e.sample_rate for e in examples}))),
    ]


def _counted(counts: Counter[str]) -> str:
    found = (f"{name or 'none'} {count}" for name, count in counts.most_common())
    return ", ".join(found) or "none"


def _listed(versions: Any) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) or "none"
