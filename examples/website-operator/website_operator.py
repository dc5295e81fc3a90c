"""An operator to copy: each Website has a Deployment, and tells how many of its Pods are ready.

    kopf run examples/website-operator/website_operator.py --all-namespaces

It needs kopf and the official Python client: pip install kopf kubernetes
"""

from typing import Any

import kopf
import kubernetes
from kubernetes.client import ApiException, AppsV1Api

GROUP, VERSION, PLURAL = "stable.example.com", "v1", "websites"
LABEL = f"{GROUP}/website"


def deployment(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the Deployment that a Website is to have."""
    labels = {LABEL: name}
    container = {"name": "web", "image": spec.get("image", "nginx:1.27")}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": spec.get("replicas", 1),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


@kopf.on.startup()
def connect(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Read whose cluster it is, as kubectl does, and keep kopf's notes out of the way."""
    kubernetes.config.load_config()
    settings.persistence.finalizer = f"{GROUP}/operator"
    settings.posting.enabled = False


@kopf.on.create(GROUP, VERSION, PLURAL)
@kopf.on.update(GROUP, VERSION, PLURAL, field="spec")
def reconcile(
    name: str, namespace: str, spec: kopf.Spec, patch: kopf.Patch, logger: kopf.Logger, **_: Any
) -> None:
    """Make the Deployment, or change it to what is desired now."""
    wanted = deployment(name, dict(spec))
    kopf.adopt(wanted)  # So that it goes with its Website.
    apps = AppsV1Api()
    try:
        apps.create_namespaced_deployment(namespace, wanted, field_manager="website-operator")
    except ApiException as error:
        if error.reason != "Conflict":
            raise
        apps.patch_namespaced_deployment(
            name, namespace, {"spec": wanted["spec"]}, field_manager="website-operator"
        )
    patch.status["deployment"] = name
    logger.info("The Deployment is as it shall be.")


@kopf.on.event("apps", "v1", "deployments", labels={LABEL: kopf.PRESENT})
def report(name: str, namespace: str, status: kopf.Status, type: str | None, **_: Any) -> None:  # noqa: A002 - kopf names it so.
    """Tell in the Website's status how many of its Pods are ready."""
    if type == "DELETED":
        return
    custom = kubernetes.client.CustomObjectsApi()
    ready = {"status": {"ready": status.get("readyReplicas", 0)}}
    try:
        custom.patch_namespaced_custom_object_status(GROUP, VERSION, namespace, PLURAL, name, ready)
    except ApiException as error:
        if error.reason != "Not Found":  # It is on its way out.
            raise


@kopf.on.delete(GROUP, VERSION, PLURAL)
def leave(logger: kopf.Logger, **_: Any) -> None:
    """Say good-bye; the garbage collector takes the Deployment away."""
    logger.info("The Deployment goes with its owner.")
