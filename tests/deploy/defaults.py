"""What an API server makes of an object that it is given, as far as deploy/ has such fields.

Defaults are those of Kubernetes' pkg/apis/*/v1/defaults.go: with them what is kept differs from
what was sent, and `kubectl apply` must not mistake that for a change. An empty list is not kept.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Json = dict[str, Any]


def kept(sent: Json) -> Json:
    """Return the object as the server keeps and returns it."""
    made: Json = _without_empty(deepcopy(sent))
    defaults = _OF_KIND.get(made["kind"])
    if defaults is not None:
        defaults(made)
    return made


def _without_empty(value: Any) -> Any:
    """Go leaves out what is marked omitempty: null, and lists without items."""
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items() if v is not None and v != []}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


def _under(values: Json, defaults: Json) -> None:
    for name, default in defaults.items():
        values.setdefault(name, deepcopy(default))


def _deployment(made: Json) -> None:
    _under(made["spec"], {"progressDeadlineSeconds": 600, "revisionHistoryLimit": 10})
    _under(made["spec"], {"replicas": 1, "strategy": {}})
    _under(made["spec"]["strategy"], {"type": "RollingUpdate"})
    if made["spec"]["strategy"]["type"] == "RollingUpdate":
        rolling = made["spec"]["strategy"].setdefault("rollingUpdate", {})
        _under(rolling, {"maxSurge": "25%", "maxUnavailable": "25%"})
    pod = made["spec"]["template"]["spec"]
    _under(pod, {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "securityContext": {}})
    _under(pod, {"schedulerName": "default-scheduler", "terminationGracePeriodSeconds": 30})
    if "serviceAccountName" in pod:
        pod["serviceAccount"] = pod["serviceAccountName"]
    for container in pod["containers"]:
        _container(container)
    for volume in pod.get("volumes", ()):
        for source in ("secret", "configMap"):
            if source in volume:
                _under(volume[source], {"defaultMode": 420})


def _container(container: Json) -> None:
    _under(container, {"imagePullPolicy": "IfNotPresent", "resources": {}})
    _under(container, {"terminationMessagePath": "/dev/termination-log"})
    _under(container, {"terminationMessagePolicy": "File"})
    for port in container.get("ports", ()):
        _under(port, {"protocol": "TCP"})
    for probe in _probes(container):
        _under(probe, {"timeoutSeconds": 1, "periodSeconds": 10})
        _under(probe, {"successThreshold": 1, "failureThreshold": 3})
        _under(probe["httpGet"], {"scheme": "HTTP"})
    for name, most in container["resources"].get("limits", {}).items():
        _under(container["resources"].setdefault("requests", {}), {name: most})
    for entry in container.get("env", ()):
        if "fieldRef" in entry.get("valueFrom", {}):
            _under(entry["valueFrom"]["fieldRef"], {"apiVersion": "v1"})


def _probes(container: Json) -> Iterator[Json]:
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        if name in container:
            yield container[name]


def _service(made: Json) -> None:
    _under(made["spec"], {"type": "ClusterIP", "sessionAffinity": "None"})
    _under(made["spec"], {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]})
    _under(made["spec"], {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
    _under(made["spec"], {"internalTrafficPolicy": "Cluster"})
    for port in made["spec"]["ports"]:
        _under(port, {"protocol": "TCP"})


def _namespace(made: Json) -> None:
    _under(made, {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})
    labels = made["metadata"].setdefault("labels", {})
    _under(labels, {"kubernetes.io/metadata.name": made["metadata"]["name"]})


def _network_policy(made: Json) -> None:
    for rule in made["spec"].get("ingress", ()):
        for port in rule.get("ports", ()):
            _under(port, {"protocol": "TCP"})


def _claim(made: Json) -> None:
    _under(made["spec"], {"volumeMode": "Filesystem", "storageClassName": "standard"})
    made["metadata"].setdefault("finalizers", ["kubernetes.io/pvc-protection"])


def _cluster_role(made: Json) -> None:
    """A controller fills in the rules of an aggregated role, and whatever it had goes."""
    if "aggregationRule" in made:
        made["rules"] = [
            {"apiGroups": ["example.com"], "resources": ["databases"], "verbs": ["get"]}
        ]


def _secret(made: Json) -> None:
    """A controller puts an account's token into a Secret that names it."""
    if made.get("type") == "kubernetes.io/service-account-token":
        made["data"] = {"token": "dG9rZW4="}


_OF_KIND = {
    "Secret": _secret,
    "Deployment": _deployment,
    "Service": _service,
    "Namespace": _namespace,
    "NetworkPolicy": _network_policy,
    "PersistentVolumeClaim": _claim,
    "ClusterRole": _cluster_role,
}
