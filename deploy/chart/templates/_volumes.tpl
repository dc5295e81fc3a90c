{{/* What Baton writes to, and what it is given to read. */}}

{{- define "baton.mounts" -}}
- name: history
  mountPath: /data
- name: tmp
  mountPath: /tmp
{{- if and (eq .Values.signIn.mode "oidc") .Values.signIn.oidc.clientSecret.name }}
- name: client-secret
  mountPath: /etc/baton/oidc
  readOnly: true
{{- end }}
{{- if and (eq .Values.signIn.mode "oidc") .Values.signIn.oidc.ca.name }}
- name: issuer
  mountPath: /etc/baton/issuer
  readOnly: true
{{- end }}
{{- if .Values.kubeconfig.name }}
- name: kubeconfig
  mountPath: /etc/baton/kubeconfig
  readOnly: true
{{- end }}
{{- if or .Values.kinds.files .Values.kinds.configMap }}
- name: kinds
  mountPath: /etc/baton/kinds
  readOnly: true
{{- end }}
{{- if .Values.health.configMap }}
- name: health
  mountPath: /etc/baton/health
  readOnly: true
{{- end }}
{{- if or .Values.notifications.rules .Values.notifications.configMap }}
# Read again when they change.
- name: notifications
  mountPath: /etc/baton/notifications
  readOnly: true
{{- end }}
{{- if .Values.notifications.secret }}
- name: notify
  mountPath: /etc/baton/notify
  readOnly: true
{{- end }}
{{- if .Values.auditLog.enabled }}
- name: audit
  mountPath: /audit
  readOnly: true
{{- end }}
{{- end -}}

{{- define "baton.volumes" -}}
- name: history
{{- if .Values.history.persistence.enabled }}
  persistentVolumeClaim:
    claimName: {{ include "baton.claim" . }}
{{- else }}
  # Survives a restart of the container, not the end of the Pod.
  emptyDir:
    sizeLimit: {{ .Values.history.size }}
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{- with .Values.signIn.oidc }}
{{- if and (eq $.Values.signIn.mode "oidc") .clientSecret.name }}
- name: client-secret
  secret:
    secretName: {{ .clientSecret.name }}
    items:
      - key: {{ .clientSecret.key }}
        path: client-secret
{{- end }}
{{- if and (eq $.Values.signIn.mode "oidc") .ca.name }}
- name: issuer
  configMap:
    name: {{ .ca.name }}
    items:
      - key: {{ .ca.key }}
        path: ca.crt
{{- end }}
{{- end }}
{{- with .Values.kubeconfig }}
{{- if .name }}
- name: kubeconfig
  secret:
    secretName: {{ .name }}
    items:
      - key: {{ .key }}
        path: kubeconfig
{{- end }}
{{- end }}
{{- if or .Values.kinds.files .Values.kinds.configMap }}
- name: kinds
  configMap:
    name: {{ default (printf "%s-kinds" (include "baton.fullname" .)) .Values.kinds.configMap }}
{{- end }}
{{- with .Values.health }}
{{- if .configMap }}
- name: health
  configMap:
    name: {{ .configMap }}
    items:
      - key: {{ .key }}
        path: argocd-cm.yaml
{{- end }}
{{- end }}
{{- with .Values.notifications }}
{{- if or .rules .configMap }}
- name: notifications
  configMap:
    name: {{ default (printf "%s-notifications" (include "baton.fullname" $)) .configMap }}
    items:
      - key: rules.yaml
        path: rules.yaml
{{- end }}
{{- with .secret }}
- name: notify
  secret:
    secretName: {{ . }}
{{- end }}
{{- end }}
{{- if .Values.auditLog.enabled }}
- name: audit
  hostPath:
    # The directory of kube-apiserver's --audit-log-path: a rotated log is renamed in it.
    path: {{ .Values.auditLog.directory }}
    type: Directory
{{- end }}
{{- if .Values.openshift.oauthProxy.enabled }}
- name: serving-certificate
  secret:
    secretName: {{ include "baton.fullname" . }}-tls
- name: oauth-proxy
  secret:
    secretName: {{ .Values.openshift.oauthProxy.secret }}
{{- end }}
{{- end -}}
