{{/* What the volumes of a process are: what is mounted below /etc/freeflow, by folder. Of .root, .process */}}
{{- define "freeflow.folders" -}}
{{- $own := index .root.Values .process -}}
{{- $folders := dict -}}
{{- $secrets := list -}}
{{- range $name, $ref := include "freeflow.refs" . | fromYaml -}}
{{- if eq $name "TEMPORAL_API_KEY" -}}
{{- if $ref.csi }}{{ fail "temporal.apiKey: the API key is read from the environment alone, where csi can't put it. Let the driver keep a Secret (secretProviderClass.secretObjects) and name that: {secret: {name: ..., key: ...}}" }}{{ end -}}
{{- else if $ref.csi -}}
{{- $class := default (printf "%s-%s" (include "freeflow.fullname" $.root) $.process) $own.secretProviderClass.name -}}
{{- $attributes := dict "secretProviderClass" $class -}}
{{- $_ := set $folders "csi" (dict "csi" (dict "driver" "secrets-store.csi.k8s.io" "readOnly" true "volumeAttributes" $attributes)) -}}
{{- else if not $ref.vault -}}
{{- $at := include "freeflow.secretKey" (dict "root" $.root "process" $.process "name" $name "ref" $ref) | fromYaml -}}
{{- $items := list (dict "key" $at.key "path" $name) -}}
{{- $secrets = append $secrets (dict "secret" (dict "name" $at.name "items" $items)) -}}
{{- end -}}
{{- end -}}
{{- if $secrets }}{{ $_ := set $folders "secrets" (dict "projected" (dict "defaultMode" 288 "sources" $secrets)) }}{{ end -}}
{{- if ne .process "migrate" -}}
{{- $tls := .root.Values.temporal.tls -}}
{{- $files := list -}}
{{- with $tls.ca }}{{ $files = append $files (dict "secret" (dict "name" .name "items" (list (dict "key" (default "ca.crt" .key) "path" "ca.crt")))) }}{{ end -}}
{{- with $tls.clientSecret }}{{ $files = append $files (dict "secret" (dict "name" . "items" (list (dict "key" "tls.crt" "path" "tls.crt") (dict "key" "tls.key" "path" "tls.key")))) }}{{ end -}}
{{- if $files }}{{ $_ := set $folders "temporal" (dict "projected" (dict "defaultMode" 288 "sources" $files)) }}{{ end -}}
{{- end -}}
{{- with .root.Values.trustedCa }}
{{- $_ := set $folders "ca" (dict "configMap" (dict "name" .name "items" (list (dict "key" (default "ca.pem" .key) "path" "ca.pem")))) -}}
{{- end -}}
{{- $tokens := list -}}
{{- range $own.tokens }}{{ $tokens = append $tokens (dict "serviceAccountToken" (dict "path" .name "audience" .audience "expirationSeconds" (int64 (default 3600 .expirationSeconds)))) }}{{ end -}}
{{- if $tokens }}{{ $_ := set $folders "tokens" (dict "projected" (dict "defaultMode" 288 "sources" $tokens)) }}{{ end -}}
{{ toYaml $folders }}
{{- end -}}
