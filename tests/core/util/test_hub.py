"""The real client of the hub against a server on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading

import pytest

pytest.importorskip("huggingface_hub")

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

from djtrans.core.util.hub import download, silent_client

CONTENT = bytes(range(256)) * 40
STATED = {
    "X-Repo-Commit": "1" * 40,
    "ETag": f'"{hashlib.sha256(CONTENT).hexdigest()}"',
}


class Hub(http.server.BaseHTTPRequestHandler):
    """Serves one file; what it asks is written down."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.server.asked.append((self.command, self.path))
        self.send_response(self.server.status)
        for name, value in {**STATED, "Content-Length": str(len(CONTENT))}.items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self):
        self.server.asked.append((self.command, self.path))
        self.send_response(200)
        self.send_header("Connection", "close")
        if not self.server.endless:
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(CONTENT)
            while self.server.endless:
                self.server.sent += self.wfile.write(bytes(1 << 20))

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.asked, server.status, server.endless, server.sent = [], 200, False, 0
        server.daemon_threads = True
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def got(tmp_path, most_bytes=10**6, progress=None):
    return download(
        "ada/model",
        "model.safetensors",
        most_bytes=most_bytes,
        progress=progress,
        cache_dir=tmp_path / "hub",
    )


def test_a_file_is_downloaded_without_a_word_and_nothing_else_is_asked(hub, tmp_path, capfd):
    seen = []
    assert got(tmp_path, progress=seen.append).read_bytes() == CONTENT
    assert seen == [1.0]
    path = "/ada/model/resolve/main/model.safetensors"
    assert {asked for _, asked in hub.asked} == {path}
    assert capfd.readouterr() == ("", "")


def test_a_file_without_end_is_not_read_to_its_end(hub, tmp_path):
    hub.endless = True
    with pytest.raises(OSError, match=r"the hub sends more than 0\.02 GB"):
        got(tmp_path, most_bytes=20_000_000)
    # What is on its way when the client ends the connection is sent too.
    assert hub.sent < 60_000_000
    assert sum(f.stat().st_size for f in tmp_path.rglob("*.incomplete")) <= 20_000_000


def test_a_broken_hub_is_an_error_and_no_message(hub, capfd, monkeypatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    hub.status = 500
    url = hf_hub_url("ada/model", "x")
    with pytest.raises(Exception, match="500"), silent_client():
        get_hf_file_metadata(url)
    assert capfd.readouterr() == ("", "")
    assert not constants.HF_HUB_DISABLE_TELEMETRY
