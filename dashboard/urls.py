"""The addresses of the dashboard's pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
