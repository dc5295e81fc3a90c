"""What kubectl calls the built-in types for short."""

SHORT = {
    "deploy": "deployments",
    "rs": "replicasets",
    "sts": "statefulsets",
    "ds": "daemonsets",
    "cj": "cronjobs",
    "po": "pods",
    "rc": "replicationcontrollers",
    "hpa": "horizontalpodautoscalers",
    "pvc": "persistentvolumeclaims",
    "pv": "persistentvolumes",
    "svc": "services",
    "ing": "ingresses",
    "quota": "resourcequotas",
    "pdb": "poddisruptionbudgets",
    "ns": "namespaces",
    "no": "nodes",
    "crd": "customresourcedefinitions",
    "crds": "customresourcedefinitions",
}
"""The short names of the types that come with Kubernetes, for where no server tells them.

Source: https://kubernetes.io/docs/reference/kubectl/#resource-types
"""
