"""The same commands against the practice cluster: the real kubectl, and a clock that is ours."""

import asyncio
import os
import shlex
import tempfile
from asyncio.subprocess import PIPE
from datetime import datetime
from pathlib import Path
from random import Random

from practicecluster.changes import StoredChange
from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.clock import VirtualClock
from practicecluster.controllers.fares import Fare, Refusal, refusals
from practicecluster.controllers.kubelet import Kubelet
from practicecluster.controllers.memory_api import MemoryApi
from practicecluster.controllers.running import register, staff
from practicecluster.kubeconfig import write_kubeconfig
from practicecluster.resources import ResourceType
from tests.deploy.programs import program
from tests.fidelity.plays import Play, Step, written
from tests.fidelity.recorded import told
from tests.fidelity.replaying import Others, inputs
from tests.fidelity.stories import Json, Story, Write, changes

NODES = ("node-1", "hollow-1", "hollow-2")
_ADMIN = "kubernetes-admin"
_QUIET = 60.0
_BEATS = frozenset({"Lease", "Node"})


class Simulated:
    """A practice cluster by a virtual clock, of which each write is noted."""

    def __init__(self, cluster: PracticeCluster, clock: VirtualClock, directory: Path) -> None:
        self._cluster, self._clock, self._directory = cluster, clock, directory
        self._known: dict[str, Json] = {}
        self._space = "default"
        self.story = Story()
        self.api = MemoryApi(cluster.writer, clock)
        cluster.store.heard.append(self._heard)

    async def run(self, play: Play) -> Story:
        """Do what was done in a recording, and return what happened."""
        register(self.api, NODES)
        for hired in staff(NODES):
            actor = hired(self.api)
            if isinstance(actor, Kubelet):
                actor.images |= set(play.images)
                for image in play.absent:
                    why = Refusal(*refusals(image)["absent"])
                    actor.fares.images[image] = Fare(refusal=why)
        for node in NODES[1:]:
            await self._do(Step(0, f"taint node {node} hollow=true:NoSchedule"))
        self._space = play.space
        await self._do(Step(0, f"create namespace {play.space}"))
        self._wait(5)
        others = Others(self._cluster)
        if play.replayed:
            others.seed(play.name)
            self._wait(2 * _QUIET)
        for step in play.before:
            await self._do(step)
            self._wait(_QUIET)
        begun = datetime.fromisoformat(play.begun).timestamp()
        self._clock.run(self._clock.now + _QUIET + (begun - self._clock.now) % 60)
        self._begin()
        start = self._clock.now
        for given in inputs(play.name) if play.replayed else ():
            self._clock.run(start + given.at)
            others.do(given, self.story)
        self.story.refused = others.refused
        for step in play.steps:
            self._clock.run(start + step.at)
            await self._do(step)
        self._clock.run(start + play.seconds)
        return self.story

    def _begin(self) -> None:
        """Forget what happened, but for what exists."""
        before, self.story = self.story, Story()
        for uid in self._known:
            thing = before.things[uid]
            thing.existing = True
            self.story.things[uid] = thing

    def _wait(self, seconds: float) -> None:
        self._clock.run(self._clock.now + seconds)

    async def _do(self, step: Step) -> None:
        command = shlex.split(self._named(step.command))
        config = self._directory / "kubeconfig"
        process = await asyncio.create_subprocess_exec(
            program("kubectl"), "--kubeconfig", str(config), "-n", self._space, *command,
            stdin=PIPE, stdout=PIPE, stderr=PIPE,
            env={**os.environ, "KUBECACHEDIR": str(self._directory / "cache")},
        )  # fmt: skip
        out, errors = await process.communicate(written(step.manifest))
        if process.returncode:
            raise RuntimeError(f"{step.command}: {(out + errors).decode()}")

    def _named(self, command: str) -> str:
        for kind in ("Pod", "ReplicaSet"):
            every = [each for each in self.story.things.values() if each.kind == kind]
            there = [each.name for each in every if each.uid in self._known]
            command = command.replace(f"{{{kind}}}", f"{kind} {there[0]}" if there else "")
        return command

    def _heard(self, served: ResourceType, change: StoredChange) -> None:
        thing = {"kind": served.kind, **change.after.content()}
        if served.kind == "Event":
            if change.type != "DELETED":
                self.story.told.append(told(thing))
            return
        uid = thing["metadata"]["uid"]
        self.story.meets(served.kind, thing)
        before = self._known.get(uid)
        if change.type == "DELETED":
            self._known.pop(uid, None)
            changed = frozenset({"gone"})
        else:
            self._known[uid] = thing
            changed = changes(before, thing)
        if served.kind in _BEATS:
            return
        by = self._cluster.writer.request
        actor = by.actor or "client"
        write = Write(
            uid, actor, by.verb, by.subresource, changed, self._clock.now, len(self.story.writes)
        )
        self.story.writes.append(write)


async def story(play: Play, seed: int = 0) -> Story:
    """Return what happens in a new practice cluster when a recording's commands are typed."""
    clock = VirtualClock(seed, play.lag)
    with tempfile.TemporaryDirectory() as directory:
        cluster = PracticeCluster(writable=True, tls=True, now=lambda: clock.now)
        cluster.writer.chance = Random(seed)
        async with cluster:
            write_kubeconfig(cluster.kubeconfig(_ADMIN), Path(directory) / "kubeconfig")
            return await Simulated(cluster, clock, Path(directory)).run(play)
