"""The addresses of the dashboard's pages."""

from django.urls import path

from dashboard import views
from dashboard.pages import tape, trace
from dashboard.pages.learn import learn
from dashboard.pages.reference import reference

urlpatterns = [
    path("", views.now, name="now"),
    path("coverage", views.coverage, name="coverage"),
    path("coverage.json", views.coverage_as_json, name="coverage-json"),
    path("learn", learn, name="learn"),
    path("reference", reference, name="reference"),
    path("tape", tape.tape, name="tape"),
    path("tape/close", tape.close, name="tape-close"),
    path("traces/<str:trace_id>", trace.trace, name="trace"),
    path("traces/<str:trace_id>/then", trace.then, name="then"),
    path("traces/<str:trace_id>/steps/<str:step_id>", trace.step, name="step"),
]

handler404 = "dashboard.pages.lost.not_found"
