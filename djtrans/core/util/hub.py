"""Download files from the Hugging Face hub, up to a size and without messages of its client."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import DependencyError


def download(
    repository: str,
    file: str,
    *,
    most_bytes: int,
    progress: FractionCallback | None = None,
    **options: Any,
) -> Path:
    """Return the path of a file in the hub's cache, downloading it if it is missing.

    Parameters
    ----------
    repository, file : str
    most_bytes : int
        Size at which a download is ended, whatever the hub states.
    progress : callable, optional
        Receives the fraction that is downloaded.
    **options
        Further arguments of :func:`huggingface_hub.hf_hub_download`.

    Raises
    ------
    Exception
        Whatever a network, a hub or a full disk does; OSError if the file is larger.
    """
    from huggingface_hub import hf_hub_download

    # Older versions neither take a bar nor tell how far they are.
    if "tqdm_class" in inspect.signature(hf_hub_download).parameters:
        options["tqdm_class"] = _bar(most_bytes, progress)
    with silent_client():
        return Path(hf_hub_download(repository, file, **options))


def hub_client(token: str | None = None) -> Any:
    """Return a client of the hub that uploads.

    Raises
    ------
    DependencyError
        If huggingface_hub is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise DependencyError(
            "Uploading needs huggingface_hub; install it with pip install 'djtrans[hub]'."
        ) from None
    return HfApi(token=token)


@contextmanager
def silent_client() -> Iterator[None]:
    """Keep the client of the hub from printing, and from telemetry, within the block.

    Its errors are raised, and its telemetry loads a list of any length from the hub beforehand.
    """
    from huggingface_hub import constants

    logger = logging.getLogger("huggingface_hub")
    level, telemetry = logger.level, constants.HF_HUB_DISABLE_TELEMETRY
    logger.setLevel(logging.CRITICAL)
    constants.HF_HUB_DISABLE_TELEMETRY = True
    try:
        yield
    finally:
        logger.setLevel(level)
        constants.HF_HUB_DISABLE_TELEMETRY = telemetry


def _bar(most_bytes: int, progress: FractionCallback | None) -> type:
    """Build a progress bar that draws nothing, reports the fraction and ends what is too long."""
    from tqdm.auto import tqdm  # type: ignore[import-untyped]  # stubs are not installed

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": True})
            # A bar that is disabled keeps neither.
            self.total, self.n = options.get("total"), options.get("initial", 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.n += n or 0
            if self.n > most_bytes:
                raise OSError(f"the hub sends more than {most_bytes / 1e9:g} GB")
            if progress and self.total:
                progress(min(1.0, self.n / self.total))
            return None

    return Bar
