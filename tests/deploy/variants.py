"""Installations of the chart, each by its values: every value is in one of them."""

from typing import Any

Values = dict[str, Any]

OIDC = {"issuer": "https://id.example.com", "clientId": "kubernetes"}
PROXY = {"enabled": True, "image": "oauth2-proxy:v7", "secret": "baton-oauth2-proxy", **OIDC}
NETWORK = ["10.128.0.0/14", "fd00::/48"]
INGRESS = {
    "enabled": True,
    "className": "nginx",
    "host": "baton.example.com",
    "tlsSecret": "baton-tls",
    "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "257m"},
}
ROUTE = {"enabled": True, "host": "baton.apps.example.com", "annotations": {"team": "platform"}}
ARGUMENTS = ["--request-logging=true"]
SCRAPED = {"metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]}

SHARED: Values = {
    "database": {"url": {"name": "baton-database", "key": "uri"}},
    "secretKey": {"name": "baton-key", "key": "key"},
}

VARIANTS: dict[str, Values] = {
    "as it is": {},
    "with IPv6 alone": {"listen": "::"},
    "local": {"signIn": {"mode": "local", "insecureAnyoneMayLook": True}},
    "token behind an ingress": {"ingress": INGRESS, "proxyAddresses": NETWORK},
    "oidc behind a gateway": {
        "signIn": {
            "mode": "oidc",
            "oidc": OIDC
            | {
                "scopes": "openid email",
                "clientSecret": {"name": "baton-oidc", "key": "secret"},
                "ca": {"name": "issuer", "key": "ca.pem"},
            },
        },
        "proxyAddresses": NETWORK,
        "httpRoute": {
            "enabled": True,
            "hostnames": ["baton.example.com", "baton.example.org"],
            "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
            "annotations": {"team": "platform"},
        },
        "pathPrefix": "/baton",
    },
    "a proxy of one's own by names": {
        "signIn": {"mode": "proxy", "proxy": {"credential": "names", "signOut": "/leave"}},
        "proxyAddresses": ["10.1.2.3"],
        "hosts": ["baton.internal"],
        "service": {"type": "LoadBalancer", "port": 80, "annotations": {"team": "platform"}},
        "networkPolicy": {"from": [{"ipBlock": {"cidr": "10.1.2.3/32"}}]},
    },
    "oauth2-proxy": {
        "signIn": {"mode": "proxy"},
        "oauth2Proxy": PROXY | {"scopes": "openid", "extraArgs": ARGUMENTS},
        "ingress": INGRESS,
        "pathPrefix": "/tools/baton",
        "listen": "::",
    },
    "oauth2-proxy by names": {
        "signIn": {"mode": "proxy", "proxy": {"credential": "names"}},
        "oauth2Proxy": PROXY,
        "ingress": INGRESS,
    },
    "openshift": {
        "signIn": {"mode": "proxy"},
        "openshift": {
            "route": ROUTE,
            "oauthProxy": {"enabled": True, "secret": "baton-cookie", "extraArgs": ARGUMENTS},
        },
        "history": {"persistence": {"enabled": True, "fsGroup": None}},
    },
    "openshift without its proxy": {"openshift": {"route": ROUTE}, "proxyAddresses": NETWORK},
    "namespaced": {
        "watch": {"namespace": "shop"},
        "rbac": {
            "customResources": {
                "rules": [{"apiGroups": ["example.com"], "resources": ["databases", "backups"]}]
            }
        },
        "clusterName": "eu-1",
        "hstsSeconds": 0,
        "metrics": {"serviceMonitor": {"enabled": True, "secret": "scraper"}},
        "networkPolicy": SCRAPED,
    },
    "persistent": {
        "history": {
            "days": 30,
            "megabytes": 2000000,
            "size": "2000Gi",
            "persistence": {
                "enabled": True,
                "storageClass": "fast",
                "accessMode": "ReadWriteOncePod",
                "annotations": {"team": "platform"},
            },
        }
    },
    "persistent in a claim that is there": {
        "history": {"persistence": {"enabled": True, "existingClaim": "mine", "keep": False}}
    },
    "audit log": {
        "auditLog": {
            "enabled": True,
            "directory": "/var/log/kube-apiserver",
            "files": ["audit.log", "other.log"],
        },
        "tolerations": [{"key": "special", "operator": "Exists"}],
    },
    "kinds of one's own": {
        "kinds": {"files": {"databases.yaml": "kinds: []\n"}},
        "health": {"configMap": "argocd-cm", "key": "argocd-cm.yaml"},
        "messages": "none",
        "logLevel": "WARNING",
        "logFormat": "json",
    },
    "kinds in a map that is there": {"kinds": {"configMap": "baton-kinds"}},
    "notifying": {
        "notifications": {"rules": "targets: {}\nrules: []\n", "secret": "baton-notify"},
    },
    "notifying by a map that is there": {"notifications": {"configMap": "baton-rules"}},
    "scheduled": {
        "fullnameOverride": "watcher",
        "image": {"repository": "example.com/baton", "tag": "1.2", "digest": f"sha256:{'a' * 64}"},
        "imagePullSecrets": [{"name": "pull"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "infra", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "infra", "operator": "Exists"}]}
                    ]
                }
            }
        },
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
        "priorityClassName": "system-cluster-critical",
        "podAnnotations": {"team": "platform"},
        "podLabels": {"team": "platform"},
        "terminationGracePeriodSeconds": 60,
        "resources": {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        "extraArgs": ["--no-messages"],
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}],
    },
    "without what others make": {
        "nameOverride": "dashboard",
        "rbac": {"create": False, "customResources": {"aggregate": False}},
        "serviceAccount": {"create": False, "name": "reader", "annotations": {}},
        "networkPolicy": {"enabled": False},
    },
    "monitored without names": {
        "metrics": {"serviceMonitor": {"enabled": True, "names": False}},
        "networkPolicy": {"from": SCRAPED["metricsFrom"]},
        "pathPrefix": "/baton",
    },
    "on a server": SHARED,
    "watchers": SHARED | {"role": "watcher", "replicas": 2, "cluster": "east"},
    "web": SHARED
    | {
        "role": "web",
        "replicas": 3,
        "redis": {"url": {"name": "baton-redis", "key": "uri"}},
        "clusters": [{"name": "east"}, {"name": "west"}],
        "kubeconfig": {"name": "baton-kubeconfig"},
        "history": {"size": "4Gi"},
    },
    "several clusters": {
        "clusters": [
            {"name": "here", "context": ""},
            {"name": "east"},
            {"name": "west", "context": "arn:aws:eks:eu:1:cluster/west"},
        ],
        "kubeconfig": {"name": "baton-kubeconfig", "key": "config"},
        "history": {"size": "8Gi"},
        "metrics": {"serviceMonitor": {"enabled": True}},
        "networkPolicy": SCRAPED,
    },
    "monitored": {
        "metrics": {
            "serviceMonitor": {"enabled": True, "interval": "15s", "labels": {"release": "main"}},
            "prometheusRule": {"enabled": True, "labels": {"release": "main"}},
            "dashboard": {"enabled": True, "labels": {"grafana_dashboard": "yes"}},
        },
        "networkPolicy": SCRAPED,
    },
}
