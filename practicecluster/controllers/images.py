"""What becomes of a container in a practice cluster, told by its command or its image's name.

No container runs here, so what one would do is read off what it is called. docs/practice.md says
the same.
"""

import math
import re
import shlex
from typing import Any

from practicecluster.controllers.fares import Fare, Fares, Refusal, refusals
from practicecluster.controllers.openshift.deployer import deploy
from practicecluster.controllers.openshift.rollouts import DEPLOYER_IMAGE

NAMED = {
    "missing": "no such image: ErrImagePull, then ImagePullBackOff",
    "denied": "the registry wants a password",
    "slow": "the image takes 30 s to come",
    "crash": "the container exits with 1 after a second, again and again",
    "done": "the container exits with 0 after two seconds",
    "oom": "the container is killed after three seconds for the memory that it takes",
    "unready": "the readiness probe never succeeds",
    "hangs": "the liveness probe fails from the tenth second on",
}
"""What each word in an image's name makes of a container; they are told by their beginnings."""
_SAME = {
    "bad": "missing", "nonexistent": "missing", "nosuch": "missing", "doesnotexist": "missing",
    "typo": "missing", "private": "denied", "once": "done", "never": "unready", "hang": "hangs",
}  # fmt: skip
_SHELLS = frozenset({"alpine", "bash", "busybox", "debian", "ubuntu"})
"""Images whose own command is a shell, which ends where nobody types."""
_PULL = 0.8
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd]?)")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""What `sleep` takes: numbers, each with a unit or without, that count together."""


class NamedFares(Fares):
    """Every container as its command says, else as its image is called."""

    def of(self, container: dict[str, Any]) -> Fare:
        """How a container of this spec fares."""
        image = container["image"]
        if image in self.images:
            return self.images[image]
        if image == DEPLOYER_IMAGE:
            return _DEPLOYS
        word = word_of(image)
        if word in ("missing", "denied"):
            kind = "absent" if word == "missing" else "denied"
            return Fare(pull=_PULL, refusal=Refusal(*refusals(image)[kind]))
        ran = commanded([*(container.get("command") or ()), *(container.get("args") or ())])
        if ran is not None:
            seconds, code = ran
            # The first process of a container heeds no signal that it has no handler for.
            return Fare(pull=_PULL, ends=seconds, exits=code, stops=math.inf)
        return _FARES.get(word, Fare(pull=_PULL, stops=0.1))


_DEPLOYS = Fare(pull=_PULL, runs=deploy, stops=0.1, stopped=2)
"""No program runs here but this one, since what it does is done by the API alone."""
_FARES = {
    "slow": Fare(pull=30.0),
    "crash": Fare(pull=_PULL, ends=1.0, exits=1),
    "done": Fare(pull=_PULL, ends=2.0, exits=0),
    "shell": Fare(pull=_PULL, ends=0.1, exits=0),
    "oom": Fare(pull=_PULL, ends=3.0, exits=137, reason="OOMKilled"),
    "unready": Fare(pull=_PULL, ready=math.inf),
    "hangs": Fare(pull=_PULL, dies=10.0),
}


def word_of(image: str) -> str:
    """Return which of the words that mean something an image's name has; empty for none."""
    name = image.partition("@")[0].lower().replace("does-not-exist", "missing")
    words = re.split(r"[^a-z0-9]+", name)  # A name is short, and this is linear in it.
    for word in words:
        for known in (*NAMED, *_SAME):
            if word.startswith(known):
                return _SAME.get(known, known)
    return "shell" if words and name.rpartition("/")[2].partition(":")[0] in _SHELLS else ""


def commanded(words: list[str]) -> tuple[float, int] | None:
    """Return after how many seconds a command ends, and with which code; None if it goes on.

    `sleep`, `exit`, `true`, `false`, `echo`, `date` and the like are understood, also several of
    them in a shell; whatever else is taken for a server, which goes on.
    """
    if len(words) >= 3 and words[0].rpartition("/")[2] in ("sh", "bash", "ash") and "c" in words[1]:
        return _script(words[2])
    return _one(words)


def printed(words: list[str]) -> list[str]:
    """Return the lines that a command's `echo`s would print."""
    if len(words) >= 3 and words[0].rpartition("/")[2] in ("sh", "bash", "ash") and "c" in words[1]:
        parts = []
        for line in re.split(r"(?:;|&&|\n)", words[2]):
            try:
                parts.append(shlex.split(line))
            except ValueError:
                return []
    else:
        parts = [words]
    return [" ".join(each[1:]) for each in parts if each and each[0].rpartition("/")[2] == "echo"]


def _script(text: str) -> tuple[float, int] | None:
    seconds, code = 0.0, 0
    for line in re.split(r"(?:;|&&|\n)", text):
        try:
            words = shlex.split(line)
        except ValueError:
            return None
        if not words:
            continue
        ran = _one(words)
        if ran is None:
            return None
        seconds, code = seconds + ran[0], ran[1]
        if words[0] == "exit":
            break
    return seconds, code


def _one(words: list[str]) -> tuple[float, int] | None:
    if not words:
        return None
    name, rest = words[0].rpartition("/")[2], words[1:]
    number = next((float(each) for each in rest if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", each)), 0.0)
    if name == "sleep":
        spans = [_SPAN.fullmatch(each) for each in rest]
        slept = sum(float(each[1]) * _UNITS[each[2]] for each in spans if each)
        return (slept, 0) if spans and all(spans) else None
    if name == "exit":
        return 0.0, int(number) % 256
    if name in ("true", "false"):
        return 0.1, int(name == "false")
    return (0.1, 0) if name in ("echo", "date", "hostname", "env", "printf", "ls", "perl") else None
