"""The tables of history: what survives a restart, and all that screens show.

`docs/history.md` has all of them for other readers. Each row keeps its struct in `body`, packed as
`eventstream.packing` says; what a query filters or orders by has a column beside it, and what would
be said by many rows is said once, in a table of names, and meant by its number. One database holds
one cluster.

`seq` is one sequence for steps, traces, tombstones and gaps: "everything after seq" is complete.
No constraint refers to another table: rows of one batch arrive in any order. A `type` is a kind
with its group, as `Deployment.apps`: with the namespace it decides who may see a row.
"""

import secrets
from typing import Any

from django.db import models

from eventstream.fields import IdField, NumberField, UidField

RANKS = {0: ("stalled",), 1: ("running",), 2: ("complete", "superseded", "unknown")}
"""The states of traces by their rank: stuck ones are shown before moving ones, and these before
those of which nothing more is expected."""


class Row(models.Model):
    """What all tables share."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class InstallationRow(Row):
    """The one row about this database itself, made when it is first used.

    `seq` is the last one given out, as `names` is of the numbers of names; `floor` the highest seq
    that retention deleted; `writer` a token of the process that writes; `unsearched` the highest
    seq whose row no search finds yet.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    epoch = models.TextField()
    seq = models.BigIntegerField(default=0)
    names = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)
    writer = models.TextField(default="")
    unsearched = models.BigIntegerField(default=0)

    @classmethod
    def the_one(cls) -> "InstallationRow":
        """The row, with a new epoch when the database is new."""
        fresh = {"epoch": secrets.token_hex(8)}
        return cls.objects.get_or_create(id=1, defaults=fresh)[0]


class ClusterRow(Row):
    """The cluster that this database is about, and how its observer is doing.

    `heartbeat` and `observed` are unix seconds; `lag` seconds from arrival to commit.
    """

    uid = models.TextField(primary_key=True)
    name = models.TextField()
    server = models.TextField()
    version = models.TextField()
    heartbeat = models.FloatField(default=0.0)
    observed = models.FloatField(null=True)
    lag = models.FloatField(default=0.0)


def _means(model: str) -> Any:
    """A column with the number of a row of another table, which need not be there."""
    return models.ForeignKey(
        model, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )


class NameRow(Row):
    """A name that many rows mean: of an actor, or of a resource such as `v1/pods`."""

    id = NumberField(primary_key=True)
    name = models.TextField(unique=True)


class PlaceRow(Row):
    """Where many rows are: a namespace, "" for none, and a kind in it.

    A row is seen by whoever may see that type there.
    """

    id = NumberField(primary_key=True)
    namespace = models.TextField()
    kind = models.TextField()
    type = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("namespace", "type", "kind"), name="place_once"),
        )


class ObjectRow(Row):
    """An object that steps are about, which may be no more; its place is that of each step."""

    id = NumberField(primary_key=True)
    uid = UidField()
    api_version = models.TextField()
    name = models.TextField()

    class Meta:
        indexes = (models.Index(fields=("uid",), name="object_uid"),)


class TraceKeyRow(Row):
    """The number by which rows mean a trace; steps are often stored before their trace is."""

    number = NumberField(primary_key=True)
    id = IdField(unique=True)


class StepRow(Row):
    """One step. `sort` puts a trace's steps in the API server's order: `packing.order`.

    A step that changed is stored anew, with its new `seq`; `at` is in microseconds. The indexes
    are those that a page's queries go by: each costs what it takes for every step.
    """

    seq = NumberField(primary_key=True)
    id = IdField(unique=True)
    trace = _means("TraceKeyRow")
    revision = models.PositiveIntegerField()
    sort = models.BinaryField()
    at = models.BigIntegerField()
    place = _means("PlaceRow")
    object = _means("ObjectRow")
    actor = _means("NameRow")
    body = models.BinaryField()

    class Meta:
        indexes = (
            models.Index(fields=("trace", "sort"), name="step_in_order"),
            models.Index(fields=("object", "sort"), name="step_of_object"),
            models.Index(fields=("at",), name="step_in_time"),
            models.Index(fields=("actor", "trace"), name="step_of_actor"),
            models.Index(fields=("actor", "at"), name="step_by_actor"),
            models.Index(fields=("place", "at"), name="step_at_place"),
        )


