"""Models in folders and on a hub: what is written is loaded again, with its card."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest
import torch

import djtrans
from djtrans.core.errors import FormatError, InputError
from djtrans.diffusion.loading import load_model, with_scheduler
from djtrans.diffusion.model import DiffusionModel
from tests.helpers.models import save_random_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(save_random_model(tmp_path_factory.mktemp("model")), "cpu")


class FakeHub:
    """The two calls of the client that are made, on a folder."""

    def __init__(self, folder):
        self.folder, self.calls = folder, []

    def create_repo(self, repository, *, private, exist_ok):
        self.calls.append(("create_repo", repository, private, exist_ok))

    def upload_folder(self, *, repo_id, folder_path, commit_message, revision, create_pr):
        self.calls.append(("upload_folder", repo_id, commit_message, revision, create_pr))
        shutil.copytree(folder_path, self.folder / repo_id)
        return SimpleNamespace(oid="0123abcd")


def curves(model):
    return model.generate(djtrans.CurveRequest(model.layout, n_frames=64, swap_beat=16, seed=3))


def test_a_saved_model_generates_the_same_under_its_current_settings(model, tmp_path):
    changed = with_scheduler(model, ("ddim", {"eta": 0.5}))
    changed = attrs.evolve(changed, inference=attrs.evolve(changed.inference, steps=4))
    files = changed.save_pretrained(tmp_path / "shared")
    assert [file.name for file in files] == ["model.safetensors", "README.md"]
    again = DiffusionModel.from_pretrained(tmp_path / "shared", device="cpu")
    assert again.scheduler_name == "djtrans/ddim"
    assert again.scheduler_config == changed.scheduler_config
    assert again.steps == 4
    assert torch.equal(curves(again), curves(changed))


def test_the_card_is_made_of_what_the_run_recorded(model, tmp_path):
    card = {
        "train": {"steps": 1000, "batch_size": 32},
        "trained": {"steps": 300, "validation_loss": 0.25},
        "data": {"options": {"tracks": 87}},
        "data_digests": ["abc"],
    }
    attrs.evolve(model, card=card).save_pretrained(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("---\nlibrary_name: djtrans\n")
    for line in (
        "| steps trained | 300 of 1000 |",
        "| validation loss | 0.25 |",
        "| training data | tracks 87 |",
        "| digests of the data | abc |",
        f"| parameters | 54, layout {model.layout.digest} |",
        "may be undertrained: it was trained for 300 of 1000 planned steps",
    ):
        assert line in text
    model.save_pretrained(tmp_path)
    assert "| steps trained | not recorded |" in (tmp_path / "README.md").read_text()


def test_a_model_is_uploaded_with_its_card_and_pinned_by_the_commit(model, tmp_path):
    hub = FakeHub(tmp_path)
    commit = model.push_to_hub("someone/theirs", private=True, message="First", client=hub)
    assert commit == "0123abcd"
    assert hub.calls == [
        ("create_repo", "someone/theirs", True, True),
        ("upload_folder", "someone/theirs", "First", None, False),
    ]
    assert torch.equal(curves(load_model(tmp_path / "someone/theirs", "cpu")), curves(model))
    assert (tmp_path / "someone/theirs/README.md").is_file()


def test_what_the_hub_refuses_is_one_line(model):
    class Refusing(FakeHub):
        def upload_folder(self, **_):
            raise RuntimeError("403 Forbidden: not yours.\nRequest ID: 1")

    with pytest.raises(FormatError, match=r"^someone/theirs cannot be uploaded: 403 .* yours\.$"):
        model.push_to_hub("someone/theirs", client=Refusing(Path()))
    with pytest.raises(InputError, match="is no id of a repository; give 'owner/name'"):
        model.push_to_hub("theirs", client=Refusing(Path()))


def test_a_model_without_a_record_cannot_be_saved(model, tmp_path):
    with pytest.raises(InputError, match="was not built from a record"):
        attrs.evolve(model, record=None).save_pretrained(tmp_path)
