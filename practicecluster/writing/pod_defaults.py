"""What a server fills into a Pod's spec, in a Pod and in the template of a workload.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go
"""

from typing import Any

from practicecluster.stored import JsonObject

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_MODE = 0o644
_WITH_MODE = ("secret", "configMap", "downwardAPI", "projected")


def pod_template(spec: JsonObject) -> None:
    """Fill in the template of a workload's spec, where it has one."""
    template = spec.get("template")
    if isinstance(template, dict):
        template.setdefault("metadata", {})
        template["spec"] = template.get("spec") or {}
        pod_spec(template["spec"])


def pod_spec(spec: JsonObject) -> None:
    """Fill in what Pods and templates have in common."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("schedulerName", "default-scheduler")
    spec["securityContext"] = spec.get("securityContext") or {}
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    elif spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    for volume in spec.get("volumes") or ():
        _volume(volume)
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            _container(container, host_network=bool(spec.get("hostNetwork")))


def _volume(volume: JsonObject) -> None:
    if not [name for name in volume if name != "name"]:
        volume["emptyDir"] = {}
    for kind in _WITH_MODE:
        source = volume.get(kind)
        if isinstance(source, dict):
            source.setdefault("defaultMode", _MODE)
    if isinstance(volume.get("hostPath"), dict):
        volume["hostPath"].setdefault("type", "")
    for source in (volume.get("projected") or {}).get("sources") or ():
        if isinstance(source.get("serviceAccountToken"), dict):
            source["serviceAccountToken"].setdefault("expirationSeconds", 3600)
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            _field(item.get("fieldRef"))
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _field(item.get("fieldRef"))


def _field(reference: Any) -> None:
    if isinstance(reference, dict):
        reference.setdefault("apiVersion", "v1")


def _container(container: JsonObject, *, host_network: bool) -> None:
    image = str(container.get("image") or "")
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = "Always" if image and _latest(image) else "IfNotPresent"
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container["resources"] = container.get("resources") or {}
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if host_network and not port.get("hostPort"):
            port["hostPort"] = port.get("containerPort")
    for variable in container.get("env") or ():
        _field((variable.get("valueFrom") or {}).get("fieldRef"))
    for name in _PROBES:
        if isinstance(container.get(name), dict):
            _probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _get(hook.get("httpGet"))


def _probe(probe: JsonObject) -> None:
    for name, number in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        if not probe.get(name):
            probe[name] = number
    _get(probe.get("httpGet"))
    if isinstance(probe.get("grpc"), dict):
        probe["grpc"].setdefault("service", "")


def _get(request: Any) -> None:
    if isinstance(request, dict):
        request.setdefault("path", "/")
        request.setdefault("scheme", "HTTP")


def _latest(image: str) -> bool:
    """Return whether an image has no digest and the tag `latest`, or none."""
    if "@" in image:
        return False
    _, colon, tag = image.rpartition("/")[2].rpartition(":")
    return not colon or tag == "latest"
