"""What processes with pages know of each other's sign-ins, by the Redis that they share.

Each entry is sealed with the number that the browser alone holds, so who reads the Redis finds no
token in it. Where it can't be asked, sessions that are known here go on, and others sign in again.
"""

import hashlib
import logging
import secrets
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import redis.asyncio
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

logger = logging.getLogger(__name__)

ENTRY_BYTES = 64 * 1024
"""A longer entry is not kept: no token that an API server takes is as long."""

_NONCE_BYTES = 12
_T = TypeVar("_T")
_U = TypeVar("_U")


class Sealed:
    """Entries of a Redis, by what they are and a digest of the number that opens them.

    Their names begin with `begins`; `patience` is the Redis client's.
    """

    def __init__(self, address: str, begins: str, patience: Mapping[str, Any]) -> None:
        self._redis = redis.asyncio.from_url(address, **patience)
        self._begins = begins

    async def keep(self, what: str, number: str, content: bytes, seconds: float) -> None:
        """Keep `content` for so long, for whoever has the number."""
        name = self._name(what, digest(number))
        sealed = _seal(number, content, name)
        if len(sealed) <= ENTRY_BYTES and seconds >= 1:
            await _tried(self._redis.set(name, sealed, ex=int(seconds)), None)

    async def find(self, what: str, number: str) -> bytes | None:
        """Return what is kept for that number, None where nothing is, or nothing that it opens."""
        name = self._name(what, digest(number))
        return _opened(number, await _tried(self._redis.get(name), None), name)

    async def take(self, what: str, number: str) -> bytes | None:
        """Return it, once."""
        name = self._name(what, digest(number))
        return _opened(number, await _tried(self._redis.getdel(name), None), name)

    async def goes_on(self, what: str, key: str, seconds: float) -> bool:
        """Keep an entry for so long from now; False where there is none any more."""
        return bool(await _tried(self._redis.expire(self._name(what, key), int(seconds)), True))

    async def end(self, what: str, key: str) -> None:
        """Keep an entry no longer."""
        await _tried(self._redis.delete(self._name(what, key)), 0)

    def _name(self, what: str, key: str) -> str:
        return f"{self._begins}:{what}:{key}"


async def _tried(asked: Awaitable[_T], otherwise: _U) -> _T | _U:
    """What the Redis answers, or `otherwise` where it can't be asked."""
    try:
        return await asked
    except (redis.RedisError, OSError) as error:
        logger.warning(
            "Sign-ins are not shared with other processes: the Redis of REDIS_URL can't be asked "
            "(%s).",
            error,
        )
        return otherwise


def digest(number: str) -> str:
    """Return the name of whatever a number opens, which does not tell the number."""
    return hashlib.sha256(number.encode(errors="replace")).hexdigest()


def _cipher(number: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"seal " + number.encode(errors="replace")).digest())


def _seal(number: str, content: bytes, name: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(number).encrypt(nonce, content, name.encode())


def _opened(number: str, sealed: bytes | str | None, name: str) -> bytes | None:
    if not sealed or isinstance(sealed, str):  # The client decodes nothing.
        return None
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return _cipher(number).decrypt(nonce, rest, name.encode())
    except (InvalidTag, ValueError):
        logger.warning("The Redis of REDIS_URL holds a sign-in that its number does not open.")
        return None
