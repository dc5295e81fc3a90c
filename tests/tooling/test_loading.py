"""A process loads what it needs and no more, and looks for garbage only once that is there."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from eventstream.loading import staying

ROOT = Path(__file__).resolve().parents[2]


def test_of_the_kubernetes_package_only_the_half_that_is_used_is_loaded() -> None:
    ask = """
import sys
import eventstream.kubeapi.connection
halves = ("kubernetes.client", "kubernetes.config", "kubernetes.dynamic", "kubernetes.aio.dynamic")
print([each for each in (*halves, "kubernetes_validate", "websocket") if each in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_nothing_is_loaded_for_what_an_observer_does_not_do() -> None:
    """No models of the API, no client to try tokens out, no OpenID Connect where nobody uses it."""
    ask = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
import django
django.setup()
import dashboard.asgi
import eventstream.management.observing
print([each for each in ("requests", "pydantic", "authlib", "joserfc") if each in sys.modules])
import requests, kubernetes.aio.client
print(requests.get.__module__, kubernetes.aio.client.ApiClient.__module__)
"""
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, check=True)
    loaded, found = done.stdout.decode().splitlines()
    assert loaded == "[]"
    assert found == "requests.api kubernetes.aio.client.api_client"


def test_what_is_loaded_is_never_looked_through_and_garbage_is_looked_for_afterwards() -> None:
    gc.collect()  # What is garbage now is not to stay.
    kept = gc.get_freeze_count()
    with staying():
        assert not gc.isenabled()
        made = [[each] for each in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > kept + len(made)


def test_what_fails_to_load_leaves_the_collector_as_it_was() -> None:
    gc.collect()
    with pytest.raises(ImportError), staying():
        raise ImportError
    assert gc.isenabled()
