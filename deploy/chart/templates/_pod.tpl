{{/*
How many replicas are asked for. Something else says so where they are scaled, but a Deployment that loses its number has one replica: so
it keeps the number that it has. Not where Helm applies at the server and another owns the number already: it stays there without us,
and Helm would fail where it has changed meanwhile. Of .root, .name, .number, .isScaled
*/}}
{{- define "freeflow.replicas" -}}
{{- $there := include "freeflow.there" . | fromJson -}}
{{- $isApplied := false -}}
{{- $isOwned := false -}}
{{- range dig "metadata" "managedFields" list $there -}}
{{- if eq (default "" .subresource) "scale" }}{{ $isOwned = true }}{{ else if eq .operation "Apply" }}{{ $isApplied = true }}{{ end -}}
{{- end -}}
{{- if not .isScaled -}}
replicas: {{ .number }}
{{- else if and (hasKey $there "spec") (not (and $isApplied $isOwned)) -}}
replicas: {{ int64 $there.spec.replicas }}
{{- end -}}
{{- end -}}

{{/*
The pod of a process. Of .root, .process, .settings, .resources, .image (where it is another one), .container (ports, probes), and
for those that go on: .grace in seconds, .selector (what its replicas are found by).
*/}}
{{- define "freeflow.pod" -}}
{{- $own := index .root.Values .process -}}
{{- $folders := include "freeflow.folders" . | fromYaml -}}
serviceAccountName: {{ include "freeflow.fullname" .root }}-{{ .process }}
# No process of ours calls the API of Kubernetes.
automountServiceAccountToken: false
# Else the cluster sets variables of its own for each Service, such as FREEFLOW_API_PORT, or API_PORT for one called "api".
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- with .root.Values.runAsUser }}
  runAsUser: {{ int64 . }}
  runAsGroup: {{ int64 . }}
  # The group that may read the files of secrets.
  fsGroup: {{ int64 . }}
  {{- end }}
  seccompProfile: { type: RuntimeDefault }
{{- with .grace }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
containers:
  - name: {{ .process }}
    image: {{ include "freeflow.image" . | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: [{{ .process }}]
    env:
      {{- include "freeflow.env" . | nindent 6 }}
    {{- with .container }}
    {{- . | nindent 4 }}
    {{- end }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    resources:
      {{- toYaml .resources | nindent 6 }}
    volumeMounts:
      - { name: tmp, mountPath: /tmp }
      {{- range $folder, $_ := $folders }}
      - { name: {{ $folder }}, mountPath: /etc/freeflow/{{ $folder }}, readOnly: true }
      {{- end }}
      {{- with $own.volumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 64Mi }
  {{- range $folder, $source := $folders }}
  - name: {{ $folder }}
    {{- toYaml $source | nindent 4 }}
  {{- end }}
  {{- with $own.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if .selector }}
topologySpreadConstraints:
  {{- range .root.Values.spreadOver }}
  - topologyKey: {{ . }}
    maxSkew: 1
    # A node that is missing must not stop a roll-out.
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $.selector | nindent 8 }}
    # Pods of an earlier roll-out are on their way out.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- with $own.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
