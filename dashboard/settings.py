"""Django's settings, so that one process serves pages, socket and static files, safely by default.

Everything that an installation may change comes from the environment, and a value that makes no
sense stops the start with a message that names the variable. docs/settings.md lists all of them.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port

from dashboard import prefix
from dashboard.secret import kept_secret_key
from dashboard.signin import mode
from eventstream import clusternames, clusters, logs, postgresql, sqlite

_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 5}
"""Seconds that Redis is waited for: pages look by themselves, and sessions go on, without it."""

HERE = ("localhost", "127.0.0.1", "[::1]")
"""What this machine is called by itself."""

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str) -> bool:
    """True for "1", False for "0" or unset; anything else is an error that names `name`."""
    value = os.environ.get(name, "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to 0 or 1, or leave it unset.")
    return value == "1"


def _hosts() -> list[str]:
    """The names that a request may carry as its Host: those of this machine, and what is added."""
    listed = os.environ.get("BATON_ALLOWED_HOSTS", "")
    hosts = [host.strip() for host in listed.split(",") if host.strip()]
    if "*" in hosts:
        raise ImproperlyConfigured(
            "BATON_ALLOWED_HOSTS holds *, which would let any web page read this one through "
            "its visitor's browser (DNS rebinding); name the hosts instead."
        )
    for host in hosts:
        domain, port = split_domain_port(host)
        if port or not domain:
            raise ImproperlyConfigured(
                f"BATON_ALLOWED_HOSTS names {host!r}; give names alone, such as "
                "baton.example.com or [2001:db8::1], without scheme, port and path."
            )
    return list(dict.fromkeys((*HERE, *hosts)))


def _prefix() -> str:
    """The path below which a proxy has the pages."""
    try:
        return prefix.plain(os.environ.get("BATON_PATH_PREFIX", ""))
    except ValueError as error:
        raise ImproperlyConfigured(f"BATON_PATH_PREFIX: {error}.") from error


def _amount(name: str, default: float) -> float:
    """A number above 0, such as 0.5 or 30."""
    value = os.environ.get(name, "")
    try:
        amount = float(value) if value else default
    except ValueError:
        amount = 0.0
    if not 0 < amount < float("inf"):
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a number above 0, or unset it.")
    return amount


def _seconds(name: str, default: int) -> int:
    """A whole number of seconds, 0 or more."""
    value = os.environ.get(name, "")
    if value and not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to whole seconds, or unset it.")
    return int(value) if value else default


def _messages() -> bool:
    """Return whether messages are kept."""
    value = os.environ.get("BATON_MESSAGES", "all")
    if value not in {"all", "none"}:
        raise ImproperlyConfigured(f"BATON_MESSAGES is {value!r}; set it to all or none.")
    return value == "all"


def _path(name: str) -> Path | None:
    """The path that the environment names, if it does."""
    value = os.environ.get(name)
    return Path(value) if value else None


def _log_level() -> str:
    """A level that `logging` knows, by name."""
    level = os.environ.get("BATON_LOG_LEVEL", "INFO").upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ImproperlyConfigured(
            f"BATON_LOG_LEVEL is {level!r}; use DEBUG, INFO, WARNING, ERROR or CRITICAL."
        )
    return level


def _log_format() -> str:
    """How a line of the log looks."""
    format_ = os.environ.get("BATON_LOG_FORMAT", "text")
    if format_ not in logs.FORMATS:
        raise ImproperlyConfigured(
            f"BATON_LOG_FORMAT is {format_!r}; use {' or '.join(logs.FORMATS)}."
        )
    return format_


def _cluster_name() -> str:
    """What the cluster is called here, "" where that is left to the kubeconfig."""
    try:
        return clusternames.checked(os.environ.get("BATON_CLUSTER_NAME", "")) or BATON_CLUSTER
    except ValueError as error:
        raise ImproperlyConfigured(f"BATON_CLUSTER_NAME: {error}") from error


def _cluster() -> str:
    """Which cluster's history this is, "" where it is the only one of its database."""
    name = os.environ.get("BATON_CLUSTER", "")
    try:
        return clusters.name(name) if name else ""
    except ValueError as error:
        raise ImproperlyConfigured(f"BATON_CLUSTER: {error}.") from error


def _clusters() -> list[str]:
    """The clusters that are at this address, as they were given; [] where it is one cluster's."""
    found = clusters.listed(os.environ.get("BATON_CLUSTERS", ""))
    try:
        clusters.asked(found)
    except ValueError as error:
        raise ImproperlyConfigured(f"BATON_CLUSTERS: {error}.") from error
    return found


