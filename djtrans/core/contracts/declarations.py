"""What a plugin hands to djtrans: declarations of components. Importing this module is cheap.

A declaration names a component, says what is true of it, and points at its factory by
``"package.module:Class"``, so that listing all components imports none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from djtrans.core.contracts.config import NoConfig, as_tuple
from djtrans.core.contracts.mixer_spec import PLACEMENTS
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError

#: What a denoiser's output may be.
PREDICTIONS = ("velocity", "noise", "clean")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _one_of(*allowed: str) -> Callable[[Any, attrs.Attribute[Any], str], None]:
    def check(instance: Any, attribute: attrs.Attribute[Any], value: str) -> None:
        if value not in allowed:
            raise ConfigError(
                f"{type(instance).__name__}.{attribute.name} = {value!r}; "
                f"allowed: {', '.join(map(repr, allowed))}."
            )

    return check


@attrs.frozen(kw_only=True)
class Declaration:
    """What every component declares.

    Attributes
    ----------
    name : str
        Short name: lower-case letters, digits, ``-`` and ``_``.
    summary : str
        One line.
    factory : str or callable
        ``"package.module:Class"``, called with the config to build the component. A callable is
        accepted for a notebook or a loose file; it is reported as not lazy.
    config : type
        An attrs class whose fields are made with :func:`djtrans.core.contracts.config.setting`.
    version : int
        Behaviour version, raised when the same config would behave differently.
    references : tuple of str
        Where the algorithm comes from.
    """

    kind: ClassVar[str] = ""

    name: str
    summary: str
    factory: str | Callable[[Any], Any]
    config: type = NoConfig
    version: int = 1
    references: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        label = f"{type(self).__name__}(name={self.name!r})"
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ConfigError(f"{label}: a name has lower-case letters, digits, '-' and '_'.")
        if not self.summary or "\n" in self.summary:
            raise ConfigError(f"{label}: the summary must be one line of text.")
        if not callable(self.factory) and not (
            isinstance(self.factory, str) and _FACTORY.fullmatch(self.factory)
        ):
            raise ConfigError(
                f"{label}: factory {self.factory!r} is neither 'package.module:Class' nor callable."
            )
        if not attrs.has(self.config):
            raise ConfigError(f"{label}: config must be an attrs class, got {self.config!r}.")
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise ConfigError(f"{label}: version must be an int of at least 1.")
        try:
            self.config()
        except Exception as error:  # noqa: BLE001 -- whatever a stranger's config raises
            raise ConfigError(
                f"{label}: every config field needs a valid default: {error}"
            ) from None

    @property
    def lazy(self) -> bool:
        """Whether the component is imported only when it is built."""
        return isinstance(self.factory, str)


@attrs.frozen(kw_only=True)
class EffectDeclaration(Declaration):
    """An effect: a node of the mixer.

    Attributes
    ----------
    domain : {"spectral", "time"}
        Which contract the component fulfils:
        :class:`~djtrans.core.contracts.protocols.SpectralEffect` or
        :class:`~djtrans.core.contracts.protocols.TimeEffect`.
    routing : {"insert", "send"}
        An insert returns the processed signal. A send (time domain, on a bus) is fed the signal of
        the bus and returns only what is to be *added* to it; neighbouring sends are fed the same
        signal, as on a mixing desk.
    placements : tuple of {"stem", "track", "master"}
        Where it may stand.
    parameters : tuple of Parameter, or callable
        What can be automated; a callable derives it from the config.
    """

    kind: ClassVar[str] = "effect"

    domain: str = attrs.field(validator=_one_of("spectral", "time"))
    placements: tuple[str, ...] = attrs.field(converter=as_tuple)
    parameters: tuple[Parameter, ...] | Callable[[Any], tuple[Parameter, ...]]
    routing: str = attrs.field(default="insert", validator=_one_of("insert", "send"))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        label = f"{type(self).__name__}(name={self.name!r})"
        if not self.placements or not set(self.placements) <= set(PLACEMENTS):
            raise ConfigError(f"{label}: placements must be among {', '.join(PLACEMENTS)}.")
        if self.routing == "send" and (self.domain == "spectral" or "stem" in self.placements):
            raise ConfigError(f"{label}: a send is a time effect on the track or master bus.")
        names = [p.name for p in self.parameters_of(self.config())]
        if len(set(names)) != len(names):
            raise ConfigError(f"{label}: a parameter name stands twice: {names}.")

    def parameters_of(self, config: Any) -> tuple[Parameter, ...]:
        """The parameters under a given config."""
        declared = self.parameters(config) if callable(self.parameters) else self.parameters
        return tuple(declared)


@attrs.frozen(kw_only=True)
class SeparatorDeclaration(Declaration):
    """A stem separator.

    Attributes
    ----------
    stems : tuple of str
        What it makes, in this order.
    sample_rate : int or None
        Rate it must be fed at in Hz; None for any.
    isolation : {"good", "weak"}
        Whether a stem is free enough of the others to be heard alone.
    reads_source : bool
        True if it looks the stems up by the track's position (ready files) rather than computing
        them from the audio; such stems are cut first and stretched afterwards.
    keep : bool
        True if its stems are to be kept on disk: it takes long, and what it makes follows from
        the audio, its config and its weights alone.
    """

    kind: ClassVar[str] = "separator"

    stems: tuple[str, ...] = ("drums", "bass", "vocals", "other")
    sample_rate: int | None = None
    isolation: str = attrs.field(default="weak", validator=_one_of("good", "weak"))
    reads_source: bool = False
    keep: bool = False


@attrs.frozen(kw_only=True)
class DenoiserDeclaration(Declaration):
    """A network that predicts the clean curves from noisy ones.

    Attributes
    ----------
    prediction : {"velocity", "noise", "clean"}, or callable
        What its output is; a callable derives it from the config.
    """

    kind: ClassVar[str] = "denoiser"

    prediction: str | Callable[[Any], str] = "velocity"

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        given = self.prediction_of(self.config())
        if given not in PREDICTIONS:
            raise ConfigError(
                f"{type(self).__name__}(name={self.name!r}): prediction {given!r}; "
                f"allowed: {', '.join(map(repr, PREDICTIONS))}."
            )

    def prediction_of(self, config: Any) -> str:
        """What the network predicts under a given config."""
        return self.prediction(config) if callable(self.prediction) else self.prediction


@attrs.frozen(kw_only=True)
class SchedulerDeclaration(Declaration):
    """A noise schedule and its solver.

    Attributes
    ----------
    steps : int
        Steps to take where nobody asks for another number: evaluations of the denoiser.
    """

    kind: ClassVar[str] = "scheduler"

    steps: int = 50

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 1:
            raise ConfigError(
                f"{type(self).__name__}(name={self.name!r}): steps must be an int of at least 1."
            )


@attrs.frozen(kw_only=True)
class EncoderDeclaration(Declaration):
    """A conditioning encoder.

    Attributes
    ----------
    extractor : str or callable, optional
        Factory of a feature extractor, called with the encoder's config, where the encoder needs
        more than every request holds (:class:`~djtrans.core.track.features.TrackFeatures`). Its
        arrays are in their `extra`.
    """

    kind: ClassVar[str] = "encoder"

    extractor: str | Callable[[Any], Any] | None = None


@attrs.frozen(kw_only=True)
class MixerDeclaration(Declaration):
    """A named mixer.

    Its factory gives a :class:`~djtrans.core.contracts.mixer_spec.MixerSpec` from the config.
    """

    kind: ClassVar[str] = "mixer"


@attrs.frozen(kw_only=True)
class AnalyzerDeclaration(Declaration):
    """Finds beat grid, phrases, sections, key and levels of a track."""

    kind: ClassVar[str] = "analyzer"


#: What of a track may lie at the swap.
PLACES: dict[str, str] = {
    "phrase": "any phrase line",
    "section": "the start of any section",
    "intro-end": "the end of the intro",
    "outro": "the start of the outro",
    "drop": "the start of a drop",
    "build-end": "the start of a drop that a build leads to",
    "break": "the start of a break",
    "vocal": "the start of a phrase that is sung",
    "instrumental": "the start of a phrase that is not sung",
}


@attrs.frozen(kw_only=True)
class TechniqueDeclaration(Declaration):
    """A rule-based expert that draws the curves of one kind of transition.

    Attributes
    ----------
    bars : tuple of int
        Shortest, default and longest window in bars.
    swap_at : float
        Where in the window the swap lies, as a fraction of it (0 to 1); at least a bar from
        either end.
    place_a, place_b : tuple of str
        Its anchor: what of A lies on what of B at the swap. Among :data:`PLACES`, the most wanted
        first; a track that has none of them is refused.
    needs : tuple of str
        Key patterns that the layout must have, such as ``"*/*/eq/low"``.
    needs_isolation : bool
        Whether it needs a separator with good isolation.
    beat_matched : bool
        Whether both tracks' beats sound together, so that the tempos must meet.
    harmonic : bool
        Whether tonal sounds of both tracks overlap, so that the keys must agree.
    key_limit : int
        Largest distance on the Camelot wheel that it takes; 7, the largest there is, for any.
    tempo_limit : float or None
        Largest tempo change that it takes, as a fraction, where that is less than usual.
    baseline : bool
        Whether it is there to compare others with: never chosen unasked, and taught to no model.
    """

    kind: ClassVar[str] = "technique"

    bars: tuple[int, int, int]
    swap_at: float
    needs: tuple[str, ...] = ()
    needs_isolation: bool = False
    beat_matched: bool = True
    place_a: tuple[str, ...] = attrs.field(default=("outro", "phrase"), converter=as_tuple)
    place_b: tuple[str, ...] = attrs.field(default=("intro-end", "phrase"), converter=as_tuple)
    harmonic: bool = True
    key_limit: int = 7
    tempo_limit: float | None = None
    baseline: bool = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for field, places in (("place_a", self.place_a), ("place_b", self.place_b)):
            if not places or not set(places) <= set(PLACES):
                raise ConfigError(
                    f"{type(self).__name__}(name={self.name!r}).{field} = {places!r}; "
                    f"allowed: {', '.join(PLACES)}."
                )

    def swap_bars(self, bars: int) -> int:
        """Bars from the start of a window to the swap."""
        return min(max(round(self.swap_at * bars), 1), max(bars - 1, 1))


@attrs.frozen(kw_only=True)
class TracklistDeclaration(Declaration):
    """A source of mix metadata.

    Attributes
    ----------
    suffixes : tuple of str
        Files that it reads, by the ends of their names in lower case, such as ``".cue"``.
    hosts : tuple of str
        Web sites whose addresses it reads, such as ``"1001tracklists.com"``.
    browses : bool
        Whether it can name the mixes of a genre
        (:class:`~djtrans.core.contracts.protocols.TracklistCatalogue`).
    """

    kind: ClassVar[str] = "tracklist"

    suffixes: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    hosts: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    browses: bool = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for suffix in self.suffixes:
            if not suffix.startswith(".") or suffix != suffix.lower():
                raise ConfigError(
                    f"{type(self).__name__}(name={self.name!r}): suffix {suffix!r}; give it in "
                    "lower case with its dot."
                )


#: Every kind of component, in the order of the way of the data.
KINDS: dict[str, type[Declaration]] = {
    cls.kind: cls
    for cls in (
        SeparatorDeclaration,
        AnalyzerDeclaration,
        TechniqueDeclaration,
        EncoderDeclaration,
        DenoiserDeclaration,
        SchedulerDeclaration,
        EffectDeclaration,
        MixerDeclaration,
        TracklistDeclaration,
    )
}
