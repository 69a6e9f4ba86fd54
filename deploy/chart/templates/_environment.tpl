{{/* The secretRefs of a process, Temporal's API key among them. Of .root, .process */}}
{{- define "freeflow.refs" -}}
{{- $refs := deepCopy (index .root.Values .process).secretRefs -}}
{{- if and .root.Values.temporal.apiKey (ne .process "migrate") -}}
{{- $_ := set $refs "TEMPORAL_API_KEY" .root.Values.temporal.apiKey -}}
{{- end -}}
{{ toYaml $refs }}
{{- end -}}

{{/* The Secret and its key that a secretRef leads to. Of .root, .process, .name, .ref */}}
{{- define "freeflow.secretKey" -}}
{{- if .ref.external -}}
name: {{ include "freeflow.fullname" .root }}-{{ .process }}
key: {{ .name }}
{{- else -}}
name: {{ .ref.secret.name }}
key: {{ default .name .ref.secret.key }}
{{- end -}}
{{- end -}}

{{/* The settings of a process: those of all, its own, then .more. Of .root, .process */}}
{{- define "freeflow.settings" -}}
{{- $own := default dict (index .root.Values .process).settings -}}
{{- toYaml (mustMergeOverwrite (deepCopy .root.Values.settings) (deepCopy $own) (deepCopy (default dict .more))) -}}
{{- end -}}

{{/* A number as it is written, which a template would print as 8.64e+07. */}}
{{- define "freeflow.value" -}}
{{- if kindIs "string" . }}{{ . | quote }}{{ else }}{{ toJson . | quote }}{{ end -}}
{{- end -}}

{{/* Of .root, .process, .settings */}}
{{- define "freeflow.env" -}}
{{- range $name, $value := .settings }}
- name: {{ $name }}
  value: {{ include "freeflow.value" $value }}
{{- end }}
{{- range $name, $value := .root.Values.environment }}
- name: {{ $name }}
  value: {{ include "freeflow.value" $value }}
{{- end }}
{{- range $name, $ref := include "freeflow.refs" . | fromYaml }}
{{- if $ref.vault }}
- name: {{ $name }}
  value: {{ $ref.vault | quote }}
{{- else if ne $name "TEMPORAL_API_KEY" }}
- name: {{ $name }}_FILE
  value: /etc/freeflow/{{ if $ref.csi }}csi/{{ $ref.csi.path }}{{ else }}secrets/{{ $name }}{{ end }}
{{- else }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      {{- include "freeflow.secretKey" (dict "root" $.root "process" $.process "name" $name "ref" $ref) | nindent 6 }}
{{- end }}
{{- end }}
{{- if .root.Values.trustedCa }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/freeflow/ca/ca.pem
{{- end }}
{{- if ne .process "migrate" }}
{{- include "freeflow.temporalEnv" .root.Values.temporal }}
{{- end }}
{{- end -}}

{{- define "freeflow.temporalEnv" }}
- name: TEMPORAL_ADDRESS
  value: {{ .address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ .namespace | quote }}
{{- with .tls }}
{{- if or .enabled .ca .clientSecret .serverName }}
- name: TEMPORAL_TLS
  value: "true"
{{- end }}
{{- with .serverName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- if .ca }}
- name: TEMPORAL_TLS_SERVER_CA_CERT_PATH
  value: /etc/freeflow/temporal/ca.crt
{{- end }}
{{- if .clientSecret }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /etc/freeflow/temporal/tls.crt
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /etc/freeflow/temporal/tls.key
{{- end }}
{{- end }}
{{- end -}}
