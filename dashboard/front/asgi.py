"""The ASGI application of the process in front: probes, metrics, one page, static files."""

import warnings
from collections.abc import Mapping

import django
from channels.routing import ProtocolTypeRouter

django.setup(set_prefix=False)

from dashboard import prefix  # noqa: E402
from dashboard.access import CheckedHost, header, host_is_allowed, unknown_host  # noqa: E402
from dashboard.admission import READS, Ruling  # noqa: E402
from dashboard.front.probes import Probes  # noqa: E402
from dashboard.front.views import standing  # noqa: E402
from dashboard.plaintext import no_such_socket  # noqa: E402
from dashboard.secure import OnlySecure  # noqa: E402
from dashboard.signin.forwarded import BadPrefixError, Forwarded, as_asked  # noqa: E402
from dashboard.uploads import StreamingHandler  # noqa: E402

# As in `dashboard.asgi`: files of WhiteNoise are small.
warnings.filterwarnings(
    "ignore", message="StreamingHttpResponse must consume synchronous iterators"
)

_pages = ProtocolTypeRouter({"http": StreamingHandler(), "websocket": no_such_socket})

application = Forwarded(OnlySecure(Probes(CheckedHost(_pages))))


def admit(
    _method: str, path: str, headers: Mapping[bytes, bytes], _length: int | None, peer: str = ""
) -> Ruling:
    """Rule on a request that has a body: there is nothing here to send one to."""
    try:
        asked = as_asked({"path": path, "headers": list(headers.items()), "client": (peer, 0)})
    except BadPrefixError as error:
        return Ruling(status=400, text=str(error))
    host = header(asked, b"host")
    if not host_is_allowed(host):
        return Ruling(status=400, text=unknown_host(host))
    found = standing(prefix.below(asked))
    if found is not None:
        return Ruling(status=503, text=f"The process of {found[0].name} does not run. Ask later.")
    return Ruling(status=405, text="Nothing can be sent here.", allow=READS)
