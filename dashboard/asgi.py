"""The ASGI application, which only reads: probes, metrics, Host, who it is, pages, the socket."""

import os
import warnings

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
django.setup(set_prefix=False)

# Only now, because these import models.
from dashboard.access import CheckedHost  # noqa: E402
from dashboard.api.problems import Problems  # noqa: E402
from dashboard.api.stream import Streams  # noqa: E402
from dashboard.consumers import LiveConsumer  # noqa: E402
from dashboard.health import Probes  # noqa: E402
from dashboard.metrics.layer import Metrics  # noqa: E402
from dashboard.opened import forget_left  # noqa: E402
from dashboard.plaintext import no_pages, no_such_socket  # noqa: E402
from dashboard.readonly import OnlyReading, OwnThread  # noqa: E402
from dashboard.secure import OnlySecure  # noqa: E402
from dashboard.signin.forwarded import Forwarded  # noqa: E402
from dashboard.signin.layer import SignIn  # noqa: E402
from dashboard.turns import Turns  # noqa: E402
from dashboard.uploads import StreamingHandler  # noqa: E402
from eventstream.history import only_what_is_said  # noqa: E402

# WhiteNoise hands Django an open file, which an ASGI server reads in one go; the files are small.
warnings.filterwarnings(
    "ignore", message="StreamingHttpResponse must consume synchronous iterators"
)

forget_left()

if settings.BATON_SIGN_IN.mode != "local":
    only_what_is_said()

_pages = ProtocolTypeRouter(
    {
        "http": Streams(Turns(OwnThread(StreamingHandler()))),
        "websocket": URLRouter(
            [
                path("live", LiveConsumer.as_asgi()),
                re_path("", no_such_socket),  # type: ignore[arg-type]  # As Channels wants.
            ]
        ),
    }
)

_told = Problems(CheckedHost(SignIn(_pages)))
application = OnlyReading(Forwarded(OnlySecure(Probes(Metrics(_told)))))

probes = OnlyReading(Forwarded(OnlySecure(Probes(Metrics(no_pages)))))
"""Of a watcher beside others, whose pages those have."""
