"""Metrics: numbers that describe a rendered transition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration, one_of
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from djtrans.core.transition.metric_inputs import MetricInputs

#: Allowed directions of a value; a description has no better end.
BETTER = ("lower", "higher", "description")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@runtime_checkable
class Metric(Protocol):
    """Measures a rendered transition."""

    def measure(self, inputs: MetricInputs) -> Mapping[str, float | None]:
        """Measure one transition.

        Parameters
        ----------
        inputs : MetricInputs
            Read only. :meth:`~djtrans.core.transition.metric_inputs.MetricInputs.shared` holds
            intermediate results that several metrics need.

        Returns
        -------
        mapping of str to float or None
            Exactly the declared values, each finite, or None if it could not be measured.
        """
        ...


@attrs.frozen(kw_only=True)
class MetricValue:
    """Declaration of one number of a metric.

    Attributes
    ----------
    name : str
        Stable; lower-case letters, digits and ``_``. It ends in the unit: ``offset_ms``.
    unit : str
        ``"1"`` for a ratio.
    better : {"lower", "higher", "description"}
        The direction of improvement; a description has none.
    summary : str
        One line.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.MetricValue(
    ...     name="crest_loss_db", unit="dB", better="lower", summary="Loss of crest factor."
    ... ).unit
    'dB'
    """

    name: str
    unit: str
    better: str = attrs.field(validator=one_of(*BETTER))
    summary: str


@attrs.frozen(kw_only=True)
class MetricDeclaration(Declaration):
    """A measurement of a rendered transition.

    Attributes
    ----------
    values : tuple of MetricValue
        The numbers that it gives, in the order of tables.

    See Also
    --------
    djtrans.MetricValue : Declaration of one number.

    Examples
    --------
    >>> import djtrans
    >>> value = djtrans.MetricValue(
    ...     name="crest_loss_db", unit="dB", better="lower", summary="Loss of crest factor."
    ... )
    >>> djtrans.MetricDeclaration(
    ...     name="crest",
    ...     summary="Loss of crest factor against the louder track.",
    ...     factory="mylab_djtrans.crest:Crest",
    ...     values=(value,),
    ... ).name
    'crest'
    """

    kind: ClassVar[str] = "metric"
    contract: ClassVar[type | None] = Metric

    values: tuple[MetricValue, ...] = attrs.field(converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        label = f"{type(self).__name__}(name={self.name!r})"
        if not self.values or not all(isinstance(value, MetricValue) for value in self.values):
            raise ConfigError(f"{label}: values must be one MetricValue or more.")
        names = [value.name for value in self.values]
        for name in names:
            if not _NAME.fullmatch(name):
                raise ConfigError(
                    f"{label}: value {name!r}; a name has lower-case letters, digits and '_'."
                )
            if names.count(name) > 1:
                raise ConfigError(f"{label}: two values are named {name!r}; rename one.")


@hookspec
def djtrans_metrics() -> Iterable[MetricDeclaration]:  # type: ignore[empty-body]
    """Register metrics of a rendered transition.

    Returns
    -------
    iterable of MetricDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class MetricPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_metrics(self):
    ...         yield djtrans.MetricDeclaration(
    ...             name="crest",
    ...             summary="Ratio of the peak to the RMS level of the mix.",
    ...             factory="mylab_djtrans.crest:CrestFactor",
    ...             values=(
    ...                 djtrans.MetricValue(
    ...                     name="crest_factor_db",
    ...                     unit="dB",
    ...                     better="description",
    ...                     summary="Peak over RMS of the mix.",
    ...                 ),
    ...             ),
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(MetricPlugin(), "mylab")
    >>> registry.metrics.find("crest").declaration.values[0].unit
    'dB'
    """