class MemoRow(Row):
    """What the engine needs of a step to go on after a restart, until the step's trace settles."""

    pk = models.CompositePrimaryKey("trace", "step")
    trace = _means("TraceKeyRow")
    step = IdField()
    body = models.BinaryField()


class JournalRow(Row):
    """What one commit noted for a restart alone, see `packing.journal`, in order of `number`."""

    number = NumberField(primary_key=True)
    body = models.BinaryField()


class TraceRow(Row):
    """One trace. `rank` is that of its state, see `RANKS`.

    `number` is that of its key; `started` and `updated` are unix seconds; `holder` is empty when
    nothing is due.
    """

    number = NumberField(primary_key=True)
    id = IdField()
    seq = models.BigIntegerField(unique=True)
    revision = models.PositiveIntegerField()
    rank = models.PositiveSmallIntegerField()
    state = models.TextField()
    started = models.FloatField()
    updated = models.FloatField()
    namespace = models.TextField()
    kind = models.TextField()
    type = models.TextField()
    name = models.TextField()
    title = models.TextField()
    holder = models.TextField()
    settled = models.BooleanField()
    background = models.BooleanField()
    existing = models.BooleanField()
    body = models.BinaryField()

    class Meta:
        indexes = (
            models.Index(fields=("rank", "-updated", "id"), name="trace_in_order"),
            models.Index(fields=("settled", "seq"), name="trace_settled"),
            models.Index(
                fields=("background", "namespace", "type", "state", "-updated"),
                name="trace_in_place",
            ),
            models.Index(fields=("background", "type", "state", "-updated"), name="trace_of_type"),
            models.Index(fields=("holder",), condition=models.Q(holder__gt=""), name="trace_held"),
            models.Index(fields=("name", "namespace"), name="trace_of_root"),
        )


class TombstoneRow(Row):
    """That a step left `trace`, or that a trace is no more: what a client must take away."""

    row = models.TextField()
    kind = models.TextField()
    trace = models.TextField()
    seq = models.BigIntegerField(unique=True)
    at = models.FloatField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("row", "trace"), name="tombstone_of_row_in_trace"),
        )
        indexes = (models.Index(fields=("trace", "seq"), name="tombstone_in_trace"),)


class GapRow(Row):
    """A stretch of one resource's history that nobody saw."""

    id = models.TextField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    at = models.FloatField()
    type = models.TextField(default="")
    body = models.BinaryField()


class MomentRow(Row):
    """That `seq` was reached at `at`, as `eventstream.believed` has the time: ages go by this."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.FloatField()


class ImageRow(Row):
    """The last known image of a live object, as Kubernetes JSON.

    `owner` is the uid of what controls it; `node` and `state` are a Pod's, see `pod_state`.
    """

    uid = UidField(primary_key=True)
    resource = _means("NameRow")
    place = _means("PlaceRow")
    name = models.TextField()
    owner = UidField()
    node = models.TextField()
    state = models.TextField()
    body = models.BinaryField()

    class Meta:
        indexes = (
            models.Index(fields=("resource",), name="image_of_resource"),
            models.Index(fields=("owner",), name="image_of_owner"),
            models.Index(fields=("name", "place"), name="image_by_name"),
            models.Index(fields=("place", "state", "node"), name="image_in_place"),
        )


class PositionRow(Row):
    """Where one resource's watch may resume; a `Position` with "" asks for a list and its diff."""

    resource = models.TextField(primary_key=True)
    body = models.BinaryField()


class WaitsRow(Row):
    """How long one kind of wait took; the engine bounds how many kinds there are."""

    key = models.TextField(primary_key=True)
    body = models.BinaryField()


class CoverageRow(Row):
    """How well one resource is being watched, as last said."""

    resource = models.TextField(primary_key=True)
    body = models.BinaryField()


class AuditLogRow(Row):
    """How following one audit log goes, as last said, and where a restart reads on."""

    path = models.TextField(primary_key=True)
    body = models.BinaryField()
