"""OpenShift's older way to roll out: DeploymentConfigs, and the Pods that do the work for them.

Written from https://github.com/openshift/openshift-controller-manager (pkg/apps), of
https://github.com/openshift/oc (pkg/cli/deployer) the program that those Pods run, and of
https://github.com/openshift/library-go (pkg/apps/appsutil) what both have in common.
"""
