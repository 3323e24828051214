"""Models from a hub: sizes and digests that it states are checked."""

from __future__ import annotations

import hashlib

import httpx
import huggingface_hub
import pytest
from huggingface_hub.file_download import HfFileMetadata

from djtrans.core.errors import FormatError
from djtrans.diffusion.model_files import MOST_BYTES, locate_model

CONTENT = b"a model"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Asked(list):
    """Downloads, and the addresses whose metadata were requested."""

    def __init__(self):
        super().__init__()
        self.urls = []


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub that states what a test wants and sends a file."""
    file = tmp_path / "cached.safetensors"
    asked = Asked()

    def answer(**stated):
        fields = {"commit_hash": "1" * 40, "etag": DIGEST, "location": "", "size": len(CONTENT)}
        fields |= {"xet_file_data": None, **stated}
        error = fields.pop("error", None)

        def metadata(url):
            asked.urls.append(url)
            if error is not None:
                raise error
            return HfFileMetadata(**fields)

        def download(*arguments, **options):
            asked.append((*arguments, options))
            file.write_bytes(CONTENT)
            return str(file)

        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", metadata)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
        return asked, file

    return answer


def test_the_stated_version_is_downloaded_and_compared(hub):
    asked, file = hub()
    assert locate_model("ada/model") == str(file)
    assert asked == [("ada/model", "model.safetensors", {"revision": "1" * 40})]


def test_a_revision_is_asked_for_and_what_it_stands_for_is_downloaded(hub):
    asked, file = hub()
    assert locate_model("ada/model@v1.2") == str(file)
    assert "/resolve/v1.2/" in asked.urls[0]
    assert asked == [("ada/model", "model.safetensors", {"revision": "1" * 40})]


@pytest.mark.parametrize("size", [MOST_BYTES + 1, None])
def test_what_is_too_large_or_of_no_size_is_not_downloaded(hub, size):
    asked, _ = hub(size=size)
    with pytest.raises(FormatError, match=r"is not downloaded: .* at most 4 GB"):
        locate_model("ada/model")
    assert asked == []


def test_another_digest_is_stated(hub):
    hub(etag="0" * 64)
    with pytest.raises(FormatError, match=f"the SHA-256 {DIGEST}, but the hub states 0000"):
        locate_model("ada/model")


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("timed out\nafter 10 s"), OSError("disk full"), KeyError("etag")]
)
def test_whatever_fails_is_one_line(hub, error):
    hub(error=error)
    with pytest.raises(FormatError, match="cannot be downloaded: ") as caught:
        locate_model("ada/model")
    assert "\n" not in str(caught.value)
