"""Share models: a folder or a repository of a hub with the model and its card."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.hub import hub_client
from djtrans.diffusion.checkpoint import WEIGHTS_NAME, ModelRecord, save_model
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.model_files import HUB_ID

#: File name of the card in a folder and in a repository.
CARD_NAME = "README.md"


def save_pretrained(model: DiffusionModel, folder: str | os.PathLike[str]) -> list[Path]:
    """Write a model and its card into a folder, which :func:`djtrans.load_model` reads.

    Parameters
    ----------
    model : DiffusionModel
        A loaded model; its current sampling settings and scheduler become the defaults.
    folder : path
        Folder to write; files of these names are replaced.

    Returns
    -------
    list of Path
        ``model.safetensors`` and ``README.md``.

    Raises
    ------
    InputError
        If the model has no record: it was not loaded from a file.
    FormatError
        If a file cannot be written.
    """
    record = current_record(model)
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FormatError(f"Cannot write {str(folder)!r}: {error.strerror}.") from None
    save_model(target / WEIGHTS_NAME, record, model.network.state_dict())
    write_text(target / CARD_NAME, model_card(model), FormatError)
    return [target / WEIGHTS_NAME, target / CARD_NAME]


def push_to_hub(
    model: DiffusionModel,
    repository: str,
    *,
    private: bool = False,
    revision: str | None = None,
    create_pr: bool = False,
    message: str = "Upload model",
    token: str | None = None,
    client: Any = None,
) -> str:
    """Upload a model and its card to a repository of the Hugging Face hub.

    Parameters
    ----------
    model : DiffusionModel
    repository : str
        Id of the repository, ``"someone/their-model"``; it is created if it does not exist.
    private : bool
        Whether a new repository is private.
    revision : str, optional
        Branch to write to; by default the main one.
    create_pr : bool
        Open a pull request instead.
    message : str
        Message of the commit.
    token : str, optional
        Access token; by default that of ``hf auth login``.
    client : object, optional
        Has ``create_repo`` and ``upload_folder`` of :class:`huggingface_hub.HfApi`, which it is by
        default.

    Returns
    -------
    str
        Hash of the commit, which pins the model: ``load_model("someone/their-model@HASH")``.

    Raises
    ------
    InputError
        If the id is not allowed, or the model has no record.
    DependencyError
        If huggingface_hub is not installed.
    FormatError
        If the hub refuses the upload or cannot be reached.
    """
    if not HUB_ID.fullmatch(repository) or "@" in repository:
        raise InputError(
            f"{repository!r} is no id of a repository; give 'owner/name', such as "
            "'someone/their-model'."
        )
    if client is None:
        client = hub_client(token)
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(model, folder)
        try:
            client.create_repo(repository, private=private, exist_ok=True)
            commit = client.upload_folder(
                repo_id=repository,
                folder_path=folder,
                commit_message=message,
                revision=revision,
                create_pr=create_pr,
            )
        except Exception as error:
            why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise FormatError(f"{repository} cannot be uploaded: {why}.") from error
    return str(commit.oid)


def current_record(model: DiffusionModel) -> ModelRecord:
    """Return the record of a model with its current sampling settings and scheduler.

    Raises
    ------
    InputError
        If it has none.
    """
    if not isinstance(model.record, ModelRecord):
        raise InputError(
            "The model was not built from a record (load_model, build_model), so that it cannot be "
            "saved; save its weights with djtrans.diffusion.save_model."
        )
    scheduler = model.record.scheduler
    if model.scheduler_name != scheduler.name or model.scheduler_config != scheduler.config:
        version = scheduler.version if model.scheduler_name == scheduler.name else 1
        scheduler = ComponentRecord(
            name=model.scheduler_name, version=version, config=dict(model.scheduler_config)
        )
    return attrs.evolve(
        model.record,
        inference=attrs.asdict(model.inference),
        scheduler=scheduler,
        card=dict(model.card),
    )


def model_card(model: DiffusionModel) -> str:
    """Describe a model in Markdown, from what its run recorded, with the header of a hub."""
    record, card = current_record(model), model.card
    weights = sum(parameter.numel() for parameter in model.network.parameters())
    trained, planned = card.get("trained") or {}, card.get("train") or {}
    rows = [
        ("network", f"{record.denoiser.versioned_name}, {weights / 1e6:.2f} million weights"),
        ("conditioning", ", ".join(e.component.versioned_name for e in record.encoders) or "none"),
        ("parameters", f"{len(record.layout)}, layout {record.layout.digest}"),
        ("stems", ", ".join(record.stems)),
        ("sampling", f"{model.scheduler_name}, {model.steps} steps"),
        ("frames per beat", str(record.frames_per_beat)),
        ("steps trained", _known(trained.get("steps"), planned.get("steps"))),
        ("batch", _known(planned.get("batch_size"))),
        ("validation loss", _known(trained.get("validation_loss"))),
        ("training data", _data(card.get("data"))),
        ("digests of the data", ", ".join(card.get("data_digests") or ()) or "not recorded"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    remark = (
        f"\nThe model may be undertrained: {model.undertrained}.\n" if model.undertrained else ""
    )
    return (
        "---\nlibrary_name: djtrans\ntags:\n- djtrans\n- music\n- diffusion\n---\n\n"
        "# A model of DJ transitions\n\n"
        "It generates the curves of a mixer for [djtrans](https://pypi.org/project/djtrans/).\n\n"
        f"| | |\n|---|---|\n{table}\n{remark}\n"
        "```python\nimport djtrans\n\n"
        'model = djtrans.load_model("OWNER/NAME@REVISION")\n'
        'djtrans.generate("a.mp3", "b.mp3", model=model).save("out.wav")\n```\n'
    )


def _known(value: Any, planned: Any = None) -> str:
    if value is None:
        return "not recorded" if planned is None else f"{planned} planned"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if planned is None else f"{text} of {planned}"


def _data(facts: Any) -> str:
    """Describe the training data in a few words: the plain facts of a dataset."""
    sources = facts.get("sources", [facts]) if isinstance(facts, dict) else []
    found = []
    for source in sources:
        options = {**source, **source.get("options", {})}
        plain = [f"{k} {v}" for k, v in options.items() if isinstance(v, int | str)][:6]
        found.append(", ".join(plain))
    return "; ".join(filter(None, found)) or "not recorded"
