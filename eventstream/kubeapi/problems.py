"""The failures that a person can act on, each as one `Problem`, in one place.

Whatever goes wrong on the way to a cluster ends up on a screen. Without this, it would end up
there as the text of some library's exception, which says neither on what nor what to do.
"""

import msgspec

from eventstream import descriptors
from eventstream.kubeapi.quoting import quoted
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource


class ApiProblem(Exception):  # noqa: N818 - it is a problem first, an exception by way of travel
    """A `Problem` on its way up.

    `status` is the code of the answer, 0 where there was none; `retry_after` is what the server
    asked for, in seconds.
    """

    def __init__(self, problem: Problem, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Say what failed, why it may have and what to do next, in three lines."""
        lines = [self.problem.message]
        if self.problem.cause:
            lines.append(f"Likely cause: {self.problem.cause}")
        if self.problem.action:
            lines.append(f"What to do: {self.problem.action}")
        return "\n".join(lines)


def expired_token(refusal: Problem, expiry: str) -> Problem:
    """Tell of a refusal of credentials that their token says itself that it is over."""
    return Problem(
        refusal.code,
        f"{refusal.message} The token in use expired at {expiry}.",
        "nobody renewed it: a copy of a token grows old, unlike the file or plugin it came from",
        "sign in again, or name a `tokenFile` or an `exec` plugin in the kubeconfig, which are "
        "read anew by themselves",
    )


def not_kubernetes(what: str, code: int, content_type: str, location: str = "") -> Problem:
    """Tell that the answer to `what` was not a Kubernetes API server's."""
    kind = f"a redirect to {quoted(location)}" if location else quoted(content_type)
    return Problem(
        "not-kubernetes",
        f"The answer to {what} is not one of a Kubernetes API server: "
        f"{kind or 'an unnamed type'} (HTTP {code}).",
        "a proxy, a sign-in page or another web server answers at this address",
        "check `server` in the kubeconfig, and HTTPS_PROXY and NO_PROXY in the environment",
    )


def no_server_behind(what: str, code: int) -> Problem:
    """Tell that a proxy or load balancer answered `what`, as it reached no API server."""
    return Problem(
        "server-error",
        f"A proxy or load balancer answered {what} in the API server's place ({code}).",
        "the API server behind it is down or restarting, or can't be reached from there",
        "nothing, if it passes; else look at what is behind the load balancer",
    )


def behind(resource: Resource, refusal: Problem) -> Problem:
    """Tell that it is not Kubernetes' own API server that failed, but one behind it.

    Source: staging/src/k8s.io/kube-aggregator/pkg/apiserver/handler_proxy.go, ServeHTTP.
    """
    return Problem(
        refusal.code,
        refusal.message,
        f"the server that serves {resource.api_version}, behind an APIService, does not answer",
        f"`kubectl describe apiservice {resource.version}.{resource.group}` says why; it is tried "
        "again",
    )


def other_cluster(server: str, *, told: bool) -> Problem:
    """Tell that credentials or an address, read anew, led to another cluster than before.

    Or to one that does not say which it is, where not even its uid was `told`.
    """
    if not told:
        return Problem(
            "other-cluster",
            f"What answers at {server} does not tell which cluster it is: the uid of its namespace "
            "kube-system could be read before and can't be now.",
            "the kubeconfig now names another cluster, or a user who may not get that namespace",
            "let that user get namespace kube-system, or restart Baton",
        )
    return Problem(
        "other-cluster",
        f"Another cluster answers at {server} than the one that is watched: the uid of its "
        "namespace kube-system is another.",
        "the cluster was set up anew, or the kubeconfig now names another one",
        "restart Baton with BATON_DATA set to another directory, as a history is of one cluster, "
        "or have the kubeconfig name the old one, which is then gone on with",
    )


def malformed(resource: Resource, said: str) -> Problem:
    """Tell that what came for `resource` could not be read, so that it has to be listed again."""
    return Problem(
        "malformed",
        f"An answer about {resource.key} could not be read: {quoted(said)}",
        "a proxy cut or changed the stream, or the server sent what the API does not document",
        "nothing: everything is listed again, and the gap is shown; "
        "if it repeats, look for a proxy between here and the server",
    )


def unreadable(what: str, why: str) -> Problem:
    """Tell that the bytes of the answer to `what` could not be unpacked."""
    return Problem(
        "malformed",
        f"The answer to {what} could not be read: {why}.",
        "a proxy compresses or changes what the server sends",
        "have the proxy pass on answers as they are; it is tried again",
    )


def oversized(what: str, why: str) -> Problem:
    """Tell that the answer to `what` was given up, as it is larger than any real one."""
    return Problem(
        "oversized",
        f"The answer to {what} is too large to be taken in: {why}.",
        "another kind of server answers at this address, or the API server is broken",
        "look at the answer itself (`kubectl get --raw`); it is tried again, less and less often",
    )


def endless(resource: Resource, why: str) -> Problem:
    """Tell that the list of `resource` was given up, as it would not have ended."""
    return Problem(
        "endless",
        f"The list of {resource.key} was given up: {why}.",
        "the server, or a proxy that answers from memory, gives the same or more for ever",
        "look at what it lists (`kubectl get --raw`); it is tried again, less and less often",
    )


def no_room(resource: Resource, most: int) -> Problem:
    """Tell that `resource` has more, or larger, objects than there is memory set aside for."""
    return Problem(
        "no-room",
        f"{resource.key} is not followed further: all objects together would take more than the "
        f"{most // 2**20:,} MiB of memory that Baton keeps them in.",
        "the cluster is larger than Baton was made for, or something makes objects without end",
        "look for what makes so many, or such large, objects; with --namespace only one "
        "namespace is held. It is tried again, and goes on once there is room",
    )


def open_files(limit: int) -> Problem:
    """Tell that no connection can be opened because too many files are."""
    return Problem(
        "open-files",
        f"Too many open files: this process may hold {limit:,}, and all are in use.",
        "the system's limit is low, or many browsers and recordings are open",
        "raise the limit of open files (`ulimit -n`, LimitNOFILE= of systemd, --ulimit nofile= of "
        "a container) and restart Baton; it is tried again by itself",
    )


def too_many_types(resource: Resource, watched: int, limit: int | None) -> Problem:
    """Tell that `resource` is not watched because `watched` types are; `limit` of files, if met."""
    files = (
        "raise the limit of open files (`ulimit -n`, LimitNOFILE= of systemd, --ulimit nofile= of "
        "a container) and restart Baton, or "
    )
    return Problem(
        "too-many-types",
        f"{resource.key} is not watched: {watched:,} types are, and no more can be.",
        f"each watch takes an open file, and this process may hold {limit:,}"
        if limit is not None
        else "each watch costs memory here and on the API server",
        f"{files if limit is not None else ''}delete definitions that nobody uses. Types that "
        "come with Kubernetes go first, then custom ones by group and plural",
    )


def of_many(problem: Problem, count: int, named: int) -> Problem:
    """Return `problem` with a note that `count` types share it, of which `named` are shown."""
    note = f" The same is so for {count:,} types in all; the first {named:,} are named."
    return msgspec.structs.replace(problem, message=problem.message + note)


def table(resource: Resource) -> Problem:
    """Tell that rows for people came where objects of `resource` were asked for."""
    return Problem(
        "table",
        f"The server answered with a Table, which holds no objects, about {resource.key}.",
        "a proxy changes the Accept header, or an extension API server ignores it",
        "have the proxy pass on `Accept: application/json` as it is",
    )


def out_of_order(resource: Resource, version: str, position: str) -> Problem:
    """Tell that an object unknown so far came with a version that had been passed already."""
    return Problem(
        "out-of-order",
        f"The watch of {resource.key} brought version {version} of an unknown object after "
        f"{position}, so that what it says can't be complete.",
        "a server or proxy that does not keep to the order of writes, or several in its place",
        "nothing: everything is listed again, and the gap is shown",
    )


def rewound(version: str, newest: str) -> Problem:
    """Tell that the server's newest version is older than one that was seen from it."""
    return Problem(
        "rewound",
        f"The server went back in time: its newest version is {newest}, and {version} had been "
        "seen.",
        "its etcd was restored from a backup",
        "nothing: everything is listed again, and the gap is shown; what was written after the "
        "backup is lost to the cluster",
    )


def stalled(resource: Resource, seconds: float) -> Problem:
    """Tell that the watch of `resource` was silent for longer than a live one ever is."""
    return Problem(
        "stalled",
        f"The watch of {resource.key} brought neither an event nor a bookmark for {seconds:g} s.",
        "the server, or a proxy or firewall on the way, holds the connection without serving it",
        "nothing: the watch is opened again; if it repeats, look at what is between",
    )


def empty_watch(resource: Resource) -> Problem:
    """Tell that the watch of `resource` ended at once and brought nothing."""
    return Problem(
        "empty-watch",
        f"The watch of {resource.key} ended at once and brought nothing.",
        "a proxy that does not pass on streams, or a server that is shutting down",
        "nothing: it is tried again; if it lasts, connect without the proxy",
    )


def cut_stream(resource: Resource) -> Problem:
    """Tell that the stream of what exists broke off before its end."""
    return Problem(
        "cut-stream",
        f"The stream of all {resource.plural} ended before it was complete.",
        "the connection broke, or a proxy limits how long a stream may take",
        "nothing: it is read anew, and if it breaks off again, as a list",
    )


def unmarked(resource: Resource) -> Problem:
    """Tell that a bookmark came where the one was due that ends what exists, and was not it.

    A server that knows of that one sends none before it; one that does not never will.
    Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
    """
    return Problem(
        "not-streamed",
        f"The watch of {resource.key} does not say where what exists ends.",
        "a server that is older than that, behind an APIService or in place of Kubernetes' own",
        "nothing: it is listed instead",
    )


def unversioned(resource: Resource) -> Problem:
    """Tell that a list says no version that a watch could begin at."""
    return Problem(
        "not-watchable",
        f"The list of {resource.key} has no resourceVersion, so that no watch can begin there.",
        "an extension API server that computes its answers instead of storing objects",
        "nothing: it is listed once a minute; what came and went between is not seen",
    )


def not_served(resource: Resource) -> Problem:
    """Tell that discovery does not name `resource`."""
    return Problem(
        "not-served",
        f"This cluster does not serve {resource.key}.",
        "its version of Kubernetes does not have the type, or the type is switched off",
        "nothing, unless the type should be there",
    )


def not_watchable(resource: Resource) -> Problem:
    """Tell that the server lists `resource` but cannot watch it."""
    return Problem(
        "not-watchable",
        f"This cluster serves {resource.key} without list and watch.",
        "an extension API server that does not offer them",
        "nothing: changes of these objects cannot be followed",
    )


def left_out(resource: Resource, why: str) -> Problem:
    """Tell that `resource` could be watched, and is not, on purpose."""
    return Problem(
        "left-out",
        f"{resource.key} is not watched, on purpose: {why}.",
        "Baton asks only for what explains how a cluster works",
        "nothing",
    )


def out_of_scope(resource: Resource, namespace: str) -> Problem:
    """Tell that `resource` is left out because only one namespace is watched."""
    return Problem(
        "out-of-scope",
        f"{resource.key} is not watched: only namespace {namespace} is.",
        "Baton was started with --namespace, and these objects are not in that namespace",
        "start it without --namespace to see them",
    )


def internal(resource: Resource, error: BaseException) -> Problem:
    """Tell that the watching of `resource` itself broke, most likely a defect of ours."""
    if descriptors.are_meant_by(error):
        return open_files(descriptors.limit())
    return Problem(
        "internal",
        f"Watching {resource.key} failed: {type(error).__name__}: {quoted(str(error))}",
        "a defect in Baton, or its store refused the write",
        "it is tried again; the log has the traceback: please report it",
    )
