"""The addresses of the dashboard's pages."""

from django.urls import path, register_converter

from dashboard import views
from dashboard.converters import Uid
from dashboard.pages import changes, cluster, objects, tape, trace, window
from dashboard.pages.learn import learn
from dashboard.pages.reference import reference

register_converter(Uid, "uid")

urlpatterns = [
    path("", views.now, name="now"),
    path("changes", changes.changes, name="changes"),
    path("changes.csv", changes.as_csv, name="changes-csv"),
    path("cluster", cluster.cluster, name="cluster"),
    path("cluster/pods.json", cluster.pods, name="cluster-pods"),
    path("coverage", views.coverage, name="coverage"),
    path("coverage.json", views.coverage_as_json, name="coverage-json"),
    path("learn", learn, name="learn"),
    path("objects/<uid:uid>", objects.object_page, name="object"),
    path("reference", reference, name="reference"),
    path("tape", tape.tape, name="tape"),
    path("tape/close", tape.close, name="tape-close"),
    path("traces/<str:trace_id>", trace.trace, name="trace"),
    path("traces/<str:trace_id>/then", trace.then, name="then"),
    path("traces/<str:trace_id>/steps/<str:step_id>", trace.step, name="step"),
    path("window", window.window, name="window"),
]

handler404 = "dashboard.pages.lost.not_found"
