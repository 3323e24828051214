from .random_spec import GENRES as GENRES
from .random_spec import sample_spec as sample_spec
from .track import SynthTrack as SynthTrack
from .track import synthesize as synthesize
from .track_spec import TrackSpec as TrackSpec
