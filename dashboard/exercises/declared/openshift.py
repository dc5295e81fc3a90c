"""An exercise about OpenShift's older way to roll out, in which a Pod does the work."""

from dashboard.exercises.exercise import Exercise, Expected, Sign, Task

_MANAGER, _DEPLOYER = "openshift-controller-manager", "openshift-deploy"

_CONFIG = """kubectl apply -f - <<'END'
apiVersion: apps.openshift.io/v1
kind: DeploymentConfig
metadata: {name: front}
spec:
  replicas: 1
  selector: {app: front}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers: [{name: front, image: "bitnami/nginx:latest"}]
END"""

_IMAGE = """kubectl patch deploymentconfig front -p '{"spec": {"template": {"spec": {
  "containers": [{"name": "front", "image": "bitnami/nginx:1.27"}]}}}}'"""


def _version(number: int) -> tuple[Expected, Expected]:
    """A version's ReplicationController is made, and the Pod that is to roll it out."""
    name = f"front-{number}"
    return (
        Expected(
            f"its controller makes ReplicationController {name}",
            Sign(kind="ReplicationController", name=name, by=_MANAGER, verb="create"),
        ),
        Expected(
            f"and Pod {name}-deploy, the deployer",
            Sign(kind="Pod", name=f"{name}-deploy", by=_MANAGER, verb="create"),
        ),
    )


def _scaled(words: str, number: int, after: str) -> Expected:
    """The deployer scales a version."""
    sign = Sign(
        kind="ReplicationController",
        name=f"front-{number}",
        by=_DEPLOYER,
        changed="spec.replicas",
        after=after,
    )
    return Expected(words, sign)


_DONE = Expected(
    "its controller reports the rollout as done",
    Sign(
        kind="DeploymentConfig",
        name="front",
        by=_MANAGER,
        changed="status.conditions[Progressing]",
        after="NewReplicationControllerAvailable",
    ),
)

_ROLLOUT = Exercise(
    slug="deploymentconfig",
    title="Roll out by a Pod, as OpenShift did",
    teaches="Who rolls out may be a Pod itself: then that has to be scheduled and started first.",
    idea="A DeploymentConfig is older than the Deployment. Its controller makes a "
    "ReplicationController for each version, and a Pod, the deployer, which scales them through "
    "the API as any client may. Whatever keeps that Pod from running keeps the rollout.",
    tasks=(
        Task(
            title="Create a DeploymentConfig",
            command=_CONFIG,
            look="The new version has no replicas at first: the deployer gives it some, once it "
            "runs. Learn has these lines, too, under OpenShift's DeploymentConfig.",
            hint="If it exists already, take it away first, as below. kubectl get pods shows the "
            "deployer as Completed once it is done.",
            expected=(
                Expected(
                    "a client creates the DeploymentConfig",
                    Sign(kind="DeploymentConfig", name="front", actor="client", verb="create"),
                ),
                *_version(1),
                _scaled("the deployer asks for 1 replica of front-1", 1, "1"),
                Expected(
                    "the ReplicationController controller makes the Pod",
                    Sign(
                        kind="Pod",
                        name="front-1-",
                        actor="replication-controller",
                        verb="create",
                    ),
                ),
                _DONE,
            ),
        ),
        Task(
            title="Give it another image",
            command=_IMAGE,
            look="Another version, another deployer: it scales front-2 up, waits until that is "
            "ready, and scales front-1 down.",
            hint="kubectl get replicationcontrollers --watch shows both; end it with Ctrl-C.",
            expected=(
                Expected(
                    "a client changes the image",
                    Sign(
                        kind="DeploymentConfig",
                        name="front",
                        actor="client",
                        changed="spec.template.spec.containers",
                    ),
                ),
                *_version(2),
                _scaled("the deployer scales front-2 up", 2, "1"),
                _scaled("and front-1 down", 1, "0"),
                _DONE,
            ),
        ),
    ),
    cleanup="kubectl delete deploymentconfig front",
)

EXERCISES = (_ROLLOUT,)
