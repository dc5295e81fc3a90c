"""Exercises with one Deployment: create, scale, break, kill, roll out and back."""

from dashboard.exercises.exercise import Exercise, Expected, Sign, Task

_DEPLOYMENTS, _REPLICASETS = "deployment-controller", "replicaset-controller"


def _available(count: int) -> Expected:
    """All replicas of nginx are available."""
    return Expected(
        f"the Deployment controller counts {count} available Pods",
        Sign(
            kind="Deployment",
            name="nginx",
            actor=_DEPLOYMENTS,
            changed="status.availableReplicas",
            after=str(count),
        ),
    )


def _scaled(count: int) -> Expected:
    """A client asks for so many replicas of nginx."""
    return Expected(
        f"a client changes spec.replicas to {count}",
        Sign(
            kind="Deployment",
            name="nginx",
            actor="client",
            changed="spec.replicas",
            after=str(count),
        ),
    )


_ROLLED_OUT = Expected(
    "the Deployment controller has rolled it out",
    Sign(
        kind="Deployment",
        name="nginx",
        actor=_DEPLOYMENTS,
        changed="status.conditions[Progressing]",
        after="NewReplicaSetAvailable",
    ),
)
_POD_MADE = Sign(kind="Pod", name="nginx-", actor=_REPLICASETS, verb="create")
_BOUND = Sign(kind="Pod", name="nginx-", actor="scheduler", verb="bind")
_RUNS = Sign(kind="Pod", name="nginx-", actor="kubelet", changed="status.phase", after='"Running"')


def _image(words: str, *, before: str = "", after: str = "") -> Expected:
    """The image of nginx is changed by a client."""
    sign = Sign(
        kind="Deployment",
        name="nginx",
        actor="client",
        changed="spec.template.spec.containers[nginx].image",
        before=before,
        after=after,
    )
    return Expected(words, sign)


_CREATE = Exercise(
    slug="create",
    title="Create a Deployment",
    teaches="One request, and four components that answer it without ever calling each other.",
    idea="You write down what should be so: three replicas of nginx. That is all that kubectl "
    "does. The Deployment controller sees it and makes a ReplicaSet; the ReplicaSet controller "
    "sees that and makes Pods; the scheduler gives each a node; the kubelet there starts it.",
    tasks=(
        Task(
            title="Ask for three replicas",
            command="kubectl create deployment nginx --image=bitnami/nginx:latest --replicas=3",
            look="Each line turns as who it names acts. The Now page has the same as one "
            "row; open it to see who answered whom.",
            hint="The command prints “deployment.apps/nginx created”. If it says that it exists, "
            "take it away first: kubectl delete deployment nginx",
            expected=(
                Expected(
                    "a client creates the Deployment",
                    Sign(kind="Deployment", name="nginx", actor="client", verb="create"),
                ),
                Expected(
                    "the Deployment controller makes a ReplicaSet",
                    Sign(kind="ReplicaSet", name="nginx-", actor=_DEPLOYMENTS, verb="create"),
                ),
                Expected("the ReplicaSet controller makes Pods", _POD_MADE),
                Expected("the scheduler gives a Pod a node", _BOUND),
                Expected("a kubelet starts a container", _RUNS),
            ),
        ),
        Task(
            title="Wait until it is available",
            command="kubectl rollout status deployment/nginx",
            look="The command only reads. What ends it are numbers that the Deployment controller "
            "writes into the status: all replicas up to date, and all available.",
            hint="It takes a few seconds. kubectl get pods shows how far each Pod is.",
            expected=(_available(3),),
        ),
    ),
)

_SCALE = Exercise(
    slug="scale",
    title="Scale up and down",
    teaches="A controller compares a number with a count, and acts on the difference.",
    idea="Scaling changes one number: spec.replicas. The Deployment controller hands it on to the "
    "ReplicaSet. The ReplicaSet controller counts its Pods, and makes or deletes as many as are "
    "missing or too many.",
    needs="It goes on with Deployment nginx of exercise 1.",
    tasks=(
        Task(
            title="Ask for five",
            command="kubectl scale deployment nginx --replicas=5",
            look="Only the two that are missing are made: desired 5, current 3, so 2.",
            hint="If it already has five replicas, scale to another number first.",
            expected=(
                _scaled(5),
                Expected("the ReplicaSet controller makes Pods", _POD_MADE),
                _available(5),
            ),
        ),
        Task(
            title="Ask for two",
            command="kubectl scale deployment nginx --replicas=2",
            look="Open a deleted Pod in Baton: its kubelet first stops the containers, and the "
            "Pod is gone only after that.",
            hint="kubectl get pods --watch shows them leave one by one; end it with Ctrl-C.",
            expected=(
                _scaled(2),
                Expected(
                    "the ReplicaSet controller deletes Pods",
                    Sign(kind="Pod", name="nginx-", actor=_REPLICASETS, verb="delete"),
                ),
                Expected(
                    "a kubelet stops one and lets it go",
                    Sign(kind="Pod", name="nginx-", actor="kubelet", verb="delete"),
                ),
            ),
        ),
    ),
)

