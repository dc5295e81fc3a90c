"""Deletes what no row means any more: names, places, objects and the keys of traces."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from eventstream import names
from eventstream.models import (
    ImageRow,
    NameRow,
    ObjectRow,
    PlaceRow,
    StepRow,
    TraceKeyRow,
    TraceRow,
)
from eventstream.searching import keeping


def forget_objects(numbers: Iterable[int]) -> None:
    """Delete those of these objects that no step is about."""
    steps = StepRow.objects.filter(object=OuterRef("id"))
    gone = ObjectRow.objects.filter(~Exists(steps), id__in=set(numbers))
    keeping.forget_objects(gone.values_list("id", "name"))
    gone.delete()
    names.forget()


def forget_traces(numbers: Iterable[int]) -> None:
    """Delete the keys of those of these traces of which nothing is left."""
    steps = StepRow.objects.filter(trace=OuterRef("number"))
    traces = TraceRow.objects.filter(number=OuterRef("number"))
    keys = TraceKeyRow.objects.filter(~Exists(steps), ~Exists(traces), number__in=set(numbers))
    keys.delete()
    names.forget()


def forget_places() -> None:
    """Delete the places where nothing is, and the names that nothing has."""
    steps = StepRow.objects.order_by()
    images = ImageRow.objects.order_by()
    at, there = steps.filter(place=OuterRef("id")), images.filter(place=OuterRef("id"))
    PlaceRow.objects.filter(~Exists(at), ~Exists(there)).delete()
    by, of = steps.filter(actor=OuterRef("id")), images.filter(resource=OuterRef("id"))
    NameRow.objects.filter(~Exists(by), ~Exists(of)).delete()
    names.forget()
