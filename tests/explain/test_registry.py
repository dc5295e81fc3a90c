"""A kind is whole: declared, decoded, watched, judged. What is missing is named with its file."""

from collections.abc import Iterator

import pytest

from eventstream.explain.controllers.registry import Behaviour, add, behaviours
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import Controller, GroupKind
from eventstream.explain.vocabulary.registry import ACTORS, MAKERS, STATUS_WRITERS
from eventstream.kubeapi.discovery import WANTED
from eventstream.objects.kinds import BUILT_IN, BUILT_IN_GROUPS

OBJECTS = "eventstream/objects/kinds.py"
GRANTED = "deploy/base/permissions.yaml"
WATCHED = "eventstream/objects/kinds.py"
MODULE = "eventstream/explain/controllers/{}.py"
DECLARED = "eventstream/explain/vocabulary/declared/kinds.py"

UNWATCHED = {
    kinds.ENDPOINTS: "told of in recordings only: one Service can have thousands of addresses",
    kinds.ENDPOINT_SLICE: "as Endpoints",
    kinds.SERVICE_ACCOUNT: "told of in recordings only",
    kinds.CONFIG_MAP: "may hold secrets, and is never asked for",
}
"""Kinds that are declared and not watched, each with why."""
TOP_LEVEL = {kinds.REVISION: "its content stands at the top level, see objects/toplevel.py"}
NO_TRACE = {GroupKind("coordination.k8s.io", "Lease"): "heartbeats, which are counted"}


def declared() -> dict[str, GroupKind]:
    """Every kind that declarations speak of, by the name of its constant."""
    return {name: kind for name, kind in vars(kinds).items() if isinstance(kind, GroupKind)}


def named(kind: GroupKind) -> str:
    return f"{kind.kind} of {kind.group or 'the core group'}"


def missing(kind: GroupKind) -> Iterator[str]:
    """What a kind lacks, each with the file to touch."""
    if kind not in BUILT_IN and kind not in TOP_LEVEL:
        yield f"{named(kind)} has no structs of spec and status: add them to {OBJECTS}"
    if kind not in {(each.group, each.kind) for versions in WANTED for each in versions}:
        yield f"{named(kind)} is not watched: add it to {WATCHED} and to {GRANTED}"
    behaviour = behaviours().get(kind)
    if behaviour is None or behaviour.assess is None:
        module = MODULE.format(kind.kind.lower())
        yield f"Nothing says how {named(kind)} stands: give its Behaviour `assess`, in {module}"


@pytest.mark.parametrize("kind", declared().values(), ids=named)
def test_a_declared_kind_is_decoded_watched_and_judged(kind: GroupKind) -> None:
    if kind not in UNWATCHED:
        assert list(missing(kind)) == []


def test_what_is_said_not_to_be_watched_is_not() -> None:
    watched = {(each.group, each.kind) for versions in WANTED for each in versions}
    assert [named(kind) for kind in UNWATCHED if kind in watched] == []


def test_a_kind_that_lacks_all_is_told_with_every_file() -> None:
    told = "\n".join(missing(GroupKind("apps", "Fleet")))
    assert OBJECTS in told
    assert WATCHED in told
    assert GRANTED in told
    assert "controllers/fleet.py" in told


@pytest.mark.parametrize("kind", [kind for kind in BUILT_IN if kind not in NO_TRACE], ids=str)
def test_a_kind_that_is_decoded_is_declared(kind: tuple[str, str]) -> None:
    assert kind in declared().values(), f"declare {kind} in {DECLARED}"


@pytest.mark.parametrize("kind", behaviours(), ids=named)
def test_a_behaviour_is_of_a_declared_kind_of_kubernetes_own(kind: GroupKind) -> None:
    assert kind in declared().values()
    assert kind.group in BUILT_IN_GROUPS


@pytest.mark.parametrize("actor", ACTORS.values(), ids=lambda actor: actor.id)
def test_a_controller_is_declared_whole(actor: Controller) -> None:
    assert actor.title
    assert actor.looks_after.endswith(".")
    assert actor.source_url
    loop = actor.source_url.find("pkg/controller/") > 0
    assert not loop or actor.account, f"{actor.id} has no service account: audit logs name it by it"
    lanes = [other.id for other in ACTORS.values() if other.lane == actor.lane]
    free = max(other.lane for other in ACTORS.values()) + 1
    assert lanes == [actor.id], f"two actors share a lane in vocabulary/declared; {free} is free"


def test_what_a_controller_makes_and_reports_is_of_declared_kinds() -> None:
    told = {kind for pair in MAKERS for kind in pair} | set(STATUS_WRITERS)
    assert told <= set(declared().values())


def test_one_folder_looks_after_a_kind() -> None:
    with pytest.raises(ValueError, match="has a behaviour already"):
        add(Behaviour(kind=kinds.POD))
