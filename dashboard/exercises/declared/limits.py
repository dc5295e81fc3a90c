"""Exercises in which something stands in the way: a quota, a budget, a node that is gone."""

from dashboard.exercises.exercise import Exercise, Expected, Sign, Task

_REPLICASETS = "replicaset-controller"

_QUOTA = Exercise(
    slug="quota",
    title="Fill a quota",
    teaches="The API server refuses, and a controller keeps asking.",
    idea="A ResourceQuota bounds what a namespace may hold. The API server refuses what would "
    "exceed it, whoever asks: also the ReplicaSet controller. That writes down that it failed, "
    "and tries again later, so that a larger quota is noticed.",
    tasks=(
        Task(
            title="Allow two Pods",
            command="kubectl create namespace shop\nkubectl create quota few -n shop --hard=pods=2",
            look="A controller of its own counts what is used and writes it into the status.",
            hint="kubectl describe quota few -n shop shows used and hard side by side.",
            expected=(
                Expected(
                    "a client creates the ResourceQuota",
                    Sign(kind="ResourceQuota", name="few", actor="client", verb="create"),
                ),
                Expected(
                    "the quota controller counts what is used",
                    Sign(kind="ResourceQuota", name="few", changed="status.used"),
                ),
            ),
        ),
        Task(
            title="Ask for three",
            command="kubectl create deployment web -n shop --image=nginx --replicas=3",
            look="Two Pods run, and the third does not exist at all: look for it with kubectl get "
            "pods -n shop. Baton says who was refused, and quotes the refusal.",
            hint="The reason stands where nobody looks: in a condition of the Deployment.",
            expected=(
                Expected(
                    "a client creates the Deployment",
                    Sign(
                        kind="Deployment",
                        name="web",
                        namespace="shop",
                        actor="client",
                        verb="create",
                    ),
                ),
                Expected(
                    "the ReplicaSet controller makes the Pods that fit",
                    Sign(
                        kind="Pod", name="web-", namespace="shop", actor=_REPLICASETS, verb="create"
                    ),
                ),
                Expected(
                    "and reports that the next was refused",
                    Sign(
                        kind="ReplicaSet",
                        name="web-",
                        namespace="shop",
                        actor=_REPLICASETS,
                        changed="status.conditions[ReplicaFailure]",
                        after="exceeded quota",
                    ),
                ),
            ),
        ),
        Task(
            title="Allow more",
            command="kubectl create quota few -n shop --hard=pods=4 --dry-run=client -o yaml | "
            "kubectl apply -f -",
            look="Nobody tells the ReplicaSet controller. It tries again after a pause that grows "
            "with each refusal; Baton shows how long that took.",
            hint="kubectl edit quota few -n shop does it too. A warning about a missing "
            "annotation does no harm.",
            expected=(
                Expected(
                    "a client changes what is allowed",
                    Sign(kind="ResourceQuota", name="few", actor="client", changed="spec.hard"),
                ),
                Expected(
                    "the ReplicaSet controller makes the third Pod",
                    Sign(
                        kind="Pod", name="web-", namespace="shop", actor=_REPLICASETS, verb="create"
                    ),
                ),
            ),
        ),
    ),
    cleanup="kubectl delete namespace shop",
)

_DRAIN = Exercise(
    slug="drain",
    title="Drain a node against a budget",
    teaches="An eviction asks for leave; a PodDisruptionBudget may refuse it.",
    idea="To drain a node is to close it for new Pods and to evict those that it has. An eviction "
    "is a polite deletion: the API server refuses it where a PodDisruptionBudget says that too "
    "few Pods would be left. kubectl then asks again, for as long as you let it.",
    tasks=(
        Task(
            title="Run three replicas that must all stay",
            command="kubectl create deployment api --image=nginx --replicas=3\n"
            "kubectl create pdb api --selector=app=api --min-available=3\n"
            "kubectl rollout status deployment/api",
            look="The disruption controller counts healthy Pods and writes how many may go: none.",
            hint="kubectl get pdb shows it as ALLOWED DISRUPTIONS.",
            expected=(
                Expected(
                    "a client creates the budget",
                    Sign(kind="PodDisruptionBudget", name="api", actor="client", verb="create"),
                ),
                Expected(
                    "the disruption controller counts three healthy Pods",
                    Sign(
                        kind="PodDisruptionBudget",
                        name="api",
                        actor="disruption-controller",
                        changed="status.currentHealthy",
                        after="3",
                    ),
                ),
            ),
        ),
        Task(
            title="Try to drain a node that has one of them",
            command="NODE=$(kubectl get pods -l app=api -o jsonpath='{.items[0].spec.nodeName}')\n"
            'kubectl drain "$NODE" --ignore-daemonsets --timeout=15s',
            look="The node is closed, and its Pods of api stay. The refusals themselves are "
            "requests, which no watch shows: only an audit log has them, as practice does that is "
            "started with --audit (make practice RUN=--audit).",
            hint="The error names the budget. It is meant to fail: go on.",
            expected=(
                Expected(
                    "a client closes the node for new Pods",
                    Sign(
                        kind="Node",
                        name="node-",
                        actor="client",
                        changed="spec.unschedulable",
                        after="true",
                    ),
                ),
                Expected(
                    "the node life cycle controller taints it",
                    Sign(
                        kind="Node",
                        name="node-",
                        actor="node-lifecycle-controller",
                        changed="spec.taints[node.kubernetes.io/unschedulable]",
                        after="NoSchedule",
                    ),
                ),
            ),
        ),
        Task(
            title="Make room in the budget, and drain",
            command="kubectl scale deployment api --replicas=5\n"
            "kubectl rollout status deployment/api\n"
            'kubectl drain "$NODE" --ignore-daemonsets',
            look="With five healthy and three required, two may go at once. Each evicted Pod has "
            "a trace of its own: who evicted it, and what replaced it.",
            hint="In a new terminal NODE is not set: kubectl get nodes shows which is "
            "SchedulingDisabled.",
            expected=(
                Expected(
                    "a client evicts a Pod of api",
                    Sign(kind="Pod", name="api-", actor="client", verb="evict"),
                ),
                Expected(
                    "the ReplicaSet controller makes another",
                    Sign(kind="Pod", name="api-", actor=_REPLICASETS, verb="create"),
                ),
            ),
        ),
        Task(
            title="Open the node again",
            command='kubectl uncordon "$NODE"',
            look="Pods do not move back: nothing moves a Pod that runs.",
            hint="kubectl get nodes shows which node is SchedulingDisabled.",
            expected=(
                Expected(
                    "a client opens the node",
                    Sign(
                        kind="Node",
                        name="node-",
                        actor="client",
                        changed="spec.unschedulable",
                        before="true",
                    ),
                ),
            ),
        ),
    ),
    cleanup="kubectl delete deployment/api pdb/api",
)

