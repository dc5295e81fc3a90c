"""The ASGI application: probes first, then the Host check, then pages and the socket."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from dashboard.access import CheckedHost

application = CheckedHost(ProtocolTypeRouter({"http": get_asgi_application()}))
