"""Cards of datasets, and their upload to a hub that is a folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from djtrans.core.errors import FormatError, InputError
from djtrans.datasets import SyntheticDataset, dataset_card, publish_dataset
from djtrans.datasets.content import dataset_digest
from tests.helpers.training import small_set


class FakeHub:
    """The calls of the client that are made, on a folder."""

    def __init__(self, folder):
        self.folder, self.created = folder, []

    def create_repo(self, repository, *, repo_type, private, exist_ok):
        assert exist_ok
        self.created.append((repository, repo_type, private))

    def upload_file(
        self, *, path_or_fileobj, path_in_repo, repo_id, repo_type, revision, commit_message
    ):
        assert (repo_type, revision) == ("dataset", None)
        target = self.folder / repo_id / path_in_repo
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(path_or_fileobj, bytes):
            target.write_bytes(path_or_fileobj)
        else:
            shutil.copyfile(path_or_fileobj, target)
        return SimpleNamespace(oid=commit_message)


def test_the_card_states_sizes_techniques_and_the_digest_that_models_record():
    data = small_set()
    text = dataset_card(data)
    count = len(data.training)
    assert f"| transitions | {count} for training, {len(data.validation)} held out |" in text
    assert f"| tracks | {len(data.tracks)} |" in text
    assert f"| digest | `{dataset_digest(data)}` |" in text
    techniques = {c.technique for c in (*data.training, *data.validation)}
    assert all(f"{name} " in text for name in techniques)
    assert "licences" not in text


def test_a_published_dataset_is_what_was_made(tmp_path):
    data = small_set()
    data.save(tmp_path / "set.safetensors")
    hub = FakeHub(tmp_path / "hub")
    commit = publish_dataset(
        tmp_path / "set.safetensors", "someone/set", private=True, message="First", client=hub
    )
    assert commit == "First"
    assert hub.created == [("someone/set", "dataset", True)]
    there = tmp_path / "hub/someone/set"
    stored = SyntheticDataset.load(there / "set.safetensors")
    assert dataset_digest(stored) == dataset_digest(
        SyntheticDataset.load(tmp_path / "set.safetensors")
    )
    assert dataset_digest(stored) in (there / "README.md").read_text()


def test_what_is_no_dataset_or_no_id_is_not_uploaded(tmp_path):
    hub = FakeHub(tmp_path / "hub")
    (tmp_path / "set.safetensors").write_bytes(b"no dataset")
    with pytest.raises(FormatError):
        publish_dataset(tmp_path / "set.safetensors", "someone/set", client=hub)
    with pytest.raises(InputError, match="is no id of a repository; give 'owner/name'"):
        publish_dataset(tmp_path / "set.safetensors", "set", client=hub)
    assert not hub.created
    assert not Path(tmp_path / "hub").exists()
