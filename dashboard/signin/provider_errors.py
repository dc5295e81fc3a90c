"""Says in words why a provider could not be asked: whoever wants to sign in reads no Python."""

import requests

LONGEST = 300


def said(error: Exception) -> str:
    """Return the end of a sentence about a failure, in the library's words where it is another."""
    match error:
        case requests.exceptions.SSLError():
            return "its certificate is not trusted here (BATON_OIDC_CA_FILE names one that is)"
        case requests.exceptions.Timeout():
            return "it does not answer in time"
        case requests.exceptions.ConnectionError():
            return _reason(error)
        case requests.exceptions.HTTPError(response=requests.Response(status_code=status)):
            return f"it answers {status}"
        case _:
            return str(error)[:LONGEST].rstrip(".") or type(error).__name__


def _reason(error: BaseException) -> str:
    """What the system says at the bottom of the errors that led to this one."""
    within: BaseException | None = error
    while within is not None:
        if isinstance(within, OSError) and within.strerror:
            return f"it can't be reached ({within.strerror})"
        arguments = (each for each in within.args if isinstance(each, BaseException))
        reason = getattr(within, "reason", None)
        below = within.__cause__ or within.__context__
        within = next(arguments, reason if isinstance(reason, BaseException) else below)
    return "it can't be reached"
