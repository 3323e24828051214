"""Weighted sum of the registered objectives."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.objective import Objective, ObjectiveDeclaration
from djtrans.core.errors import InputError, PluginError, did_you_mean
from djtrans.core.transition.predicted_mix import PredictedMix
from djtrans.core.util.finite import all_finite
from djtrans.registry import Registry, default_registry


@attrs.frozen(eq=False)
class Evaluation:
    """Values of objectives for a batch of transitions.

    Attributes
    ----------
    total : Tensor
        ``[batch]``: the weighted sum.
    values : dict of str to Tensor
        ``[batch]`` each, unweighted, by name.
    """

    total: Tensor
    values: dict[str, Tensor]


@attrs.frozen(eq=False)
class WeightedObjectives:
    """Objectives with their weights; build them with :func:`load_objectives`.

    Attributes
    ----------
    objectives : mapping of str to Objective
    declarations : mapping of str to ObjectiveDeclaration
    weights : mapping of str to float
        By name, greater than 0.
    """

    objectives: Mapping[str, Objective]
    declarations: Mapping[str, ObjectiveDeclaration]
    weights: Mapping[str, float]

    def evaluate(self, mix: PredictedMix) -> Evaluation:
        """Evaluate all objectives.

        Parameters
        ----------
        mix : PredictedMix
            See :meth:`~djtrans.objectives.prediction.PowerModel.predict`.

        Returns
        -------
        Evaluation
            Differentiable in ``mix.values``.

        Raises
        ------
        PluginError
            If an objective gives something else than one finite value for each transition.
        """
        values = {name: self._value(name, mix) for name in self.objectives}
        weighted = [self.weights[name] * value for name, value in values.items()]
        return Evaluation(torch.stack(weighted).sum(dim=0), values)

    def total(self, values: Mapping[str, float]) -> float:
        """Return the weighted sum of the values of one transition."""
        return sum(weight * values[name] for name, weight in self.weights.items())

    def descending(self) -> WeightedObjectives:
        """Return the objectives whose gradient is a direction to follow."""
        kept = [name for name, d in self.declarations.items() if d.descends]
        return WeightedObjectives(
            {name: self.objectives[name] for name in kept},
            {name: self.declarations[name] for name in kept},
            {name: self.weights[name] for name in kept},
        )

    def _value(self, name: str, mix: PredictedMix) -> Tensor:
        value = self.objectives[name].evaluate(mix)
        if tuple(value.shape) != (mix.batch,) or not all_finite(value.detach()):
            raise PluginError(
                f"The objective {name} gave {value.detach().tolist()!r:.80} of shape "
                f"{tuple(value.shape)}; it must give one finite value for each of {mix.batch} "
                "transitions. Leave it out (weight 0), and report it to its author."
            )
        return value


def load_objectives(
    weights: Mapping[str, float] | None = None, registry: Registry | None = None
) -> WeightedObjectives:
    """Build the registered objectives with their weights.

    Parameters
    ----------
    weights : mapping of str to float, optional
        Weights that differ from the declared ones, by name; 0 leaves an objective out.
    registry : Registry, optional

    Returns
    -------
    WeightedObjectives

    Raises
    ------
    InputError
        If a weight is of an unknown objective, negative or not finite, or no objective is left.

    Examples
    --------
    >>> from djtrans.objectives import load_objectives
    >>> load_objectives({"masking": 0.0}).weights["loudness-dip"]
    2.0
    """
    registry = registry or default_registry()
    declared = {short_name(c.name): c for c in registry.objectives.declared}
    chosen = {name: component.declaration.weight for name, component in declared.items()}
    for name, weight in (weights or {}).items():
        short = short_name(name)
        if short not in chosen:
            raise InputError(f"There is no objective {name!r}. {did_you_mean(short, chosen)}")
        if not 0.0 <= weight < float("inf"):
            raise InputError(f"The weight of {name} is {weight!r}; give a number of at least 0.")
        chosen[short] = float(weight)
    kept = {name: weight for name, weight in chosen.items() if weight > 0.0}
    if not kept:
        raise InputError("Every objective has the weight 0; keep at least one.")
    return WeightedObjectives(
        {name: registry.objectives.build(declared[name].name) for name in kept},
        {name: declared[name].declaration for name in kept},
        kept,
    )
