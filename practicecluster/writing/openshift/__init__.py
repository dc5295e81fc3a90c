"""What OpenShift's own API server adds to Kubernetes': DeploymentConfigs, and what they take.

A real one is an API server of its own that Kubernetes' hands requests on to. Here it is one server.
"""
