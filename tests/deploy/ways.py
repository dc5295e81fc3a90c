"""Follows the ways through an installation: from outside to a port, from a mount to a volume."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.deploy.parts import PROBES, Manifest, environment, of, pod, the

_FILES = re.compile(r"--[a-z-]+-(?:file|cert|key)[= ](\S+)")
"""Arguments that name a file."""


def unreachable(manifests: list[Manifest]) -> Iterator[str]:
    """Selectors that select nothing, and ports that nobody serves."""
    template = the("Deployment", manifests)["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    served = {port["name"] for each in pod(manifests)["containers"] for port in each["ports"]}
    service, policies = the("Service", manifests), of("NetworkPolicy", manifests)
    if not service["spec"]["selector"].items() <= labels:
        yield "the Service selects nothing"
    used = {port["targetPort"] for port in service["spec"]["ports"]}
    for policy in policies:
        if not policy["spec"]["podSelector"]["matchLabels"].items() <= labels:
            yield "the NetworkPolicy selects nothing"
        rules = policy["spec"].get("ingress", ())
        used |= {port["port"] for rule in rules for port in rule["ports"]}
    for container in pod(manifests)["containers"]:
        used |= {container[probe]["httpGet"]["port"] for probe in PROBES if probe in container}
    yield from (f"nobody serves the port {port}" for port in used - served)


def led_astray(manifests: list[Manifest]) -> Iterator[str]:
    """Ways from outside that end at no port of the Service, or come by a name that is not known."""
    service = the("Service", manifests)
    ports = service["spec"]["ports"]
    known = {(service["metadata"]["name"], each[by]) for each in ports for by in ("name", "port")}
    hosts = environment(manifests).get("BATON_ALLOWED_HOSTS", "").split(",")
    for kind, name, port, host in _ways(manifests):
        if (name, port) not in known:
            yield f"the {kind} leads to {port} of {name}"
        if host and host not in hosts:
            yield f"Baton does not know itself by {host}, and the {kind} does"


def _ways(manifests: list[Manifest]) -> Iterator[tuple[str, str, str | int, str]]:
    """Each way from outside: its kind, the Service and port it leads to, and the host asked for."""
    for ingress in of("Ingress", manifests):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                yield "Ingress", backend["name"], backend["port"]["name"], rule["host"]
    for route in of("Route", manifests):
        spec = route["spec"]
        yield "Route", spec["to"]["name"], spec["port"]["targetPort"], spec.get("host", "")
    for way in of("HTTPRoute", manifests):
        for backend in (each for rule in way["spec"]["rules"] for each in rule["backendRefs"]):
            for host in way["spec"]["hostnames"]:
                yield "HTTPRoute", backend["name"], backend["port"], host


def unmounted(spec: Manifest) -> Iterator[str]:
    """Volumes and mounts that do not match, and settings that name a file which is not there."""
    volumes = {volume["name"] for volume in spec["volumes"]}
    mounts = [mount for each in spec["containers"] for mount in each.get("volumeMounts", ())]
    used = {mount["name"] for mount in mounts}
    yield from (f"no volume {name}" for name in used - volumes)
    yield from (f"volume {name} is not used" for name in volumes - used)
    for volume in spec["volumes"]:
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"volume {volume['name']} is unbounded"
    for container in spec["containers"]:
        places = [PurePosixPath(mount["mountPath"]) for mount in container.get("volumeMounts", ())]
        said = [e.get("value", "") for e in container.get("env", ()) if _names_a_file(e["name"])]
        said += _FILES.findall(" ".join(container["args"]))
        for file in (PurePosixPath(each) for each in said if each.startswith("/")):
            if not any(file.is_relative_to(place) for place in places):
                yield f"{container['name']} names {file}, where nothing is mounted"


def _names_a_file(setting: str) -> bool:
    return setting in {"BATON_DATA", "BATON_KINDS", "BATON_HEALTH"} or setting.endswith("_FILE")
