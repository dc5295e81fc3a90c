"""The addresses of the dashboard's pages."""

from django.urls import path

from dashboard import views
from dashboard.pages import tape
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
    path("traces/<str:trace_id>", views.trace, name="trace"),
    path("traces/<str:trace_id>/steps/<str:step_id>", views.step, name="step"),
]

handler404 = "dashboard.pages.lost.not_found"
