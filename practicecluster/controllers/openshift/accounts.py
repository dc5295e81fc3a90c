"""The accounts that OpenShift makes in each namespace: here that of deployers, as nothing is built.

Source: https://github.com/openshift/openshift-controller-manager/blob/master/pkg/serviceaccounts/controllers
"""

from practicecluster.controllers.accounts import Accounts
from practicecluster.controllers.actors import leaving
from practicecluster.controllers.api import Api
from practicecluster.controllers.clock import Work
from practicecluster.controllers.openshift import rollouts


class DeployerAccounts(Accounts):
    """Makes the account `deployer` wherever it is missing."""

    def __init__(self, server: Api) -> None:
        super().__init__(server, rollouts.infra("serviceaccount-controller"))

    def reconcile(self, key: str) -> Work:
        """One look at one namespace."""
        space = self.known("Namespace", key)
        if space is None or leaving(space):
            return
        name = space["metadata"]["name"]
        yield self.clock.between(0.001, 0.01)
        if self.server.find("ServiceAccount", name, "deployer") is None:
            metadata = {"name": "deployer", "namespace": name}
            made = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": metadata}
            self.server.create(self.who, made)
