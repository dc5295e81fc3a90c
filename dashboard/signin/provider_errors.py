"""Says in words why a provider could not be asked: whoever wants to sign in reads no Python."""

import ssl
from collections.abc import Iterator

import requests

LONGEST = 300

_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
"""What OpenSSL calls it (X509_V_ERR) where nobody who is trusted here vouches for a certificate."""


def said(error: Exception) -> str:
    """Return the end of a sentence about a failure, in the library's words where it is another."""
    match error:
        case requests.exceptions.SSLError():
            return _insecure(error)
        case requests.exceptions.Timeout():
            return "it does not answer in time"
        case requests.exceptions.ConnectionError():
            return _reason(error)
        case requests.exceptions.HTTPError(response=requests.Response(status_code=status)):
            return f"it answers {status}"
        case _:
            return str(error)[:LONGEST].rstrip(".") or type(error).__name__


def _insecure(error: BaseException) -> str:
    """Whether that is for its certificate or not, in OpenSSL's words."""
    found = next((each for each in _causes(error) if isinstance(each, ssl.SSLError)), None)
    if not isinstance(found, ssl.SSLCertVerificationError):
        why = f" ({found.reason})" if found is not None and found.reason else ""
        return f"TLS with it fails{why}"
    why = f"its certificate is not accepted: {found.verify_message[:LONGEST].rstrip('.')}"
    unknown = found.verify_code in _UNKNOWN_ISSUER
    return f"{why} (BATON_OIDC_CA_FILE names who is trusted)" if unknown else why


def _reason(error: BaseException) -> str:
    """What the system says at the bottom of the errors that led to this one."""
    for each in _causes(error):
        if isinstance(each, OSError) and each.strerror:
            return f"it can't be reached ({each.strerror})"
    return "it can't be reached"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it, the libraries' own before the system's."""
    within: BaseException | None = error
    while within is not None:
        yield within
        arguments = (each for each in within.args if isinstance(each, BaseException))
        reason = getattr(within, "reason", None)
        below = within.__cause__ or within.__context__
        within = next(arguments, reason if isinstance(reason, BaseException) else below)
