"""What `kubectl get` prints of the further types is what a real API server sends for it."""

from typing import Any

import pytest

from practicecluster.printers import PRINTERS

NOW = 1_800_000_000.0
BORN = "2027-01-15T07:58:30Z"
ENDED = "2027-01-15T07:58:42Z"
POD: dict[str, Any] = {"template": {"spec": {"containers": []}}}
DONE = {"type": "Complete", "status": "True"}
PORTS = [{"port": 80}, {"port": 53, "protocol": "UDP", "nodePort": 30053}]


@pytest.mark.parametrize(
    ("type_", "spec", "status", "expected"),
    [
        ("statefulsets.apps", {"replicas": 3}, {"readyReplicas": 1}, {"Ready": "1/3"}),
        (
            "daemonsets.apps",
            POD,
            {"desiredNumberScheduled": 3, "numberReady": 2},
            {"Desired": 3, "Current": 0, "Ready": 2, "Node Selector": "<none>"},
        ),
        (
            "jobs.batch",
            {"completions": 2, "parallelism": 2},
            {"succeeded": 2, "startTime": BORN, "completionTime": ENDED, "conditions": [DONE]},
            {"Status": "Complete", "Completions": "2/2", "Duration": "12s"},
        ),
        (
            "jobs.batch",
            {"parallelism": 3},
            {"startTime": BORN},
            {"Status": "Running", "Completions": "0/1 of 3", "Duration": "90s"},
        ),
        ("jobs.batch", {"completions": 1}, {}, {"Completions": "0/1", "Duration": ""}),
        (
            "cronjobs.batch",
            {"schedule": "*/5 * * * *", "suspend": True},
            {"active": [{}], "lastScheduleTime": BORN},
            {"Suspend": "True", "Active": 1, "Last Schedule": "90s", "Timezone": "<none>"},
        ),
        (
            "services",
            {"clusterIP": "10.0.0.1", "ports": PORTS, "selector": {"b": "2", "a": "1"}},
            {},
            {
                "Type": "ClusterIP",
                "External-IP": "<none>",
                "Port(s)": "80/TCP,53:30053/UDP",
                "Selector": "a=1,b=2",
            },
        ),
        (
            "resourcequotas",
            {},
            {"hard": {"pods": "2", "limits.cpu": "4"}, "used": {"pods": "1"}},
            {"Request": "pods: 1/2", "Limit": "limits.cpu: 0/4"},
        ),
        (
            "poddisruptionbudgets.policy",
            {"minAvailable": 3},
            {"disruptionsAllowed": 0},
            {"Min Available": "3", "Max Unavailable": "N/A", "Allowed Disruptions": 0},
        ),
    ],
)
def test_its_columns_say_how_it_stands(
    type_: str, spec: dict[str, Any], status: dict[str, Any], expected: dict[str, Any]
) -> None:
    metadata = {"name": "one", "creationTimestamp": BORN}
    printer = PRINTERS[type_]
    cells = printer.cells({"metadata": metadata, "spec": spec, "status": status}, NOW)
    found = dict(zip((column.name for column in printer.columns), cells, strict=True))
    assert found.items() >= (expected | {"Name": "one", "Age": "90s"}).items()
