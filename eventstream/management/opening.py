"""What is done before an address is served, whatever is served there: one cluster, or several."""

import logging
import socket

from django.conf import settings
from django.core.management.base import CommandError

from eventstream import healthcheck, private, serving

logger = logging.getLogger(__name__)


def check_sign_in(host: str, *, anyone: bool) -> None:
    """Raise CommandError where other machines could look and nobody would have to sign in."""
    if settings.BATON_SIGN_IN.mode != "local" or serving.is_loopback(host):
        return
    if not anyone:
        raise CommandError(
            f"Other machines can reach {host}, and nobody has to sign in (BATON_SIGN_IN=local): "
            "whoever reaches the page, another Pod or a web site, would see the whole cluster. Set "
            "BATON_SIGN_IN to token, oidc or proxy; or serve on 127.0.0.1; or, if really anyone "
            "may look, add --insecure-anyone-may-look."
        )
    logger.warning("Nobody has to sign in: whoever reaches %s sees the whole cluster.", host)


def remember(listener: socket.socket) -> None:
    """Keep where it is served, for the image's HEALTHCHECK."""
    try:
        private.make_directory(settings.DATA_DIR)
        healthcheck.remember(settings.DATA_DIR, listener)
    except OSError as error:
        raise CommandError(
            f"{settings.DATA_DIR} cannot be written to: {error}. Make it writable and room on its "
            "disk, or set BATON_DATA to another directory."
        ) from error
