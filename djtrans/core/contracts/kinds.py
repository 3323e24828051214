"""Kinds of component, in the order of the data flow."""

from __future__ import annotations

import sys

from djtrans.core.contracts.analyzer import AnalyzerDeclaration
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.denoiser import DenoiserDeclaration
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.encoder import EncoderDeclaration
from djtrans.core.contracts.exporter import ExporterDeclaration
from djtrans.core.contracts.hooks import PROJECT
from djtrans.core.contracts.library import LibraryDeclaration
from djtrans.core.contracts.metric import MetricDeclaration
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.objective import ObjectiveDeclaration
from djtrans.core.contracts.scheduler import SchedulerDeclaration
from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.contracts.tracklist import TracklistDeclaration

#: Declaration of each kind of component, in the order of the data flow.
KINDS: dict[str, type[Declaration]] = {
    declaration.kind: declaration
    for declaration in (
        SeparatorDeclaration,
        AnalyzerDeclaration,
        TechniqueDeclaration,
        EncoderDeclaration,
        DenoiserDeclaration,
        SchedulerDeclaration,
        EffectDeclaration,
        MixerDeclaration,
        ObjectiveDeclaration,
        MetricDeclaration,
        ExporterDeclaration,
        TracklistDeclaration,
        LibraryDeclaration,
    )
}


def plural(kind: str) -> str:
    """Return the plural of a kind, as in the names of hooks and of the registry's attributes.

    Examples
    --------
    >>> plural("effect"), plural("library")
    ('effects', 'libraries')
    """
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


#: Declaration that each hook yields; a hook is specified in the contract file of its kind.
HOOKS = {f"{PROJECT}_{plural(kind)}": declaration for kind, declaration in KINDS.items()}

#: Modules that specify the hooks.
CONTRACTS = tuple(sys.modules[declaration.__module__] for declaration in KINDS.values())
