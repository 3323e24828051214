"""Feature extractors of a model's encoders, built from its record."""

from __future__ import annotations

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.registry import Registry, default_registry


def build_extractors(
    record: ModelRecord, *, registry: Registry | None = None
) -> tuple[FeatureExtractor, ...]:
    """Build the feature extractors of a model's encoders.

    Parameters
    ----------
    record : ModelRecord
    registry : Registry, optional

    Returns
    -------
    tuple of FeatureExtractor
        One for each name: what :func:`djtrans.build_track_features`, ``compose_dataset`` and
        ``open_dataset`` take. Empty where no encoder declares one.
    """
    registry = registry or default_registry()
    found: dict[str, FeatureExtractor] = {}
    for encoder in record.encoders:
        component = encoder.component
        extractor = registry.build_extractor(component.name, component.config)
        if extractor is not None:
            found.setdefault(extractor.name, extractor)
    return tuple(found.values())


def extractor_key(registry: Registry, encoder: ComponentRecord) -> tuple[str, int] | None:
    """Name and version of an encoder's feature extractor; None where it has none."""
    extractor = registry.build_extractor(encoder.name, encoder.config)
    return None if extractor is None else (extractor.name, extractor.version)
