"""Sends pages compressed to browsers that take them so: on a phone's line their size is the wait.

A page says the same things many times, and is a tenth as large so. Django adds up to a hundred
random bytes, so that lengths do not give away what a page holds beside what its address asked for
(https://docs.djangoproject.com/en/stable/ref/middleware/#module-django.middleware.gzip). What is
sent piece by piece stays as it is: each piece of it is to arrive when it is sent.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class Compressed(GZipMiddleware):
    """Compresses what is sent whole, where that makes it smaller."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer, compressed where it is whole and whoever asks takes it so."""
        return response if response.streaming else super().process_response(request, response)
