"""Classify curves by technique, to measure the technique conditioning of a model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import conform
from djtrans.core.errors import FormatError, InputError, ShapeError
from djtrans.core.util.atomic_files import replacing
from djtrans.datasets.synthetic.composition import Composition, request_of
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.diffusion.normalization import Scaling

FORMAT, FORMAT_VERSION = "djtrans-technique-classifier", 1
_TENSORS = ("axes", "centres", "reach")
#: Points of the resampled curves on either side of the swap.
_POINTS = 16
#: Fraction of the mean variance that is added to each variance (shrinkage).
_SHRINKAGE = 0.1
#: Quantile of the distances of a technique's own curves that defines its reach.
_WITHIN = 0.99
#: Minimum ratio of the distances to the second and the nearest technique of a clear case.
_CLEARLY = 2.0


@attrs.frozen
class Classification:
    """Class of a transition.

    Attributes
    ----------
    technique : str
        Technique with the nearest curves.
    belongs : bool
        True if the distance is below that of 99 % of the technique's own curves in the training
        data; False between techniques or far from all.
    clear : bool
        True if every other technique is at least twice as far away; False between two techniques.
    """

    technique: str
    belongs: bool
    clear: bool


@attrs.frozen(eq=False)
class TechniqueClassifier:
    """Linear discriminant [1]_ of curves resampled around the swap.

    Its inputs are the curves and the frame of the swap, not length, tempo, tracks or plan.

    Attributes
    ----------
    techniques : tuple of str
        Names of the classes.
    axes : Tensor
        ``[points * parameters, axes]``: discriminant axes, of unit deviation within techniques.
    centres : Tensor
        ``[techniques, axes]``: centres of the classes.
    reach : Tensor
        ``[techniques]``: maximum distance of a technique's own curves from its centre.

    References
    ----------
    .. [1] R. A. Fisher, The Use of Multiple Measurements in Taxonomic Problems, Annals of Eugenics
       7, 1936; several classes as in C. R. Rao, 1948.

    See Also
    --------
    rule_based_examples : Training examples from rule-based techniques.

    Examples
    --------
    >>> import torch
    >>> from djtrans.evaluation import TechniqueClassifier
    >>> ramp = torch.linspace(-1, 1, 32)[:, None]
    >>> examples = [("fade", s * ramp, 16) for s in (0.9, 1.0)]
    >>> examples += [("cut", s * ramp.sign(), 16) for s in (0.9, 1.0)]
    >>> TechniqueClassifier.fit(examples)(0.95 * ramp.sign(), 16).technique
    'cut'
    """

    techniques: tuple[str, ...]
    axes: Tensor
    centres: Tensor
    reach: Tensor

    @classmethod
    def fit(cls, examples: Iterable[tuple[str, Tensor, int]]) -> TechniqueClassifier:
        """Fit to curves of rule-based techniques.

        Parameters
        ----------
        examples : iterable of (str, Tensor, int)
            Technique, curves ``[frames, parameters]`` in -1 to 1, and the frame of the swap; at
            least two examples of at least two techniques.

        Raises
        ------
        InputError
            If there are too few examples.
        """
        names, vectors = [], []
        for name, curves, swap in examples:
            names.append(name)
            vectors.append(around_swap(curves, swap))
        techniques = tuple(sorted(set(names)))
        if len(techniques) < 2 or min(map(names.count, techniques)) < 2:
            raise InputError(
                "A classifier needs at least two techniques and two examples of each; it got "
                + (", ".join(f"{names.count(name)} of {name}" for name in techniques) or "none")
                + "."
            )
        x = torch.stack(vectors)
        label = torch.tensor([techniques.index(name) for name in names])
        centres = torch.stack([x[label == i].mean(dim=0) for i in range(len(techniques))])
        within = x - centres[label]
        # The axes are fitted to one half; the reach is estimated from all, unseen data included.
        half = within[torch.arange(len(x)) % 2 == 0]
        scatter = half.T @ half / len(half)
        scatter += _SHRINKAGE * scatter.diagonal().mean() * torch.eye(len(scatter)).to(scatter)
        # In whitened space the centres span the subspace that separates techniques.
        lower = torch.linalg.cholesky(scatter)
        whitened = torch.linalg.solve_triangular(lower, (centres - centres[0])[1:].T, upper=False)
        basis, _ = torch.linalg.qr(whitened)
        axes = torch.linalg.solve_triangular(lower.T, basis, upper=True)
        own = torch.linalg.vector_norm(within @ axes, dim=1)
        reach = [own[label == i].quantile(_WITHIN) for i in range(len(techniques))]
        return cls(techniques, axes, centres @ axes, torch.stack(reach))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the classifier as a safetensors file, atomically.

        Parameters
        ----------
        path : path

        Raises
        ------
        FormatError
            If it cannot be written.
        """
        from safetensors.torch import save_file

        tensors = {name: getattr(self, name).contiguous() for name in _TENSORS}
        header = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "techniques": list(self.techniques),
        }
        with replacing(path, FormatError) as part:
            save_file(tensors, part, metadata={FORMAT: json.dumps(header)})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TechniqueClassifier:
        """Read a classifier that :meth:`save` wrote.

        Parameters
        ----------
        path : path

        Raises
        ------
        FormatError
            If the file is missing, damaged, or not a classifier.
        """
        from safetensors import SafetensorError, safe_open

        if not Path(path).is_file():
            raise FormatError(f"There is no technique classifier {str(path)!r}; check the path.")
        try:
            with safe_open(path, framework="pt") as handle:
                header = json.loads((handle.metadata() or {})[FORMAT])
                if header["format_version"] != FORMAT_VERSION:
                    raise FormatError(
                        f"{path} has version {header['format_version']} of its format, this is "
                        f"version {FORMAT_VERSION}; fit the classifier again."
                    )
                tensors = {name: handle.get_tensor(name) for name in _TENSORS}
        except (SafetensorError, KeyError, ValueError, TypeError) as error:
            raise FormatError(
                f"{path} is not a technique classifier ({error}); fit one and save it."
            ) from None
        return cls(techniques=tuple(header["techniques"]), **tensors)

    def __call__(self, curves: Tensor, swap: int) -> Classification:
        """Classify one transition.

        Parameters
        ----------
        curves : Tensor
            ``[frames, parameters]``, -1 to 1.
        swap : int
            Frame of the swap.

        Raises
        ------
        ShapeError
            If the number of parameters differs from that of the training data.
        """
        vector = around_swap(curves, swap)
        if len(vector) != len(self.axes):
            raise ShapeError(
                f"The curves have {curves.shape[-1]} parameters, the classifier was fitted on "
                f"{len(self.axes) // (2 * _POINTS)}; give curves of the same mixer."
            )
        distances = torch.linalg.vector_norm(vector @ self.axes - self.centres, dim=1)
        near, order = distances.sort()
        nearest = int(order[0])
        return Classification(
            technique=self.techniques[nearest],
            belongs=bool(near[0] <= self.reach[nearest]),
            clear=bool(near[1] >= _CLEARLY * near[0]),
        )


