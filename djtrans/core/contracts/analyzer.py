"""Analyzers: beat grid, key, levels and sections of a track."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.contracts.progress import FractionCallback

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans.core.track.analysis import Analysis


@runtime_checkable
class Analyzer(Protocol):
    """Analyzer of whole tracks."""

    def analyze(
        self, audio: Tensor, sample_rate: int, progress: FractionCallback | None = None
    ) -> Analysis:
        """Analyze a whole track.

        Parameters
        ----------
        audio : Tensor
            ``[channels, samples]`` float32.
        sample_rate : int
            In Hz.
        progress : callable, optional
            Progress callback.

        Returns
        -------
        Analysis
        """
        ...


@attrs.frozen(kw_only=True)
class AnalyzerDeclaration(Declaration):
    """Declaration of an analyzer: beat grid, phrases, sections, key and levels of a track.

    Attributes
    ----------
    thread_safe : bool
        True if two instances may analyze two tracks in two threads at the same time.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.AnalyzerDeclaration(
    ...     name="madmom", summary="Track beats with madmom.", factory="mylab.madmom:Analyzer"
    ... )
    >>> declaration.kind
    'analyzer'

    See Also
    --------
    djtrans.analyze_track : Analyze a track with a registered analyzer.
    """

    kind: ClassVar[str] = "analyzer"
    contract: ClassVar[type | None] = Analyzer

    thread_safe: bool = False


@hookspec
def djtrans_analyzers() -> Iterable[AnalyzerDeclaration]:  # type: ignore[empty-body]
    """Register track analyzers.

    Returns
    -------
    iterable of AnalyzerDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class AnalyzerPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_analyzers(self):
    ...         yield djtrans.AnalyzerDeclaration(
    ...             name="madmom",
    ...             summary="Track beats with madmom's recurrent networks.",
    ...             factory="mylab_djtrans.madmom:MadmomAnalyzer",
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(AnalyzerPlugin(), "mylab")
    >>> [component.name for component in registry.analyzers][-1]
    'mylab/madmom'
    """
