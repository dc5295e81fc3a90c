{{/* What objects are called, and by what they are found. */}}

{{- define "baton.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* A ClusterRole has no namespace, so two releases of one name must not share it. */}}
{{- define "baton.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "baton.fullname" .) -}}
{{- end -}}

{{- define "baton.serviceAccount" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else if .Values.serviceAccount.create -}}
{{- include "baton.fullname" . -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{- define "baton.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "baton.labels" -}}
{{ include "baton.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{- define "baton.image" -}}
{{- .Values.image.repository -}}
{{- with default .Chart.AppVersion .Values.image.tag }}:{{ . }}{{ end -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "baton.claim" -}}
{{- default (printf "%s-history" (include "baton.fullname" .)) .Values.history.persistence.existingClaim -}}
{{- end -}}

{{- define "baton.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "baton.serviceAccount" . }}
    namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* "yes" where something leads people to the page, beside a port-forward. */}}
{{- define "baton.published" -}}
{{- if or .Values.ingress.enabled .Values.httpRoute.enabled .Values.openshift.route.enabled (ne .Values.service.type "ClusterIP") -}}
yes
{{- end -}}
{{- end -}}

{{/* "yes" where a proxy in Baton's own Pod signs people in. */}}
{{- define "baton.proxied" -}}
{{- if or .Values.oauth2Proxy.enabled .Values.openshift.oauthProxy.enabled -}}
yes
{{- end -}}
{{- end -}}

{{/* The port of the Pod that people get to, by its name. */}}
{{- define "baton.door" -}}
{{- if .Values.openshift.oauthProxy.enabled -}}
oauth-proxy
{{- else if .Values.oauth2Proxy.enabled -}}
oauth2-proxy
{{- else -}}
http
{{- end -}}
{{- end -}}

{{/* The restricted standard of a container. */}}
{{- define "baton.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
