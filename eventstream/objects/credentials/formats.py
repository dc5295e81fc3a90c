"""Credentials that say by their own form what they are, as their makers document it."""

from eventstream.expressions import expression
from eventstream.objects.credentials.form import Form, Spans
from eventstream.objects.credentials.values import bare, if_random

_REST = expression(rb"(?:[\w~+/=%-]|\.\w)*")


def token(text: bytes, start: int, end: int) -> Spans:
    """The match, to where the run of a token's characters ends, so that no rest of it shows."""
    while start < end and text[start : start + 1] in _AROUND:
        start += 1
    rest = _REST.match(text[end : end + 2048])
    return ((start, end + (rest.end() if rest is not None else 0)),)


_AROUND = (b" ", b"\t", b"\n", b"=", b":", b'"', b"'", b"(", b",", b"/")

_PREFIXED = (
    *("sha256~", "sk-ant-", "sk-proj-", "sk-svcacct-", "sk-or-", "gsk_", "xai-", "pplx-"),
    *(r"hv[sbr]\.", "pypi-", "npm_", "hf_", "r8_", "dckr_[a-z]{2,5}_", "do[oprt]_v1_"),
    *("gh[opsur]_", "github_pat_", "gl(?:pat|dt|rt|ft|soat|cbt|imt|ptt|agent|oas)-", "GR1348941"),
    *("xox[a-z]-", "xapp-", "AIza", "GOCSPX-", r"ya29\.", "[rsp]k_(?:live|test)_", "whsec_"),
    *("sq0[a-z]{3}-", "shp(?:at|ca|pa|ss)_", "ATATT3", "ATCTT3", "ATBB", "glsa_", "glc_"),
    *("tskey-[a-z]+-", "sntry[su]_", "lin_api_", "ntn_", "figd_", "rubygems_", "xkeysib-"),
    *("PMAK-", "NRAK-", "NRII-", "sbp_", "fo1_", "fm2_", r"SG\.", "AGE-SECRET-KEY-1", "nfp_"),
)
"""How tokens begin that a service gave out."""

_LIKE_NAMES = ("sk-", "pul-", r"dp\.[a-z]+\.")
"""How some begin that a Kubernetes object's name may begin with as well."""

_REST_OF_ADDRESS = r"([^\s\"'\x60\\<>]+)"

FORMS = (
    Form(rf"(?:^|[^A-Za-z0-9])((?:{'|'.join(_PREFIXED)})[\w~.+/=-]{{16,}})", token),
    Form(rf"(?:^|[^A-Za-z0-9])((?:{'|'.join(_LIKE_NAMES)})[\w~.+/=-]{{16,}})", if_random),
    Form(r"(?:^|[^A-Za-z0-9])((?:key-|dapi|SK|AC)[0-9a-f]{32})", token),
    Form(r"(eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)*)", token),
    Form(r"(?:^|[^A-Za-z0-9])((?:AKIA|ASIA|ABIA|ACCA|LTAI)[A-Z0-9]{12,})", token),
    Form(r"(?:^|[^\w.-])(s\.[A-Za-z0-9]{24})", token),
    Form(r"([\w.~-]{3}[0-9]Q~[\w.~-]{31,34})", token),
    Form(r"(?:^|[^0-9])([0-9]{8,10}:[\w-]{35})", token),
    Form(
        r"(?s)-----BEGIN(?:[ +A-Z0-9]|%20)*PRIVATE(?:[ +]|%20)KEY(?:[ +A-Z]|%20)*-----"
        r"(.*?)(?:-----END|$)"
    ),
    Form(r"(LS0tLS1CRUdJTi[\w+/=-]*)", token),
    Form(rf"hooks\.slack\.com/[a-z]+/{_REST_OF_ADDRESS}", bare),
    Form(rf"discord(?:app)?\.com/api/webhooks/{_REST_OF_ADDRESS}", bare),
    Form(rf"webhook\.office\.com/webhookb2/{_REST_OF_ADDRESS}", bare),
    Form(rf"api\.telegram\.org/bot{_REST_OF_ADDRESS}", bare),
)
