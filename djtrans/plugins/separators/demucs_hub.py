"""The weights of demucs on the Hugging Face hub: found in its cache, or downloaded into it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import SeparationError
from djtrans.core.util.hub import download

#: Repository on the hub, by the name of the model.
HUB_REPOSITORIES = {
    "htdemucs": "adefossez/HTDemucs",
    "htdemucs_ft": "adefossez/HTDemucs-ft",
    "htdemucs_6s": "adefossez/HTDemucs-6s",
}
#: The largest file of theirs has 168 MB.
MOST_BYTES = 1_000_000_000
#: How long the hub may take to answer at all before a download is tried.
REACH_SECONDS = 2.5
#: A hub that could not be reached is not asked again for so long: several tracks wait once.
PATIENCE_SECONDS = 60.0

#: Status codes of HTTP; all errors of a server have this one or a higher one.
_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500

#: Why the hub could not be reached, and when.
_unreachable: list[tuple[float, str]] = []


def hub_file(model: str, name: str, progress: FractionCallback | None = None) -> Path:
    """Return a model's file from the hub's cache, downloading it if it is missing.

    Parameters
    ----------
    model : str
        One of :data:`HUB_REPOSITORIES`.
    name : str
        Of the network.
    progress : callable, optional
        Receives the fraction that is downloaded.

    Raises
    ------
    SeparationError
        If it is not in the cache and cannot be downloaded; without a network within 3 s.
    """
    from huggingface_hub import try_to_load_from_cache

    repository, file = HUB_REPOSITORIES[model], f"{name}.safetensors"
    cached = try_to_load_from_cache(repository, file)
    if isinstance(cached, str):
        return Path(cached)
    reason = _why_unreachable()
    if not reason:
        try:
            return download(
                repository,
                file,
                most_bytes=MOST_BYTES,
                progress=progress,
                etag_timeout=REACH_SECONDS,
            )
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a network does
            reason = brief(error)
    raise SeparationError(
        f"The weights of {model} are not on this machine and cannot be downloaded ({reason}); run "
        f"'hf download {repository}' online, or set its weights to a folder with {file} "
        "(--set separator.weights=FOLDER)."
    )


def brief(error: BaseException) -> str:
    """Shorten the message of a foreign error."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:160]}" if text else type(error).__name__


def _why_unreachable() -> str:
    """Return why the hub is unreachable, or ``""``, within a time limit."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    if _unreachable and time.monotonic() - _unreachable[0][0] < PATIENCE_SECONDS:
        return _unreachable[0][1]
    answers: list[str] = []

    def ask() -> None:
        try:
            status = get_session().head(constants.ENDPOINT, timeout=REACH_SECONDS).status_code
            # The client would wait, five times, for as long as the hub demands.
            busy = status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS
            answers.append(f"{constants.ENDPOINT} answered with status {status}" if busy else "")
        except Exception as error:  # noqa: BLE001 -- whatever a network does
            answers.append(f"{constants.ENDPOINT}: {brief(error)}")

    # A thread, because no timeout of a request covers the lookup of a host's name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(REACH_SECONDS)
    reason = answers[0] if answers else f"{constants.ENDPOINT} did not answer"
    _unreachable[:] = [(time.monotonic(), reason)] if reason else []
    return reason