def around_swap(curves: Tensor, swap: int) -> Tensor:
    """Resample curves of any length to one vector, with equal parts before and after the swap.

    Parameters
    ----------
    curves : Tensor
        ``[frames, parameters]``.
    swap : int
        Frame of the swap, with at least one frame on either side.

    Returns
    -------
    Tensor
        ``[2 * 16 * parameters]`` float64, sampled without interpolation, which preserves steps.
    """
    frames = len(curves)
    if not 0 < swap < frames:
        raise InputError(
            f"The swap is at frame {swap} of {frames}; give a frame from 1 to {frames - 1}."
        )
    middles = (torch.arange(_POINTS) + 0.5) / _POINTS
    points = torch.cat([middles * swap, swap + middles * (frames - swap)])
    return curves[points.long()].double().flatten()


def rule_based_examples(
    compositions: Iterable[Composition],
    tracks: Sequence[FramedTrack],
    techniques: Mapping[str, CurveModel],
    layout: Layout,
    seed: int,
) -> Iterator[tuple[str, Tensor, int]]:
    """Yield the curves of the technique of each composition, as training examples."""
    rng, scaling = np.random.default_rng(seed), Scaling(layout)
    for composition in compositions:
        request = request_of(composition, tracks, layout, int(rng.integers(1, 2**31)))
        values = conform(techniques[composition.technique].generate(request), layout)
        swap = composition.swap_beat * composition.frames_per_beat
        yield composition.technique, scaling.to_model(values), swap
