"""Build the feature extractors of a model's encoders from its record."""

from __future__ import annotations

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.registry import Registry, default_registry

#: Encoders of a new model.
DEFAULT_ENCODERS = ("audio", "technique", "objective")


def default_extractors() -> tuple[FeatureExtractor, ...]:
    """Build the feature extractors of the encoders that a new model has by default."""
    registry = default_registry()
    found = (registry.build_extractor(name) for name in DEFAULT_ENCODERS)
    return tuple(extractor for extractor in found if extractor is not None)


def build_extractors(
    record: ModelRecord, *, registry: Registry | None = None
) -> tuple[FeatureExtractor, ...]:
    """Build the feature extractors of a model's encoders.

    Parameters
    ----------
    record : ModelRecord
        Names and configs of the encoders.
    registry : Registry, optional
        Installed components; by default :func:`djtrans.default_registry`.

    Returns
    -------
    tuple of FeatureExtractor
        One for each name, for :func:`djtrans.build_track_features`, ``compose_dataset`` and
        ``open_dataset``. Empty if no encoder declares one.

    Examples
    --------
    >>> from djtrans.diffusion import build_extractors
    >>> from djtrans.training import model_record
    >>> [extractor.name for extractor in build_extractors(model_record())]
    ['audio']
    """
    registry = registry or default_registry()
    found: dict[str, FeatureExtractor] = {}
    for encoder in record.encoders:
        component = encoder.component
        extractor = registry.build_extractor(component.versioned_name, component.config)
        if extractor is not None:
            found.setdefault(extractor.name, extractor)
    return tuple(found.values())


def extractor_key(registry: Registry, encoder: ComponentRecord) -> tuple[str, int] | None:
    """Return name and version of an encoder's feature extractor, or None if it has none."""
    extractor = registry.build_extractor(encoder.versioned_name, encoder.config)
    return None if extractor is None else (extractor.name, extractor.version)
