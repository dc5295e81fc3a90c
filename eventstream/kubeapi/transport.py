"""Tells what a failed connection means: no route, no name, a wrong certificate, a proxy's no."""

import copy
import ssl

import aiohttp
from kubernetes.aio.client import Configuration
from kubernetes.aio.client.rest import RESTClientObject

from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.quoting import quoted
from eventstream.objects.observations import Problem

CONNECTION_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
"""What sending a request raises; ValueError is aiohttp's for addresses that it cannot use."""


def tls_context(configuration: Configuration) -> ssl.SSLContext:
    """Return the package's TLS context; raises ApiProblem where a certificate cannot be read."""
    # Python 3.13 by itself asks of a CA what clusters' own CAs often lack; kubectl does not.
    configuration.disable_strict_ssl_verification = True
    try:
        context: ssl.SSLContext = RESTClientObject(configuration).ssl_context
    except (ssl.SSLError, OSError) as error:
        files = [configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file]
        raise ApiProblem(
            Problem(
                "certificate",
                f"A certificate of the kubeconfig cannot be read: {error} "
                f"(one of {', '.join(filter(None, files))}).",
                "the file is not PEM, or the client certificate and its key do not belong together",
                "have the kubeconfig written anew by the cluster's sign-in command",
            )
        ) from error
    return context


def without_certificate(configuration: Configuration) -> Configuration:
    """Return the same configuration without a client certificate, and so without an identity."""
    bare = copy.copy(configuration)
    bare.cert_file = bare.key_file = None
    return bare


def connection_problem(server: str, error: BaseException) -> Problem:
    """Return what `error`, raised by a request to `server`, means and what to do about it."""
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return _certificate(server, error)
        case aiohttp.ClientHttpProxyError() | aiohttp.ClientProxyConnectionError():
            return Problem(
                "proxy",
                f"The proxy on the way to {server} refused or failed: {quoted(str(error))}",
                "the proxy is down, or does not let this cluster through",
                "check `proxy-url` in the kubeconfig, HTTPS_PROXY and NO_PROXY",
            )
        case aiohttp.ClientConnectorDNSError():
            return _unreachable(server, f"its name does not resolve ({quoted(str(error))})")
        case aiohttp.ClientConnectorError():  # Its own text goes on about an SSLContext.
            return _unreachable(server, quoted(str(error.os_error)))
        case TimeoutError():
            return _unreachable(server, "it did not answer in time")
        case aiohttp.InvalidURL() | ValueError():
            return Problem(
                "kubeconfig",
                f"The address {server} cannot be used: {quoted(str(error))}",
                "`server` or `proxy-url` in the kubeconfig is not an http or https address",
                "correct it in the kubeconfig",
            )
        case _:
            return _unreachable(server, quoted(str(error)) or type(error).__name__)


def _certificate(server: str, error: BaseException) -> Problem:
    said = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return Problem(
        "certificate",
        f"The certificate of {server} is not the expected one, or no TLS is spoken there: "
        f"{quoted(str(said))}",
        "the kubeconfig is of another cluster, the cluster's CA was replaced, the certificate is "
        "expired or does not name this host, or a proxy opens the encryption",
        "have the kubeconfig written anew by the cluster's sign-in command, or correct "
        "`certificate-authority` and `tls-server-name` there",
    )


def _unreachable(server: str, why: str) -> Problem:
    return Problem(
        "unreachable",
        f"The server {server} cannot be reached: {why}",
        "the cluster is stopped, the address is old, or a VPN or firewall is in between",
        "check that `kubectl version` reaches it from here",
    )
