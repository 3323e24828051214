from .annotations import AnnotatedTrack as AnnotatedTrack
from .annotations import Annotations as Annotations
from .datasets import Dataset as Dataset
from .datasets import datasets as datasets
from .report import write_benchmark as write_benchmark
from .results import Benchmark as Benchmark
from .results import TrackResult as TrackResult
from .run import benchmark as benchmark
