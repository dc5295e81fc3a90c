"""How much of what a server sends is taken in: a broken one must not end or hold up the process.

Each bound is far above what a real cluster needs. What meets one becomes a `Problem` and backs
off, and the other types go on.
"""

import msgspec

KIB = 1024
MIB = 1024 * KIB


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """All bounds; bytes are counted after decompression.

    `error_bytes`: of a refusal this much is read, the rest not. `answer_bytes`: one small answer.
    `discovery_bytes`: one answer of discovery, which is believed of `types` types and, where it
    has to be asked one by one, of `versions` group versions. `object_bytes`: one object in a list
    or in a watch; etcd refuses more than a few MiB. `envelope_bytes`: what stands around a list's
    objects; `token_bytes`: what names its next page. `pages`, `objects` and `list_bytes`: a whole
    list, or the stream in its place. `watches`: types watched at once; `named`: types that are
    not, by name, of one sort. How much is held of what exists is for `holdings` to say.
    """

    error_bytes: int = 64 * KIB
    answer_bytes: int = MIB
    discovery_bytes: int = 16 * MIB
    object_bytes: int = 8 * MIB
    envelope_bytes: int = MIB
    token_bytes: int = 16 * KIB
    list_bytes: int = 8 * 1024 * MIB
    pages: int = 4_000
    objects: int = 1_000_000
    types: int = 25_000
    versions: int = 2_000
    watches: int = 1_000
    named: int = 50


BOUNDS = Bounds()