_BREAK = Exercise(
    slug="break",
    title="Break an image, and mend it",
    teaches="A rollout that stands still waits for somebody: find out for whom, and why.",
    idea="An image that nobody has can't be pulled. The kubelet tries, and tries again after ever "
    "longer pauses. The Deployment controller keeps enough old Pods until new ones are ready, so "
    "what ran goes on running. That is how it stays until somebody names an image that there is.",
    needs="It goes on with Deployment nginx of exercise 1.",
    tasks=(
        Task(
            title="Roll out an image that does not exist",
            command="kubectl set image deployment/nginx nginx=bad/nginx:1.27",
            look="On Now the trace turns to “stalled”. Its row says who holds the baton, what is "
            "wrong, and by which evidence.",
            hint="In the simulator every image whose name begins with bad/ is missing. The kubelet "
            "tries again after ever longer pauses: ImagePullBackOff.",
            expected=(
                _image("a client changes the image", after="bad/nginx"),
                Expected("the ReplicaSet controller makes a new Pod", _POD_MADE),
                Expected(
                    "the kubelet can't pull the image",
                    Sign(
                        kind="Pod",
                        name="nginx-",
                        actor="kubelet",
                        changed="status.containerStatuses[nginx].state.waiting.reason",
                        after="ErrImagePull",
                    ),
                ),
            ),
        ),
        Task(
            title="Name one that exists",
            command="kubectl set image deployment/nginx nginx=bitnami/nginx:1.28",
            look="The stalled trace is now “superseded”: a newer change overtook it. The new one "
            "runs through.",
            hint="kubectl rollout status deployment/nginx says when it is done.",
            expected=(
                _image("a client changes the image again", before="bad/nginx"),
                Expected("a kubelet starts the new container", _RUNS),
                _ROLLED_OUT,
            ),
        ),
    ),
)

_KILL = Exercise(
    slug="kill",
    title="Kill a Pod",
    teaches="A Pod is replaced, not repaired: by the controller that misses it.",
    idea="The ReplicaSet wants a number of Pods, whichever they are. When one is deleted, the "
    "count no longer agrees, and its controller makes another, with a new name, perhaps on "
    "another node.",
    needs="It goes on with Deployment nginx of exercise 1.",
    tasks=(
        Task(
            title="Delete one of its Pods",
            command='kubectl delete "$(kubectl get pods -l app=nginx -o name | head -n 1)"',
            look="The new Pod is made at once, while the old one still has its 30 seconds to "
            "stop. Baton's trace of the deletion ends when the ReplicaSet is whole again.",
            hint="Or take a name from kubectl get pods, and kubectl delete pod NAME.",
            expected=(
                Expected(
                    "a client deletes a Pod",
                    Sign(kind="Pod", name="nginx-", actor="client", verb="delete"),
                ),
                Expected("the ReplicaSet controller makes another", _POD_MADE),
                Expected("the scheduler gives it a node", _BOUND),
                Expected("a kubelet starts it", _RUNS),
            ),
        ),
    ),
)

_ROLL = Exercise(
    slug="roll",
    title="Roll out, and roll back",
    teaches="Each version has a ReplicaSet of its own; to roll back is to scale the old one up.",
    idea="A new image means a new Pod template, and so a new ReplicaSet. The Deployment controller "
    "scales it up and the old one down, a few Pods at a time. The old one stays, with no Pods: "
    "kubectl rollout undo puts its template back.",
    needs="It goes on with Deployment nginx of exercise 1.",
    tasks=(
        Task(
            title="Roll out a new image",
            command="kubectl set image deployment/nginx nginx=bitnami/nginx:1.29",
            look="Open the trace: both ReplicaSets move, in turns, never with too few Pods.",
            hint="If it says that nothing changed, the Deployment already has this image.",
            expected=(
                _image("a client changes the image", after="nginx:1.29"),
                Expected("a new ReplicaSet makes Pods", _POD_MADE),
                Expected(
                    "the old ReplicaSet deletes some",
                    Sign(kind="Pod", name="nginx-", actor=_REPLICASETS, verb="delete"),
                ),
                _ROLLED_OUT,
            ),
        ),
        Task(
            title="Look at its history, and go back",
            command="kubectl rollout history deployment/nginx\n"
            "kubectl rollout undo deployment/nginx",
            look="Baton names the revision that it went back to. No new ReplicaSet is made.",
            hint="Between the two commands, wait until the rollout is through.",
            expected=(
                _image("a client puts the template back", before="nginx:1.29"),
                Expected(
                    "the Deployment controller gives the old ReplicaSet a new revision",
                    Sign(
                        kind="Deployment",
                        name="nginx",
                        actor=_DEPLOYMENTS,
                        changed="metadata.annotations.deployment.kubernetes.io/revision",
                    ),
                ),
                Expected("a kubelet starts the old image again", _RUNS),
            ),
        ),
    ),
)

EXERCISES = (_CREATE, _SCALE, _BREAK, _KILL, _ROLL)
