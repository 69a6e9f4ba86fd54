{{- define "freeflow.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What pods are found by: never changed, a Deployment's selector can't be. Of .root, .process */}}
{{- define "freeflow.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/component: {{ .process }}
{{- end -}}

{{/* Of .root, .process */}}
{{- define "freeflow.labels" -}}
{{ include "freeflow.selector" . }}
app.kubernetes.io/part-of: freeflow
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Of .root, .image: another tag or digest */}}
{{- define "freeflow.image" -}}
{{- $image := default .root.Values.image .image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" .root.Values.image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" .root.Values.image.repository (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/*
What is there before an install or an upgrade, for db:migrate: hooks run before anything else of the release is made, and belong to
no release. The Job stays, for its log; what it needed goes once it has succeeded, the owner's login above all. Of its weight: 0 is the Job.
*/}}
{{- define "freeflow.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation{{ if . }},hook-succeeded{{ end }}
{{- end -}}

{{/* Facts of the product, written by a test: deploy/chart/files/facts.json. */}}
{{- define "freeflow.facts" -}}
{{ .Files.Get "files/facts.json" }}
{{- end -}}
