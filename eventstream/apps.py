"""Makes `eventstream` a Django app, so that its tables have migrations."""

from django.apps import AppConfig


class EventstreamConfig(AppConfig):
    """The app that owns every table of an installation."""

    name = "eventstream"
    default_auto_field = "django.db.models.BigAutoField"
