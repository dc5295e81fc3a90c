"""Commands and their arguments: flags that take a credential, hooks, and what was executed."""

from eventstream.expressions import expression
from eventstream.objects.credentials.assignments import QUOTED, QUOTES
from eventstream.objects.credentials.form import Form, Judge, Spans
from eventstream.objects.credentials.values import (
    bare,
    if_mixed,
    if_strong,
    random,
    spiced,
    unless_prose,
    unless_sentence,
)
from eventstream.objects.credentials.words import MORE, PASSWORD, QUOTE, SECRET

_BETWEEN = rf"(?:\s+|=|{QUOTE}?\s*,\s*)"
"""Between a flag and what it takes, in a shell's line or in a list of arguments."""
_ARGUMENT = r"((?:[^\s\"'\x60\\,\]]|[,\]][^\s\"'\\])+)"
_PLAIN = expression(rb"[0-9:.,/-]*|[/.~${\[(-].*|[a-z]+://.*")
"""Ports, users by number, paths, JSON, other flags: nothing that `-p` would mean as a password."""
_OTHER_P = expression(
    rb"(?:^|[\s/\[\"'])(?:mkdir|cp|install|rsync|scp|ssh|nc|ps|tar|touch|test|read|kill|grep|kubectl|"
    rb"oc|docker run|podman run|iptables|nmap|lsof|git|make|java|python3?|node|declare|export)"
    rb"(?:[\s,\"'\\]+-[\w-]+|[\s,\"'\\]+patch\b[^|;&]*)*[\s,\"'\\]+$"
)
_BEFORE = 120


def _context(text: bytes, start: int) -> bytes:
    return text[max(start - _BEFORE, 0) : start]


def _of_flag(text: bytes, start: int, end: int) -> Spans:
    """What a flag takes that is named after a credential: a path says where that lies."""
    if text[start : start + 1] in (b"/", b"-") or text[start:end].startswith((b"./", b"~/")):
        return ()
    return unless_sentence(text, start, end)


def _of_p(text: bytes, start: int, end: int) -> Spans:
    """What `-p` takes, unless it is none of the commands' for which that is a password."""
    flag = text.rfind(b"-p", 0, start)
    if _PLAIN.fullmatch(text[start:end]) or _OTHER_P.search(_context(text, flag)):
        return ()
    return bare(text, start, end)


def _glued(text: bytes, start: int, end: int) -> Spans:
    """What is written at once after `-p`, which only these commands take."""
    before = _context(text, start).lower()
    return bare(text, start, end) if any(map(before.__contains__, _GLUING)) else ()


_GLUING = (b"mysql", b"mariadb", b"sshpass", b"7z", b"zip", b"percona", b"xtrabackup")


def _of(*commands: bytes) -> Judge:
    """What a flag takes where one of these commands stands before it."""

    def judge(text: bytes, start: int, end: int) -> Spans:
        before = _context(text, start).lower()
        return bare(text, start, end) if any(map(before.__contains__, commands)) else ()

    return judge


def _of_user(text: bytes, start: int, end: int) -> Spans:
    """The password of `user:password`; numbers are a user and its group."""
    user, _, password = text[start:end].partition(b":")
    if not password or (user + password).isdigit() or password.startswith(b"//"):
        return ()
    return bare(text, start + len(user) + 1, end)


def _of_login(text: bytes, start: int, end: int) -> Spans:
    """The password of a user that is named as one; Kubernetes' own users have a `system:`."""
    user, _, password = text[start:end].partition(b":")
    if user == b"system" or not password:
        return ()
    return if_strong(text, start + len(user) + 1, end)


def _arguments(text: bytes, start: int, end: int) -> Spans:
    """All that follows the first word of a command, as nobody can say what a program takes."""
    first = text[start:end].partition(b" ")[0]
    begins = start + len(first) + 1
    if begins >= end:
        return _executed(text, start, end)
    return (*_executed(text, start, start + len(first)), (begins, end))


def _executed(text: bytes, start: int, end: int) -> Spans:
    """What was to be executed, where that is no program's name or path."""
    word = text[start:end]
    name = word.rpartition(b"/")[2]
    if _PROGRAM.fullmatch(word) and not (spiced(name) or random(name)):
        return ()
    return ((start, end),)


_PROGRAM = expression(rb"[\w./+-]*")

FORMS = (
    Form(
        rf"(?i)(?:^|[\s(\[\"'\x60=,])--?[\w-]*(?:{PASSWORD}|{SECRET}|pass|[_-]key|auth|pw|pin){MORE}{QUOTE}?(?:\s+|\s*,\s*)"
        rf"(?:{QUOTED}|{QUOTE}?{_ARGUMENT})",
        _of_flag,
        QUOTES,
    ),
    Form(rf"(?:^|[\s\[\"'])-p(?:{_BETWEEN}){QUOTE}?{_ARGUMENT}", _of_p),
    Form(rf"(?:^|[\s\[\"'])-p{QUOTE}?([^\s\"'\x60\\=,]{{3,}})", _glued),
    Form(
        rf"(?:^|[\s\[\"'])(?:-[a-zA-Z]*[uU]|--(?:proxy-)?user){_BETWEEN}?{QUOTE}?"
        r"([^\s\"'\x60\\:/,]+:[^\s\"'\x60\\]+)",
        _of_user,
    ),
    Form(rf"\s-a{_BETWEEN}{QUOTE}?{_ARGUMENT}", _of(b"redis")),
    Form(rf"\s-[wW]{_BETWEEN}{QUOTE}?{_ARGUMENT}", _of(b"ldap", b"mongo")),
    Form(rf"\s-[kK]{_BETWEEN}{QUOTE}?{_ARGUMENT}", _of(b"openssl")),
    Form(rf"\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+{QUOTE}?{_ARGUMENT}", bare),
    Form(rf"\brabbitmqctl\s+(?:add_user|change_password)\s+\S+\s+{QUOTE}?{_ARGUMENT}", bare),
    # echo X | docker login --password-stdin
    Form(
        rf"\b(?:echo|printf)\s+(?:-n\s+)?(?:{QUOTED}|{_ARGUMENT})[\\\"']*\s*\|[^|]*"
        r"(?:stdin|passwd|base64|sudo|login)",
        bare,
        QUOTES,
    ),
    Form(r"\bAUTH\s+([^\s\"'\\]{6,})", if_mixed),
    Form(r"(?i)\b(?:login|auth|credentials?|user)\s+([\w.@-]+:[^\s\"'\\/]+)", _of_login),
    Form(rf"(?i)\b(?:vault|bao) login\s+{QUOTE}?([^\s\"'\\-][^\s\"'\\]*)", unless_prose),
    Form(rf"(?i)\bpass:{QUOTE}?([^\s\"'\\]+)", if_strong),
    # Exec lifecycle hook ([/bin/sh -c …]) for Container …; command '…' exited with 1
    Form(r"(?s)lifecycle hook \(\[(.*?)\]\)", _arguments),
    Form(r"(?s)command '(.*?)' exited with", _arguments),
    Form(r"(?s)command \\*\"(.*?)\\*\" timed out", _arguments),
    Form(r"exec: \\*\"((?:[^\"\\]|\\[^\"])+)", _arguments),
)
