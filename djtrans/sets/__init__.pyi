from .inputs import find_tracks as find_tracks
from .make import SetResult as SetResult
from .make import make_set as make_set
from .options import SetOptions as SetOptions
from .ordering import order_tracks as order_tracks
from .schedule import TrackTimes as TrackTimes
