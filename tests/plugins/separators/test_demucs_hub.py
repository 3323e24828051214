"""The hub as demucs' weights are got from it, without one."""

import httpx
import huggingface_hub
import pytest
from huggingface_hub import constants

from djtrans.core.errors import SeparationError
from djtrans.plugins.separators import demucs_hub
from djtrans.plugins.separators.demucs_hub import hub_file


class Hub:
    """Answers, or does not, and hands out a file through the bar that it is given."""

    def __init__(self, file, reachable=True):
        self.file, self.reachable, self.asked, self.status = file, reachable, 0, 200

    def head(self, *_, **__):
        self.asked += 1
        if not self.reachable:
            raise ConnectionError("no route to host")
        return httpx.Response(self.status)

    def hf_hub_download(self, repository, file, *, etag_timeout, tqdm_class=None):
        if tqdm_class is not None:
            with tqdm_class(total=100, initial=10, unit="B", name="hub", desc=file) as bar:
                for _ in range(3):
                    bar.update(30)
        self.file.write_text(repository)
        return str(self.file)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    found = Hub(tmp_path / "weights.safetensors")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: None)
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: found)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", found.hf_hub_download)
    demucs_hub._unreachable.clear()
    yield found
    demucs_hub._unreachable.clear()


def test_a_download_tells_how_far_it_is_and_draws_nothing(hub, capfd):
    seen = []
    assert hub_file("htdemucs", "abc", seen.append).read_text() == "adefossez/HTDemucs"
    assert seen == pytest.approx([0.4, 0.7, 1.0])
    assert capfd.readouterr() == ("", "")


def test_a_hub_that_is_out_of_reach_is_asked_once_a_minute(hub, monkeypatch):
    hub.reachable = False
    for _ in range(3):
        with pytest.raises(SeparationError, match="no route to host"):
            hub_file("htdemucs", "abc")
    assert hub.asked == 1
    monkeypatch.setattr(demucs_hub, "PATIENCE_SECONDS", 0.0)
    hub.reachable = True
    assert hub_file("htdemucs", "abc").is_file()
    assert hub.asked == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_busy_is_not_waited_for(hub, status):
    hub.status = status
    with pytest.raises(SeparationError, match=f"answered with status {status}"):
        hub_file("htdemucs", "abc")
    assert not hub.file.exists()


@pytest.mark.parametrize("status", [301, 403, 404])
def test_a_hub_without_a_front_page_has_files_all_the_same(hub, status):
    hub.status = status
    assert hub_file("htdemucs", "abc").is_file()
