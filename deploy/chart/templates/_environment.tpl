{{/* Baton's settings, as dashboard/settings.py and dashboard/signin/mode.py list them. */}}

{{- define "baton.hosts" -}}
{{- $hosts := .Values.hosts -}}
{{- if .Values.ingress.enabled }}{{ $hosts = append $hosts .Values.ingress.host }}{{ end -}}
{{- if .Values.httpRoute.enabled }}{{ $hosts = concat $hosts .Values.httpRoute.hostnames }}{{ end -}}
{{- if .Values.openshift.route.enabled }}{{ $hosts = append $hosts .Values.openshift.route.host }}{{ end -}}
{{- $hosts | compact | uniq | join "," -}}
{{- end -}}

{{- define "baton.clusters" -}}
{{- $named := list -}}
{{- range .Values.clusters -}}
{{- $named = append $named (hasKey . "context" | ternary (printf "%s=%s" .name (toString .context)) .name) -}}
{{- end -}}
{{- join "," $named -}}
{{- end -}}

{{- define "baton.environment" -}}
{{- $oidc := .Values.signIn.oidc -}}
{{- $said := dict
  "BATON_ALLOWED_HOSTS" (include "baton.hosts" .)
  "BATON_CLUSTER" .Values.cluster
  "BATON_CLUSTER_NAME" .Values.clusterName
  "BATON_CLUSTERS" (include "baton.clusters" .)
  "KUBECONFIG" (empty .Values.kubeconfig.name | ternary "" "/etc/baton/kubeconfig/kubeconfig")
  "BATON_HSTS_SECONDS" (toString (int64 .Values.hstsSeconds))
  "BATON_PATH_PREFIX" .Values.pathPrefix
  "BATON_MESSAGES" .Values.messages
  "BATON_LOG_FORMAT" .Values.logFormat
  "BATON_LOG_LEVEL" .Values.logLevel
  "BATON_RETENTION_DAYS" (toString .Values.history.days)
  "BATON_RETENTION_MB" (toString (int64 .Values.history.megabytes))
  "BATON_PROXY_ADDRESSES" (join "," (include "baton.proxied" . | empty | ternary .Values.proxyAddresses (list "127.0.0.1")))
-}}
{{- if eq .Values.signIn.mode "oidc" -}}
{{- $said = merge $said (dict
  "BATON_OIDC_ISSUER" $oidc.issuer
  "BATON_OIDC_CLIENT_ID" $oidc.clientId
  "BATON_OIDC_SCOPES" $oidc.scopes
  "BATON_OIDC_CLIENT_SECRET_FILE" (empty $oidc.clientSecret.name | ternary "" "/etc/baton/oidc/client-secret")
  "BATON_OIDC_CA_FILE" (empty $oidc.ca.name | ternary "" "/etc/baton/issuer/ca.crt")) -}}
{{- else if eq .Values.signIn.mode "proxy" -}}
{{- $said = merge $said (dict
  "BATON_PROXY_CREDENTIAL" .Values.signIn.proxy.credential
  "BATON_PROXY_SIGN_OUT" (default (.Values.openshift.oauthProxy.enabled | ternary "/oauth/sign_out" (printf "%s/oauth2/sign_out" .Values.pathPrefix)) .Values.signIn.proxy.signOut)) -}}
{{- end -}}
{{- if or .Values.kinds.files .Values.kinds.configMap }}{{ $_ := set $said "BATON_KINDS" "/etc/baton/kinds" }}{{ end -}}
{{- if or .Values.notifications.rules .Values.notifications.configMap }}{{ $_ := set $said "BATON_NOTIFY" "/etc/baton/notifications/rules.yaml" }}{{ end -}}
{{- if .Values.health.configMap }}{{ $_ := set $said "BATON_HEALTH" "/etc/baton/health/argocd-cm.yaml" }}{{ end -}}
# A directory that Baton makes for itself alone: the volume is root's, and open to others.
- name: BATON_DATA
  value: /data/baton
- name: BATON_SIGN_IN
  value: {{ .Values.signIn.mode }}
{{- range $name, $value := $said }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $from := dict "DATABASE_URL" .Values.database.url "REDIS_URL" .Values.redis.url "BATON_SECRET_KEY" .Values.secretKey }}
{{- if $from.name }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.name }}
      key: {{ $from.key }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "baton.arguments" -}}
- observe
- --host
- {{ .Values.listen | quote }}
- --port
- "8000"
{{- if ne .Values.role "all" }}
- --role
- {{ .Values.role }}
{{- end }}
{{- with .Values.watch.namespace }}
- --namespace
- {{ . }}
{{- end }}
{{- if and (eq .Values.signIn.mode "local") .Values.signIn.insecureAnyoneMayLook }}
- --insecure-anyone-may-look
{{- end }}
{{- if .Values.auditLog.enabled }}
{{- range .Values.auditLog.files }}
- --audit-file
- /audit/{{ . }}
{{- end }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}
