{{/* The Deployment that the cluster has, {} where there is none or Helm asks no cluster (helm template, Argo CD). Of .root, .name */}}
{{- define "freeflow.there" -}}
{{ lookup "apps/v1" "Deployment" .root.Release.Namespace .name | toJson }}
{{- end -}}
