"""What can be counted for Prometheus, and under which keys the numbers stand in its client's files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prometheus_client.mmap_dict import mmap_key
from prometheus_client.utils import floatToGoString


@dataclass(frozen=True, eq=False)
class _Number:
    """One number for each set of values of the labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    file: ClassVar[str]
    suffix: ClassVar[str] = ""

    def keys(self, values: tuple[str, ...]) -> list[str]:
        """The keys of its series with these values of its labels."""
        return [mmap_key(self.name, f"{self.name}{self.suffix}", list(self.labels), list(values), self.help)]


class Counter(_Number):
    """What only grows. Its name is without `_total`."""

    file = "counter"
    suffix = "_total"


class Gauge(_Number):
    """What comes and goes; shown is the sum over the processes that live."""

    file = "gauge_livesum"


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often values were at most so large, and their sum."""

    name: str
    help: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]
    file = "histogram"

    def keys(self, values: tuple[str, ...]) -> list[str]:
        """The keys of its series with these values of its labels: one for each bound, for what is larger, and for the sum."""
        named = [*self.labels, "le"]
        buckets = [
            mmap_key(self.name, f"{self.name}_bucket", named, [*values, floatToGoString(bound)], self.help)
            for bound in (*self.bounds, float("inf"))
        ]
        return [*buckets, mmap_key(self.name, f"{self.name}_sum", list(self.labels), list(values), self.help)]


Measure = Counter | Gauge | Histogram
