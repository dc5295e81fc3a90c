# ruff: noqa: S105
"""The words by which settings, flags and fields say that what follows is a credential."""

PASSWORD = (
    r"(?:pass[_-]?(?:word|wd|phrase|code)s?|passwd|pwd|bindpw|contrase(?:ñ|n)a"  # a pattern  # nosec B105
    r"|requirepass|masterauth)"
)

PASS = (
    r"(?:(?:(?:^|[^A-Za-z])|db|pg|my|redis|root|user|admin|smtp|mail|ftp|ssh|proxy|key)pass"  # nosec B105
    r"|(?:^|[^A-Za-z])(?:pw|pin))"
)
"""Not `bypass` or `compass`; it counts only where a sign follows at once."""

_OWNERS = (
    "access|account|admin|aes|api|app|application|auth|cipher|client|consumer|cookie|crypto?|"
    "activation|backup|database|db|decryption|deploy|encryption|pre-?shared|recovery|share|unlock|"
    "unseal|gpg|hmac|jwt|license|licence|master|pgp|private|root|rsa|"
    "secret|server|service|session|shared|signing|ssh|ssl|storage|subscription|tls|user|webhook|"
    "write|instrumentation"
)
SECRET = (
    rf"(?:secret|token|credential|signature|(?:{_OWNERS})[-_. ]?key(?:-data)?"
    r"|otp|passkey|jwt|bearer|connection[-_]?string)"
)
"""Things that are secret wherever they are written down."""

KEY = r"[A-Za-z0-9][_-](?:[Kk]ey|KEY)"
"""Any `…_KEY` or `…-key`: of which the ones in NO_KEYS are none."""

WORD = rf"(?:{PASSWORD}|{PASS}|{SECRET}|(?:^|[^A-Za-z])(?:[xX]-)?auth|sess(?:ion)?(?:[_-]?id)?)"

MORE = (
    r"(?:[_-]?(?:key|base|value|data|string|text|plain(?:text)?|b64|base64|enc(?:rypted|oded)?|"
    r"old|new|current|previous|primary|secondary|prod|dev|test|main|root|admin|user|[0-9]{1,3}))*"
)
"""What may follow such a word in a name; `…File`, `…Name` or `…Expiry` may not."""

SPACE = r"(?:\s|\\+[nrt])"
"""White space, as it is or escaped."""

QUOTE = r"(?:\\*[\"'\x60]|&(?:quot|apos|#3[49]);|%(?:25)?2[27]|\\+u002[27])"
"""A quote, escaped however often."""
