{{/* Proxies in Baton's own Pod, so that Baton believes 127.0.0.1 and nobody else. */}}

{{- define "baton.oauth2Proxy" -}}
- name: oauth2-proxy
  image: {{ .Values.oauth2Proxy.image }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - --provider=oidc
    - --oidc-issuer-url={{ .Values.oauth2Proxy.issuer }}
    - --client-id={{ .Values.oauth2Proxy.clientId }}
    - --scope={{ .Values.oauth2Proxy.scopes }}
    - --code-challenge-method=S256
    - --email-domain=*
    - --http-address={{ eq .Values.listen "::" | ternary "[::]" "0.0.0.0" }}:4180
    - --upstream=http://127.0.0.1:8000
    # The ingress controller ends TLS, and says so in X-Forwarded-Proto.
    - --reverse-proxy=true
    {{- if eq .Values.signIn.proxy.credential "token" }}
    # The ID token goes on to Baton, and from there to the API server.
    - --pass-authorization-header=true
    {{- else }}
    - --pass-user-headers=true
    {{- end }}
    # The API server takes no token that has ended: so often it is made anew, or people sign in again.
    - --cookie-refresh=2m
    - --skip-provider-button=true
    {{- with .Values.pathPrefix }}
    - --proxy-prefix={{ . }}/oauth2
    {{- end }}
    {{- with .Values.oauth2Proxy.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  env:
    - name: OAUTH2_PROXY_CLIENT_SECRET
      valueFrom:
        secretKeyRef:
          name: {{ .Values.oauth2Proxy.secret }}
          key: client-secret
    - name: OAUTH2_PROXY_COOKIE_SECRET
      valueFrom:
        secretKeyRef:
          name: {{ .Values.oauth2Proxy.secret }}
          key: cookie-secret
  ports:
    - name: oauth2-proxy
      containerPort: 4180
  securityContext:
    {{- include "baton.restricted" . | nindent 4 }}
  readinessProbe:
    httpGet:
      path: /ping
      port: oauth2-proxy
    initialDelaySeconds: 10
    periodSeconds: 10
    timeoutSeconds: 5
  resources:
    {{- toYaml .Values.oauth2Proxy.resources | nindent 4 }}
{{- end -}}

{{- define "baton.oauthProxy" -}}
- name: oauth-proxy
  image: {{ .Values.openshift.oauthProxy.image }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - --provider=openshift
    - --openshift-service-account={{ include "baton.serviceAccount" . }}
    # All that Baton asks with a viewer's token: who it is, and what it may.
    - --scope=user:info user:check-access
    - --pass-access-token=true
    - --https-address=:8443
    - --http-address=
    - --tls-cert=/etc/tls/private/tls.crt
    - --tls-key=/etc/tls/private/tls.key
    - --upstream=http://127.0.0.1:8000
    - --cookie-secret-file=/etc/oauth-proxy/cookie-secret
    # As long as OpenShift's tokens live.
    - --cookie-expire=24h0m0s
    - --skip-provider-button=true
    {{- with .Values.openshift.oauthProxy.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - name: oauth-proxy
      containerPort: 8443
  securityContext:
    {{- include "baton.restricted" . | nindent 4 }}
  readinessProbe:
    httpGet:
      path: /oauth/healthz
      port: oauth-proxy
      scheme: HTTPS
    initialDelaySeconds: 10
    periodSeconds: 10
    timeoutSeconds: 5
  resources:
    {{- toYaml .Values.openshift.oauthProxy.resources | nindent 4 }}
  volumeMounts:
    - name: serving-certificate
      mountPath: /etc/tls/private
      readOnly: true
    - name: oauth-proxy
      mountPath: /etc/oauth-proxy
      readOnly: true
{{- end -}}
