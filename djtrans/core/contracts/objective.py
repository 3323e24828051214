"""Objectives: differentiable functions of curves and stem powers, without rendering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans.core.transition.predicted_mix import PredictedMix


@runtime_checkable
class Objective(Protocol):
    """Rates predicted transitions; lower is better."""

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions.

        Parameters
        ----------
        mix : PredictedMix
            Read only. :meth:`~djtrans.core.transition.predicted_mix.PredictedMix.shared` holds
            intermediate results that several objectives need.

        Returns
        -------
        Tensor
            ``[batch]``, finite and at least 0, differentiable in ``mix.values``. No row depends on
            another one.
        """
        ...


@attrs.frozen(kw_only=True)
class ObjectiveDeclaration(Declaration):
    """A differentiable function of a transition that is minimized.

    Attributes
    ----------
    unit : str
        Unit of the value; ``"1"`` for a ratio.
    weight : float
        Factor in the sum of objectives, at least 0: what one unit costs. One beat without bass
        costs 1.
    descends : bool
        False for a value whose gradient is no direction to follow, such as a smoothed count; it
        rates candidates, and is left out of descent and guidance.
    metric : str
        Value of a metric whose smooth counterpart it is; ``""`` if there is none.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.ObjectiveDeclaration(
    ...     name="brightness",
    ...     summary="Penalize high frequencies that neither track has.",
    ...     factory="mylab_djtrans.brightness:Brightness",
    ...     unit="dB",
    ... )
    >>> declaration.weight
    1.0

    See Also
    --------
    djtrans.MetricDeclaration : A measurement of the rendered audio.
    """

    kind: ClassVar[str] = "objective"
    contract: ClassVar[type | None] = Objective

    unit: str = "1"
    weight: float = 1.0
    descends: bool = True
    metric: str = ""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not 0.0 <= self.weight < float("inf"):
            raise ConfigError(
                f"{type(self).__name__}(name={self.name!r}): weight {self.weight!r}; give a finite "
                "number, at least 0."
            )


@hookspec
def djtrans_objectives() -> Iterable[ObjectiveDeclaration]:  # type: ignore[empty-body]
    """Register objectives: differentiable functions of curves and stem powers.

    Returns
    -------
    iterable of ObjectiveDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class Quiet:
    ...     def __init__(self, config): ...
    ...     def evaluate(self, mix):
    ...         return mix.power.sum(dim=-1).mean(dim=-1)
    >>> class ObjectivePlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_objectives(self):
    ...         yield djtrans.ObjectiveDeclaration(
    ...             name="quiet", summary="Penalize power.", factory=Quiet
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(ObjectivePlugin(), "mylab")
    >>> registry.objectives.find("quiet").name
    'mylab/quiet'
    """
