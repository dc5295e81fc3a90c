"""From observations and upserts to committed rows, and back again after a restart.

The only writer of history: `Recorder` commits, `load_saved` gives a restart what it goes on from.
"""

from eventstream.dialects import OvertakenError, VanishedError
from eventstream.recorder.problems import cause_of
from eventstream.recorder.restart import (
    OtherCluster,
    SavedResource,
    SavedState,
    StoreError,
    UnreadableStoreError,
    check_cluster,
    forget_logs,
    load_saved,
)
from eventstream.recorder.status import ClusterIdentity
from eventstream.recorder.tenure import Tenure
from eventstream.recorder.waking import channel_layer_notifier
from eventstream.recorder.writing import Recorder

__all__ = [
    "ClusterIdentity",
    "OtherCluster",
    "OvertakenError",
    "Recorder",
    "SavedResource",
    "SavedState",
    "StoreError",
    "Tenure",
    "UnreadableStoreError",
    "VanishedError",
    "cause_of",
    "channel_layer_notifier",
    "check_cluster",
    "forget_logs",
    "load_saved",
]
