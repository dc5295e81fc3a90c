{{/* What does not go together ends here, with what to do: the schema knows each value only by itself. */}}

{{- define "baton.checked" -}}
{{- $complaints := list -}}
{{- $mode := .Values.signIn.mode -}}
{{- $published := include "baton.published" . -}}
{{- $proxied := include "baton.proxied" . -}}
{{- if and (eq $mode "local") (not .Values.signIn.insecureAnyoneMayLook) -}}
{{- $complaints = append $complaints "signIn.mode is local, where nobody signs in: another Pod, or a web site in somebody's browser, could see the whole cluster. Set it to token, oidc or proxy; or, if really anyone may look, set signIn.insecureAnyoneMayLook=true" -}}
{{- end -}}
{{- if and .Values.signIn.insecureAnyoneMayLook (ne $mode "local") -}}
{{- $complaints = append $complaints (printf "signIn.insecureAnyoneMayLook is for signIn.mode=local; with %s people sign in, so leave it out" $mode) -}}
{{- end -}}
{{- if and (eq $mode "oidc") (not (and .Values.signIn.oidc.issuer .Values.signIn.oidc.clientId)) -}}
{{- $complaints = append $complaints "signIn.mode is oidc: set signIn.oidc.issuer and signIn.oidc.clientId to what the API server knows (--oidc-issuer-url, --oidc-client-id)" -}}
{{- end -}}
{{- if and $proxied (ne $mode "proxy") -}}
{{- $complaints = append $complaints (printf "oauth2Proxy or openshift.oauthProxy signs people in, but signIn.mode is %s: set it to proxy" $mode) -}}
{{- end -}}
{{- if and .Values.oauth2Proxy.enabled .Values.openshift.oauthProxy.enabled -}}
{{- $complaints = append $complaints "oauth2Proxy and openshift.oauthProxy are both enabled: one of them signs people in" -}}
{{- end -}}
{{- if and (eq $mode "proxy") (not $proxied) (not .Values.proxyAddresses) -}}
{{- $complaints = append $complaints "signIn.mode is proxy, but nothing says who the proxy is: enable oauth2Proxy or openshift.oauthProxy, or set proxyAddresses to the address of yours; anyone who can send from there can be anyone" -}}
{{- end -}}
{{- if and $published (not $proxied) (not .Values.proxyAddresses) (ne $mode "local") -}}
{{- $complaints = append $complaints "Something in front of Baton ends TLS (ingress, httpRoute, openshift.route or service.type), and Baton believes nobody that it does: set proxyAddresses to the addresses that it sends from, such as the network of the ingress controller's Pods" -}}
{{- end -}}
{{- with .Values.oauth2Proxy -}}
{{- if and .enabled (not (and .image .issuer .clientId .secret)) -}}
{{- $complaints = append $complaints "oauth2Proxy is enabled: set oauth2Proxy.image, .issuer, .clientId and .secret (a Secret with the keys client-secret and cookie-secret)" -}}
{{- end -}}
{{- end -}}
{{- with .Values.openshift -}}
{{- if and .oauthProxy.enabled (not .oauthProxy.secret) -}}
{{- $complaints = append $complaints "openshift.oauthProxy is enabled: set openshift.oauthProxy.secret to a Secret with the key cookie-secret, of 16, 24 or 32 bytes" -}}
{{- end -}}
{{- if and .oauthProxy.enabled (not .route.enabled) -}}
{{- $complaints = append $complaints "openshift.oauthProxy is enabled, and people come back to it through the Route: set openshift.route.enabled=true" -}}
{{- end -}}
{{- if and .oauthProxy.enabled (ne $.Values.signIn.proxy.credential "token") -}}
{{- $complaints = append $complaints "OpenShift's oauth-proxy passes no groups on, so signIn.proxy.credential has to be token" -}}
{{- end -}}
{{- if and .route.enabled $.Values.pathPrefix -}}
{{- $complaints = append $complaints "openshift.route serves Baton by a name of its own: leave pathPrefix empty" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- $complaints = append $complaints "ingress is enabled: set ingress.host to the name that browsers ask for; Baton answers to no other" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not (and .Values.httpRoute.hostnames .Values.httpRoute.parentRefs)) -}}
{{- $complaints = append $complaints "httpRoute is enabled: set httpRoute.parentRefs to your Gateway and httpRoute.hostnames to the names that browsers ask for" -}}
{{- end -}}
{{- if and (eq .Values.signIn.proxy.credential "names") (eq $mode "proxy") .Values.watch.namespace -}}
{{- $complaints = append $complaints "signIn.proxy.credential=names needs the ClusterRole system:auth-delegator, and watch.namespace installs without any: set it to token" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.serviceMonitor.secret) .Values.watch.namespace -}}
{{- $complaints = append $complaints "metrics.serviceMonitor makes a ClusterRole for whoever scrapes, and watch.namespace installs without any: set metrics.serviceMonitor.secret to the token of an account that may get /metrics" -}}
{{- end -}}
{{- $open := and (eq (include "baton.door" .) "http") (or $published .Values.networkPolicy.from) -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.networkPolicy.enabled (not .Values.networkPolicy.metricsFrom) (not $open) -}}
{{- $complaints = append $complaints "metrics.serviceMonitor is enabled, but networkPolicy lets no Prometheus in: set networkPolicy.metricsFrom to it, such as [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]" -}}
{{- end -}}
{{- if and .Values.kinds.files .Values.kinds.configMap -}}
{{- $complaints = append $complaints "kinds.files and kinds.configMap are both set: put all into one" -}}
{{- end -}}
{{- with .Values.notifications -}}
{{- if and .rules .configMap -}}
{{- $complaints = append $complaints "notifications.rules and notifications.configMap are both set: put all into one" -}}
{{- end -}}
{{- if and .secret (not (or .rules .configMap)) -}}
{{- $complaints = append $complaints "notifications.secret is set, but nothing says who is told of what: set notifications.rules" -}}
{{- end -}}
{{- end -}}
{{- $room := mul (trimSuffix "Gi" .Values.history.size) 1024 -}}
{{- $needed := mul (add .Values.history.megabytes 1024 192) (max 1 (len .Values.clusters)) -}}
{{- if lt (int $room) (int $needed) -}}
{{- $complaints = append $complaints (printf "history.size is %s, but history.megabytes, 1 GiB of recordings that people open, and room to work take %d MiB: make it larger" .Values.history.size (int $needed)) -}}
{{- end -}}
{{- if and (eq .Values.role "all") (gt (int64 .Values.replicas) 1) -}}
{{- $complaints = append $complaints "replicas is more than 1, but each Pod would do all: install watchers with role=watcher, and pages with role=web beside them" -}}
{{- end -}}
{{- if and (ne .Values.role "all") (not (and .Values.database.url.name .Values.secretKey.name)) -}}
{{- $complaints = append $complaints (printf "role is %s: set database.url.name and secretKey.name to the Secrets that watchers and pages share" .Values.role) -}}
{{- end -}}
{{- if and (ne .Values.role "all") .Values.history.persistence.enabled -}}
{{- $complaints = append $complaints (printf "role is %s, and history is in the database: leave history.persistence.enabled out, whose volume one Pod alone can have" .Values.role) -}}
{{- end -}}
{{- if and (eq .Values.role "web") .Values.auditLog.enabled -}}
{{- $complaints = append $complaints "role is web, which follows no audit log: set auditLog where the role is watcher" -}}
{{- end -}}
{{- if .Values.clusters -}}
{{- if eq .Values.role "watcher" -}}
{{- $complaints = append $complaints "role is watcher, which is of one cluster: leave clusters out, and set cluster to its name" -}}
{{- end -}}
{{- if or .Values.cluster .Values.clusterName .Values.auditLog.enabled -}}
{{- $complaints = append $complaints "clusters has several: leave cluster, clusterName and auditLog out, which are of one" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.cluster (not .Values.database.url.name) -}}
{{- $complaints = append $complaints "cluster says which of the clusters of one PostgreSQL this is: set database.url.name to a Secret with its address, or leave cluster out" -}}
{{- end -}}
{{- if $complaints -}}
{{- fail (printf "\n\n- %s\n" (join "\n- " $complaints)) -}}
{{- end -}}
{{- end -}}
