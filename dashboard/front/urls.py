"""The addresses of the process in front; those of a cluster that is up never get here."""

from django.urls import path

from dashboard.front import views
from eventstream.clusters import SEGMENT

urlpatterns = [
    path("", views.clusters, name="now"),
    path(SEGMENT, views.clusters),
    path(f"{SEGMENT}/", views.clusters),
    path(f"{SEGMENT}/<path:asked>", views.down),
]

handler404 = "dashboard.front.views.not_found"
