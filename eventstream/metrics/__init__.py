"""What Baton counts of its own work, for whoever operates it: numbers, and no exposition.

On the event loop a count costs a fraction of a microsecond: plain numbers rise here, and all that
a monitoring system wants made of them is made in another thread, when it asks.
"""

from eventstream.metrics.buckets import Buckets, Distribution
from eventstream.metrics.counting import Counting
from eventstream.metrics.exporting import Exported
from eventstream.metrics.exporting import so_far as exported
from eventstream.metrics.observed import Commits, Queue, Running, observing, running
from eventstream.metrics.places import OTHER, Place
from eventstream.metrics.tally import Tally, refused
from eventstream.metrics.traces import Stall, TraceCounts

__all__ = [
    "OTHER",
    "Buckets",
    "Commits",
    "Counting",
    "Distribution",
    "Exported",
    "Place",
    "Queue",
    "Running",
    "Stall",
    "Tally",
    "TraceCounts",
    "exported",
    "observing",
    "refused",
    "running",
]
