"""Import torchaudio on demand, with a clear error if it is unusable."""

from __future__ import annotations

from types import ModuleType

from djtrans.core.errors import DependencyError


def import_torchaudio(purpose: str) -> ModuleType:
    """Import torchaudio.

    torchaudio loads only beside the build of torch that it was made for, and little of djtrans uses
    it. So it is imported late.

    Parameters
    ----------
    purpose : str
        Subject of the error, such as ``"The mel loss"``.

    Returns
    -------
    module

    Raises
    ------
    DependencyError
        If it cannot be imported.
    """
    try:
        import torchaudio
    except (ImportError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DependencyError(
            f"{purpose} needs torchaudio, which cannot be imported ({reason}); install torch and "
            "torchaudio of the same build, from the same index."
        ) from error
    module: ModuleType = torchaudio
    return module
