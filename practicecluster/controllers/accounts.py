"""The service account controller, and the publisher of the cluster's CA, for each namespace.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/serviceaccount/serviceaccounts_controller.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/certificates/rootcacertpublisher/publisher.go
"""

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import Who, kcm

_CA = {"ca.crt": "the certificate of the practice cluster is in its kubeconfig\n"}


class Accounts(Actor):
    """Makes the account `default` wherever it is missing, and the ConfigMap beside it."""

    watches = ("Namespace", "ServiceAccount")

    def __init__(self, server: Api, who: Who | None = None) -> None:
        own = kcm("serviceaccount-controller", "service-account-controller")
        super().__init__(server, who or own)
        self._publisher = kcm("root-ca-cert-publisher")

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A namespace, or the account of one that went."""
        if kind == "Namespace":
            self.enqueue(thing["metadata"]["uid"])
        elif type_ == "DELETED":
            for space in self.cached("Namespace"):
                if space["metadata"]["name"] == thing["metadata"]["namespace"]:
                    self.enqueue(space["metadata"]["uid"])

    def reconcile(self, key: str) -> Work:
        """One look at one namespace."""
        space = self.known("Namespace", key)
        if space is None or leaving(space):
            return
        name = space["metadata"]["name"]
        yield self.clock.between(0.001, 0.01)
        if self.server.find("ServiceAccount", name, "default") is None:
            metadata = {"name": "default", "namespace": name}
            made = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": metadata}
            self.server.create(self.who, made)
        if self.server.find("ConfigMap", name, "kube-root-ca.crt") is None:
            metadata = {"name": "kube-root-ca.crt", "namespace": name}
            published = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": _CA}
            self.server.create(self._publisher, published)