_TOLERATES = """kubectl create deployment depot --image=nginx --replicas=3
kubectl patch deployment depot -p '{"spec": {"template": {"spec": {"tolerations": [
  {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
   "tolerationSeconds": 10}]}}}}'
kubectl rollout status deployment/depot"""

_NODE = Exercise(
    slug="node",
    title="Lose a node",
    teaches="Nobody tells that a node is lost: it is taken for lost when it falls silent.",
    idea="A kubelet renews its node's Lease every ten seconds. When that stops, the node life "
    "cycle controller waits a while, says that the node's state is unknown, and taints it. Pods "
    "may tolerate that taint for five minutes; then they are deleted, and made anew elsewhere. Old "
    "ones stay Terminating until their kubelet says that they have ended, which it can't.",
    tasks=(
        Task(
            title="Run Pods that do not tolerate it for long",
            command=_TOLERATES,
            look="Ten seconds in place of the 300 that the API server would write in.",
            hint="kubectl get pods -l app=depot -o yaml shows the tolerations of each Pod.",
            expected=(
                Expected(
                    "a client creates the Deployment",
                    Sign(kind="Deployment", name="depot", actor="client", verb="create"),
                ),
                Expected(
                    "the Deployment controller has rolled it out",
                    Sign(
                        kind="Deployment",
                        name="depot",
                        actor="deployment-controller",
                        changed="status.conditions[Progressing]",
                        after="NewReplicaSetAvailable",
                    ),
                ),
            ),
        ),
        Task(
            title="Pull the plug of a node that has one",
            command="NODE=$(kubectl get pods -l app=depot "
            "-o jsonpath='{.items[0].spec.nodeName}')\n"
            'kubectl annotate node "$NODE" practicecluster/lost=true',
            look="For some 50 seconds nothing happens, as in a real cluster. Then one controller "
            "after the other finds out.",
            hint="The annotation is the simulator's: of a real node you would pull the real plug.",
            expected=(
                Expected(
                    "a client says that the node is lost",
                    Sign(
                        kind="Node",
                        name="node-",
                        actor="client",
                        changed="metadata.annotations.practicecluster/lost",
                    ),
                ),
                Expected(
                    "the node life cycle controller no longer knows how it stands",
                    Sign(
                        kind="Node",
                        name="node-",
                        actor="node-lifecycle-controller",
                        changed="status.conditions[Ready]",
                        after="Unknown",
                    ),
                ),
                Expected(
                    "and taints it",
                    Sign(
                        kind="Node",
                        name="node-",
                        actor="node-lifecycle-controller",
                        changed="spec.taints[node.kubernetes.io/unreachable",
                    ),
                ),
                Expected(
                    "the taint eviction controller deletes the Pod",
                    Sign(
                        kind="Pod",
                        name="depot-",
                        actor="taint-eviction-controller",
                        verb="delete",
                    ),
                ),
                Expected(
                    "the ReplicaSet controller makes another",
                    Sign(kind="Pod", name="depot-", actor=_REPLICASETS, verb="create"),
                ),
            ),
        ),
        Task(
            title="Put the plug back",
            command='kubectl annotate node "$NODE" practicecluster/lost-',
            look="Until now the old Pod was Terminating. Its kubelet reports that it has ended, "
            "and lets it go.",
            hint="In a new terminal NODE is not set: kubectl get nodes shows which is NotReady.",
            expected=(
                Expected(
                    "the kubelet reports that the node is ready",
                    Sign(
                        kind="Node",
                        name="node-",
                        actor="kubelet",
                        changed="status.conditions[Ready]",
                        after="True",
                    ),
                ),
                Expected(
                    "and lets the old Pod go",
                    Sign(kind="Pod", name="depot-", actor="kubelet", verb="delete"),
                ),
            ),
        ),
    ),
    cleanup="kubectl delete deployment depot",
)

EXERCISES = (_QUOTA, _DRAIN, _NODE)