def _database() -> dict[str, Any]:
    """The database of history: a file, unless a server is named."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return sqlite.database(DATA_DIR / "baton.sqlite3")
    try:
        return postgresql.database(url, BATON_CLUSTER)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL is no address of a database: {error}. It is to look like "
            "postgresql://USER:PASSWORD@HOST:5432/NAME; a character such as @ or / in a password "
            "is written as %40 or %2F. Unset it to keep history in a file."
        ) from error


class _Redis(NamedTuple):
    """A Redis that processes share, how long it is waited for, and how their names begin in it."""

    address: str
    begins: str
    patience: Mapping[str, float] = MappingProxyType(_PATIENCE)


def _redis() -> _Redis | None:
    url = os.environ.get("REDIS_URL", "")
    if not url:
        return None
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(
            "REDIS_URL is no address of a Redis: it is to look like redis://:PASSWORD@HOST:6379/0, "
            "with rediss:// for TLS. Unset it where one process does all."
        )
    return _Redis(url, f"baton:{BATON_CLUSTER}" if BATON_CLUSTER else "baton")


def _channel_layer() -> dict[str, Any]:
    """How pages are woken up: within this process, unless a Redis is named."""
    if BATON_REDIS is None:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": BATON_REDIS.address, **BATON_REDIS.patience}],
            "prefix": BATON_REDIS.begins,
        },
    }


DEBUG = _flag("BATON_DEBUG")
DATA_DIR = Path(os.environ.get("BATON_DATA") or BASE_DIR / "var")
SECRET_KEY = os.environ.get("BATON_SECRET_KEY") or kept_secret_key(DATA_DIR)
ALLOWED_HOSTS = _hosts()
BATON_PATH_PREFIX = _prefix()
BATON_RETENTION_DAYS = _amount("BATON_RETENTION_DAYS", 7)
BATON_RETENTION_MB = _amount("BATON_RETENTION_MB", 512)
BATON_MESSAGES = _messages()
BATON_KINDS = _path("BATON_KINDS")
BATON_HEALTH = _path("BATON_HEALTH")
BATON_NOTIFY = _path("BATON_NOTIFY")
BATON_CLUSTER = _cluster()
BATON_REDIS = _redis()
BATON_CLUSTER_NAME = _cluster_name()
BATON_CLUSTERS = _clusters()
BATON_FRONTED: clusters.Fronted | None = None
"""Which of several clusters this process is for, where another one is in front of it."""
BATON_PRACTICE = os.environ.get("BATON_PRACTICE", "")
BATON_LOG_FORMAT, BATON_LOG_LEVEL = _log_format(), _log_level()
BATON_SIGN_IN = mode.from_environment()

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_htmx",
    "eventstream",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.compressed.Compressed",
    "django.middleware.common.CommonMiddleware",
    "dashboard.secure.OwnCookie",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.signin.context.Decided",
    "dashboard.errors.UnreadableHistory",
    "dashboard.tapeview.TapeView",
]

ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
BATON_PROBES_APPLICATION = "dashboard.asgi.probes"
BATON_ADMIT = "dashboard.admission.admit"
BATON_PLAIN_PREFIX = "dashboard.prefix.plain"
BATON_REPORT = "dashboard.report.report"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", ["dashboard.layout.Loader"])],
            "context_processors": [
                "django.template.context_processors.request",
                "dashboard.signin.context.viewer",
                "dashboard.installed.context",
                "dashboard.practice.context",
                "dashboard.chooser.context",
            ],
            "builtins": ["dashboard.templatetags.baton"],
        },
    },
]

BATON_FRONT: dict[str, Any] = {
    "ROOT_URLCONF": "dashboard.front.urls",
    "ASGI_APPLICATION": "dashboard.front.asgi.application",
    "BATON_ADMIT": "dashboard.front.asgi.admit",
    "MIDDLEWARE": [
        "django.middleware.security.SecurityMiddleware",
        "csp.middleware.CSPMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
}
"""What is set otherwise in a process that is in front of several clusters, and shows none."""

DATABASES = {
    "default": {
        **_database(),
        # In a file, because writer and readers of one in memory can't work at the same time; and
        # one for each run of the tests, so that two runs don't meet.
        "TEST": {"NAME": DATA_DIR / f"test-{os.getpid()}.sqlite3"},
    },
}
DATABASE_ROUTERS = ["eventstream.history.databases.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Wake-ups only: history decides what happened, so a message that is lost costs a second at most.
CHANNEL_LAYERS = {"default": _channel_layer()}

# All forms are small; an upload is a token and two files, see dashboard/uploads.py.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 2

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = os.environ.get("BATON_STATIC_ROOT") or None
_COLLECTED = STATIC_ROOT is not None
STORAGES = {
    "staticfiles": {
        "BACKEND": "dashboard.storage.HashedStorage"
        if _COLLECTED
        else "dashboard.storage.PlainStorage",
    },
}
# From a checkout nothing needs collecting first: WhiteNoise serves the files where they lie.
WHITENOISE_USE_FINDERS = not _COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 60 if _COLLECTED else 0

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Said only where a request came by HTTPS.
SECURE_HSTS_SECONDS = _seconds("BATON_HSTS_SECONDS", 365 * 24 * 3600)
CSRF_COOKIE_HTTPONLY = True
SILENCED_SYSTEM_CHECKS = [
    # Whoever has HTTPS in front of Baton redirects to it there: Baton speaks HTTP alone, and by
    # port-forward and to the kubelet's probes that is what is wanted.
    "security.W008",
    # `dashboard.secure.OwnCookie` decides it for each request, by how the page came.
    "security.W016",
    # Others of the domain are not Baton's, nor is the domain itself to have preloaded.
    "security.W005",
    "security.W021",
]
# "no-referrer" would make the Origin of our own forms "null", which CSRF protection refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

LOGGING = logs.configuration(BATON_LOG_FORMAT, BATON_LOG_LEVEL)
