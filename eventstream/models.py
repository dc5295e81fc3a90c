"""The tables of history: what survives a restart, and all that screens show.

Each row keeps its struct whole in `body` (JSON of `eventstream.explain.records` or
`eventstream.objects`), so that the structs stay the one place which says what a step is; columns
beside it exist only because a query filters or orders by them. One database holds one cluster.

`seq` is one sequence for steps, traces, tombstones and gaps: "everything after seq" is complete.
Nothing refers by foreign key: rows of one batch arrive in any order. A `type` is a kind with its
group, as `Deployment.apps`: with the namespace it decides who may see a row.
"""

import secrets

from django.db import models


class Row(models.Model):
    """What all tables share."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class InstallationRow(Row):
    """The one row about this database itself, made when it is first used.

    `seq` is the last one given out; `floor` the highest that retention deleted.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    epoch = models.TextField()
    seq = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)

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


class StepRow(Row):
    """One step. `sort_key` puts a trace's steps in the API server's order: `recorder.ordering`.

    `memo` is what the engine needs to go on after a restart; null once the trace has settled.
    """

    id = models.TextField(primary_key=True)
    trace = models.TextField()
    seq = models.BigIntegerField(unique=True)
    revision = models.PositiveIntegerField()
    sort_key = models.TextField()
    at = models.FloatField()
    uid = models.TextField()
    namespace = models.TextField()
    kind = models.TextField()
    type = models.TextField(default="")
    name = models.TextField()
    actor = models.TextField()
    body = models.BinaryField()
    memo = models.BinaryField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("trace", "sort_key", "id"), name="step_in_order"),
            models.Index(fields=("trace", "seq"), name="step_in_trace"),
            models.Index(fields=("actor", "trace"), name="step_actor"),
            models.Index(fields=("uid", "sort_key"), name="step_of_object"),
            models.Index(fields=("at", "actor"), name="step_in_time"),
            models.Index(fields=("namespace", "type", "actor"), name="step_in_place"),
        )


class TraceRow(Row):
    """One trace. `rank` puts stalled (0) before running (1) before all others (2).

    `started` and `updated` are unix seconds; `holder` is empty when nothing is due.
    """

    id = models.TextField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    revision = models.PositiveIntegerField()
    rank = models.PositiveSmallIntegerField()
    state = models.TextField()
    started = models.FloatField()
    updated = models.FloatField()
    namespace = models.TextField()
    kind = models.TextField()
    type = models.TextField(default="")
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
            models.Index(fields=("background", "namespace", "state"), name="trace_counted"),
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

    uid = models.TextField(primary_key=True)
    resource = models.TextField(db_index=True)
    kind = models.TextField(default="")
    type = models.TextField(default="")
    namespace = models.TextField(default="")
    name = models.TextField(default="")
    owner = models.TextField(default="")
    node = models.TextField(default="")
    state = models.TextField(default="")
    body = models.BinaryField()

    class Meta:
        indexes = (
            models.Index(fields=("owner", "kind", "name"), name="image_of_owner"),
            models.Index(fields=("kind", "namespace", "state", "node"), name="image_in_place"),
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
