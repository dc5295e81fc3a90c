"""The commands that let a reader see the same with their own eyes, or try what is explained.

Baton asks nobody to believe it, and only reads: the commands are for the reader to copy and run.
`program` is what stands first, kubectl or what takes the same words.
"""

from functools import partial

import msgspec

from eventstream.explain.vocabulary.commands import KUBECTL, events, line, within
from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace

_EXAMPLE = ("--image=bitnami/nginx:latest", "--replicas=3")
_WHOLE = ("-o", "yaml", "--show-managed-fields")


class Command(msgspec.Struct, frozen=True):
    """A command line, what it shows, and whether it changes the cluster."""

    line: str
    shows: str
    writes: bool = False


def for_step(step: Step, program: str = KUBECTL) -> list[Command]:
    """The commands that show what `step` is about; none that shows an object which is gone."""
    obj = step.object
    found = []
    if step.change_type not in ("DELETED", "VANISHED"):
        options = (*within(obj.namespace), *_WHOLE)
        get = line("get", resource(obj), obj.name, options=options, program=program)
        found.append(Command(get, "the object and who wrote which field"))
    told = events(obj.namespace, program, uid=obj.uid)
    return _typed(*found, Command(told, "the Events about it, kept for an hour"))


def for_creation(trace: Trace | None, program: str = KUBECTL) -> list[Command]:
    """What to run to make a Deployment, and to see what Baton sees of it."""
    root = trace.root if trace is not None else None
    name = root.name if root is not None and root.kind == "Deployment" else "nginx"
    where = within(root.namespace if root is not None else None)
    given = partial(line, program=program)
    return _typed(
        Command(
            given("create deployment", "nginx", options=_EXAMPLE),
            "Creates the Deployment of the example, in your current namespace.",
            writes=True,
        ),
        Command(
            given("get pods", options=(*where, "--watch")),
            "The Pods as they come, bound and started.",
        ),
        Command(
            given("get events", options=(*where, "--watch")),
            "What the components report of their work.",
        ),
        Command(
            given("get deployment", name, options=(*where, *_WHOLE)),
            "Desired state, current state, and who wrote which field.",
        ),
        Command(
            given("describe deployment", name, options=where),
            "The same in words, with its Events.",
        ),
        Command(
            given("get leases", options=within("kube-node-lease")), "The heartbeat of each node."
        ),
        Command(given("delete deployment", "nginx"), "Takes the example away again.", writes=True),
    )


def for_config(trace: Trace | None, program: str = "oc") -> list[Command]:
    """What to run to make a DeploymentConfig, and to see its deployer at work."""
    root = trace.root if trace is not None else None
    name = root.name if root is not None else "web"
    where = within(root.namespace if root is not None else None)
    given = partial(line, program=program)
    return _typed(
        Command(
            given("create deploymentconfig", "web", options=("--image=bitnami/nginx:latest",)),
            "Creates the DeploymentConfig of the example, in your current project.",
            writes=True,
        ),
        Command(
            given("get pods", options=(*where, "--watch")),
            "The deployer's Pod first, then those that it rolls out.",
        ),
        Command(
            given("get replicationcontrollers", options=(*where, "--watch")),
            "The versions, and how many Pods each desires.",
        ),
        Command(
            given("get deploymentconfig", name, options=(*where, *_WHOLE)),
            "Desired state, current state, and who wrote which field.",
        ),
        Command(given("rollout latest", "web"), "Rolls the example out once more.", writes=True),
        Command(
            given("delete deploymentconfig", "web"), "Takes the example away again.", writes=True
        ),
    )


def for_situation(namespace: str) -> dict[str, str]:
    """What to run to start a situation, to look at it closely and more closely, and to end it."""
    where = within(namespace)
    return {
        "start": line("create namespace", namespace),
        "look": line("get all,events", options=where),
        "describe": line("describe all,pvc", options=where),
        "end": line("delete namespace", namespace),
    }


def for_operator(trace: Trace | None, program: str = KUBECTL) -> list[Command]:
    """What to run to see a type, its objects, and who acts on them."""
    given = partial(line, program=program)
    types = Command(given("get customresourcedefinitions"), "The types that were added.")
    group = trace.root.api_version.rpartition("/")[0] if trace is not None else ""
    if trace is None or not group:
        return [types]
    root, where = trace.root, within(trace.root.namespace)
    kind = f"{root.kind.lower()}.{group}"
    return _typed(
        types,
        Command(
            given("api-resources", options=(f"--api-group={group}",)), "What this group serves."
        ),
        Command(
            given("get", kind, options=("--all-namespaces",)), f"Every object of kind {root.kind}."
        ),
        Command(
            given("get", kind, root.name, options=(*where, *_WHOLE)),
            "Its spec, its status, and who wrote which field.",
        ),
        Command(given("get events", options=(*where, "--watch")), "What is reported of it."),
    )


def resource(obj: ObjectRef) -> str:
    """What `kubectl get` calls objects of this kind: "deployment.v1.apps", "pod"."""
    group, slash, version = obj.api_version.rpartition("/")
    kind = obj.kind.lower()
    return f"{kind}.{version}.{group}" if slash else kind


def _typed(*commands: Command) -> list[Command]:
    """Those that can be typed: of a name that can't, there is no line."""
    return [command for command in commands if command.line]
