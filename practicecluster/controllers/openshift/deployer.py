"""The program that a deployer's Pod runs: moves Pods from one ReplicationController to another.

It is a client as any other, and knows what it is to do by its environment. Life cycle hooks are
not among what it does here.
Source: https://github.com/openshift/oc/blob/master/pkg/cli/deployer/deployer.go
Source: https://github.com/openshift/oc/blob/master/pkg/cli/deployer/strategy (recreate, rolling)
"""

import uuid
from collections.abc import Callable, Generator

from practicecluster.controllers.actors import active, is_ready
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.openshift import rollouts
from practicecluster.copying import copied

_KIND = "ReplicationController"
_NAME, _SPACE = "OPENSHIFT_DEPLOYMENT_NAME", "OPENSHIFT_DEPLOYMENT_NAMESPACE"
_SOURCE = "kubectl.kubernetes.io/update-source-id"
_ORIGINAL = "kubectl.kubernetes.io/original-replicas"
_START, _POLL, _LOOK, _OLDER = (0.3, 0.5), 1.0, 0.2, 120.0
Say = Callable[[str], None]


class FailedError(Exception):
    """The rollout has failed, for the reason that it says."""


def deploy(api: Api, container: Json, say: Say) -> Generator[float, None, int]:
    """Roll out; `say` takes the lines of its log. Returns the exit code."""
    env = {each["name"]: each.get("value", "") for each in container.get("env") or ()}
    space, name = env.get(_SPACE, ""), env.get(_NAME, "")
    yield api.clock.between(*_START)
    try:
        if not (space and name):
            raise FailedError(f"{_NAME} and {_SPACE} are required")
        yield from Deployer(api, space, say).run(name)
    except (FailedError, Refused) as error:
        say(f"error: {error}")
        return 1
    say("--> Success")
    return 0


