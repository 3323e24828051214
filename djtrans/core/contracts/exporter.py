"""Exporters: transitions as files of other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from djtrans.core.transition.export_inputs import ExportInputs

#: Inputs that an exporter may need besides the params file.
NEEDS = ("audio", "tracks")


@runtime_checkable
class Exporter(Protocol):
    """Writes a transition in the format of another program."""

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write a transition.

        Parameters
        ----------
        inputs : ExportInputs
            The transition, with the inputs that the declaration needs. Read only.
        path : Path
            Empty file to write, or empty folder to fill. It is a temporary one, which is renamed
            when the exporter is done: take names from ``inputs.name``.

        Returns
        -------
        sequence of str
            Lines for the user: what the format cannot hold, what is rounded, and to which other
            files the result refers.

        Raises
        ------
        InputError
            If the transition cannot be written in this format.
        """
        ...


@attrs.frozen(kw_only=True)
class ExporterDeclaration(Declaration):
    """Declaration of an exporter.

    Attributes
    ----------
    suffix : str
        Suffix of the file that it writes, in lower case, such as ``".mid"``; empty for a folder.
    needs : tuple of {"audio", "tracks"}
        Inputs besides the params file: the rendered audio, and the files of both tracks with their
        analyses. Without ``"audio"`` nothing is rendered.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.ExporterDeclaration(
    ...     name="labels",
    ...     summary="Start, swap and end as labels of an audio editor.",
    ...     factory="mylab_djtrans.labels:Labels",
    ...     suffix=".txt",
    ... )
    >>> declaration.needs
    ()

    See Also
    --------
    djtrans.export_transition : Exports a transition.
    """

    kind: ClassVar[str] = "exporter"
    contract: ClassVar[type | None] = Exporter

    suffix: str = ""
    needs: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        label = f"{type(self).__name__}(name={self.name!r})"
        if self.suffix and (not self.suffix.startswith(".") or self.suffix != self.suffix.lower()):
            raise ConfigError(
                f"{label}: suffix {self.suffix!r} is not allowed; give it in lower case with its "
                "dot, such as '.mid', or '' for a folder."
            )
        for need in self.needs:
            if need not in NEEDS:
                raise ConfigError(f"{label}: needs {need!r}; allowed: {', '.join(NEEDS)}.")


@hookspec
def djtrans_exporters() -> Iterable[ExporterDeclaration]:  # type: ignore[empty-body]
    """Register exporters of transitions.

    Returns
    -------
    iterable of ExporterDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class ExporterPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_exporters(self):
    ...         yield djtrans.ExporterDeclaration(
    ...             name="labels",
    ...             summary="Start, swap and end as labels of an audio editor.",
    ...             factory="mylab_djtrans.labels:Labels",
    ...             suffix=".txt",
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(ExporterPlugin(), "mylab")
    >>> registry.exporters.find("labels").declaration.suffix
    '.txt'
    """
