"""A cluster in which objects are written together with the audit records of the requests."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from practicecluster.cluster import PracticeCluster
from tests.following.logs import Written, request

KUBECTL = "kubectl/v1.36.2 (linux/amd64) kubernetes/8e16b12"


class Audited:
    """Deployments without replicas, as clients ask for them; `log` tells of each request."""

    def __init__(self, cluster: PracticeCluster, log: Written) -> None:
        self._store = cluster.store
        self._log = log

    def create(self, name: str, user: str, *, logged: bool = True) -> bytes:
        """Create one; returns the line of the log, and writes it there if it is to be `logged`."""
        now = time.time()
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entry = {
            "manager": "kubectl-create",
            "operation": "Update",
            "apiVersion": "apps/v1",
            "time": stamp,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
        }
        metadata = {
            "name": name,
            "namespace": "shop",
            "uid": str(uuid4()),
            "generation": 1,
            "creationTimestamp": stamp,
            "managedFields": [entry],
        }
        content: dict[str, Any] = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": 0, "selector": {}, "template": {"metadata": {}, "spec": {}}},
        }
        served = self._store.types.find("apps/v1/deployments")
        assert served is not None
        self._store.put(served, content)
        line = self._line(name, user, now, 201)
        if logged:
            self._log.append(line)
        return line

    def refuse(self, name: str, user: str) -> None:
        """Refuse a creation, as a webhook does."""
        message = 'admission webhook "policy.example.com" denied the request: no latest tags'
        self._log.append(
            self._line(name, user, time.time(), 403, reason="Forbidden", message=message)
        )

    def _line(self, name: str, user: str, at: float, code: int, **status: str) -> bytes:
        return request(
            at,
            auditID=str(uuid4()),
            verb="create",
            user={"username": user, "groups": ["secret-group"]},
            userAgent=KUBECTL,
            requestURI="/apis/apps/v1/namespaces/shop/deployments?fieldManager=kubectl-create",
            objectRef={
                "resource": "deployments",
                "namespace": "shop",
                "name": name,
                "apiGroup": "apps",
                "apiVersion": "v1",
            },
            requestObject={"spec": {"password": "hunter2"}},
            responseStatus={"code": code} | status,
        )