class Deployer:
    """One run. What it says are the words of the real one."""

    def __init__(self, api: Api, space: str, say: Say) -> None:
        self._who = rollouts.deployer(space)
        self._api, self._space, self._say = api.seen_by(self._who), space, say
        self._clock = api.clock

    def run(self, name: str) -> Work:
        """Find what there is to replace, take older ones away, and do as the strategy says."""
        to = self._found(name)
        config = rollouts.config_of(to)
        if config is None:
            raise FailedError(f"couldn't decode deployment config from deployment {name}")
        desired = rollouts.noted(to, rollouts.DESIRED)
        if not desired.isdecimal():
            raise FailedError(f"deployment {name} has already run to completion")
        others = [each for each in self._all(config) if each["metadata"]["name"] != name]
        before = rollouts.active(others)
        if before is not None and rollouts.version(to) < rollouts.version(before):
            was = before["metadata"]["name"]
            raise FailedError(f"deployment {name} is older than {was}")
        for each in rollouts.newest_first(others):
            if each is not before and each["spec"]["replicas"]:
                yield from self._scaled(each, 0, _OLDER)
                self._say(f"--> Scaled older deployment {each['metadata']['name']} down")
        strategy = config["spec"]["strategy"]
        if strategy["type"] == "Rolling" and before is not None:
            yield from self._roll(config, before, to, int(desired))
        elif strategy["type"] in ("Rolling", "Recreate"):
            yield from self._recreate(config, before, to, int(desired))
        else:
            raise FailedError(f"unsupported strategy type: {strategy['type']}")

    def _found(self, name: str) -> Json:
        found = self._api.find(_KIND, self._space, name)
        if found is None:
            raise FailedError(f'replicationcontrollers "{name}" not found')
        return found

    def _all(self, config: Json) -> list[Json]:
        name = config["metadata"]["name"]
        return [
            each
            for each in self._api.every(_KIND)
            if each["metadata"]["namespace"] == self._space
            and (each["metadata"].get("labels") or {}).get(rollouts.CONFIG) == name
        ]

    def _recreate(self, config: Json, before: Json | None, to: Json, desired: int) -> Work:
        """Take the old Pods away, then make one, and the others once that is available."""
        strategy, name = config["spec"]["strategy"], to["metadata"]["name"]
        params = strategy.get("rollingParams") or strategy.get("recreateParams") or {}
        timeout = float(params.get("timeoutSeconds", 600))
        if before is not None:
            self._say(f"--> Scaling {before['metadata']['name']} down to zero")
            yield from self._set(before, 0, timeout)
            yield from self._ended(before, timeout)
        if not desired:
            return
        if before is not None:
            self._say(f"--> Scaling {name} to 1 before performing acceptance check")
            yield from self._set(to, 1, timeout)
            yield from self._accept(name, timeout)
        if self._found(name)["spec"]["replicas"] != desired:
            self._say(f"--> Scaling {name} to {desired}")
            yield from self._set(to, desired, timeout)
        if before is None:
            yield from self._accept(name, timeout)

    def _set(self, rollout: Json, size: int, timeout: float) -> Work:
        """Scale, and wait until there are so many Pods, or for so long."""
        name = rollout["metadata"]["name"]
        if self._found(name)["status"].get("replicas", 0) == size:
            return
        self._write_scale(name, size)
        deadline = self._clock.now + timeout
        while self._clock.now < deadline:
            if self._found(name)["status"].get("replicas", 0) == size:
                return
            yield _POLL

    def _write_scale(self, name: str, size: int) -> None:
        after = copied(self._found(name))
        after["spec"]["replicas"] = size
        after["metadata"].pop("resourceVersion")  # It writes the scale that it has just read.
        self._api.update(self._who, after, "scale")

    def _scaled(self, rollout: Json, size: int, timeout: float) -> Work:
        """Scale, and wait until there are so many Pods; FailedError after so long."""
        name = rollout["metadata"]["name"]
        self._write_scale(name, size)
        deadline = self._clock.now + timeout
        while True:
            now = self._found(name)
            if now["spec"]["replicas"] != size or now["status"].get("replicas", 0) == size:
                return
            if self._clock.now > deadline:
                raise FailedError(f'timed out waiting for "{name}" to be synced')
            yield _POLL

    def _ended(self, rollout: Json, timeout: float) -> Work:
        """Wait until no Pod of a rollout runs, or for so long."""
        deadline = self._clock.now + timeout
        while any(
            p["status"].get("phase") not in ("Succeeded", "Failed") for p in self._pods(rollout)
        ):
            if self._clock.now > deadline:
                self._say(
                    "--> Failed to wait for old pods to be terminated: context deadline exceeded"
                )
                self._say("New pods may be scaled up before old pods get terminated!")
                return
            yield _POLL

    def _pods(self, rollout: Json) -> list[Json]:
        wanted = rollout["spec"]["selector"].items()
        return [
            pod
            for pod in self._api.every("Pod")
            if pod["metadata"]["namespace"] == self._space
            and wanted <= (pod["metadata"].get("labels") or {}).items()
        ]

    def _accept(self, name: str, timeout: float) -> Work:
        """Wait until all Pods of a rollout are available; FailedError after so long."""
        deadline = self._clock.now + timeout
        while True:
            now = self._found(name)
            if now["status"].get("availableReplicas", 0) == now["spec"]["replicas"]:
                return
            if self._clock.now > deadline:
                lasted = f"took longer than {timeout:.0f} seconds to become available"
                why = f"pods for rc '{self._space}/{name}' {lasted}"
                raise FailedError(f"update acceptor rejected {name}: {why}")
            yield _LOOK

    def _roll(self, config: Json, old: Json, new: Json, desired: int) -> Work:
        """Make new Pods as far as there is room, take as many old ones away, and again."""
        params = config["spec"]["strategy"]["rollingParams"]
        period, timeout = float(params["updatePeriodSeconds"]), float(params["timeoutSeconds"])
        self._mark(old, new)
        surge, absent = rollouts.bounds(config, desired)
        names = old["metadata"]["name"], new["metadata"]["name"]
        olds, news = (self._found(name)["spec"]["replicas"] for name in names)
        least = max(0, desired - absent)
        self._say(
            f"--> Scaling up {names[1]} from {news} to {desired}, scaling down {names[0]} from "
            f"{olds} to 0 (keep {least} pods available, don't exceed {desired + surge} pods)"
        )
        deadline = self._clock.now + timeout
        while news != desired or olds:
            was = olds, news
            more = desired - news if not olds else desired + surge - olds - news
            if news != desired and more > 0:
                news = min(desired, news + more)
                self._say(f"    Scaling {names[1]} up to {news}")
                yield from self._scaled(new, news, timeout)
                news = self._found(names[1])["spec"]["replicas"]
            yield period
            fewer = self._spare(config, new, olds, news, least if desired else 0)
            if fewer < olds:
                self._say(f"    Scaling {names[0]} down to {fewer}")
                yield from self._scaled(old, fewer, timeout)
                olds = self._found(names[0])["spec"]["replicas"]
            if (olds, news) != was:
                deadline = self._clock.now + timeout
            elif self._clock.now > deadline:
                raise FailedError("timed out waiting for any update progress to be made")
        yield from self._finished(names[1], float(params["intervalSeconds"]), timeout)

    def _spare(self, config: Json, new: Json, olds: int, news: int, least: int) -> int:
        """How many old Pods have to stay, that enough are available."""
        ready = sum(is_ready(pod) for pod in active(self._pods(new)))
        desired = int(rollouts.noted(new, rollouts.DESIRED))
        if news == desired == ready:
            return 0
        fewer = olds + news - least - (news - ready)
        return max(0, olds - fewer) if fewer > 0 else olds

    def _mark(self, old: Json, new: Json) -> None:
        """Note on both what replaces what, and how many there were."""
        source = f"{old['metadata']['name']}:{old['metadata']['uid']}"
        invocation = uuid.UUID(int=self._clock.random.getrandbits(128), version=4)
        own = {"name": new["metadata"]["name"], "namespace": self._space}
        config = {
            "apiVersion": "v1",
            "kind": _KIND,
            "metadata": own | {"annotations": {_SOURCE: source}},
        }
        self._api.apply(self._who._replace(manager=f"deployer-invocation-{invocation}"), config)
        if not rollouts.noted(old, _ORIGINAL):
            after = copied(self._found(old["metadata"]["name"]))
            after["metadata"]["annotations"][_ORIGINAL] = str(after["spec"]["replicas"])
            self._api.update(self._who, after)

    def _finished(self, name: str, interval: float, timeout: float) -> Work:
        """Take its notes off the new one, and wait until that has the Pods it should have."""
        after = copied(self._found(name))
        for noted in (_SOURCE, rollouts.DESIRED):
            after["metadata"]["annotations"].pop(noted, None)
        self._api.update(self._who, after)
        deadline = self._clock.now + timeout
        while True:
            yield interval
            now = self._found(name)
            if now["status"].get("replicas", 0) == now["spec"]["replicas"]:
                return
            if self._clock.now > deadline:
                raise FailedError("context deadline exceeded")
