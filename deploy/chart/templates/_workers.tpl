{{/* The deployments of workers, as a list: one for all queues, or those that the values name. Refuses a queue nobody would poll. */}}
{{- define "freeflow.workers" -}}
{{- $own := .Values.worker -}}
{{- $facts := include "freeflow.facts" . | fromJson -}}
{{- $workers := list -}}
{{- $polled := list -}}
{{- range $name, $it := $own.deployments -}}
{{- $more := mustMergeOverwrite (deepCopy (default dict $it.settings)) (dict "WORKER_QUEUES" (join "," $it.queues)) -}}
{{- $workers = append $workers (dict "name" $name "queues" $it.queues "more" $more "with" $it) -}}
{{- $polled = concat $polled $it.queues -}}
{{- else -}}
{{- $workers = append $workers (dict "name" "" "queues" $facts.queues "more" dict "with" dict) -}}
{{- $polled = $facts.queues -}}
{{- end -}}
{{- $sending := dig "WEBHOOK_SENDING" (dig "WEBHOOK_SENDING" "on" .Values.settings) $own.settings -}}
{{- range $facts.queues -}}
{{- if not (or (has . $polled) (and (eq . "webhooks") (eq $sending "off"))) -}}
{{- fail (printf "worker.deployments: none of them polls the queue %s, so what is done there would wait for ever. Add it to one's queues" .) -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "list" $workers) -}}
{{- end -}}

{{- define "freeflow.workerContainer" }}
ports:
  - { name: health, containerPort: 3001 }
  {{- if .Values.monitoring.sdkMetrics }}
  - { name: sdk-metrics, containerPort: 3002 }
  {{- end }}
# It answers while it waits for Temporal and the master database too: then it is alive and not ready. Readiness gates the roll-out
# alone, for nobody calls a worker: an old one ends once a new one polls all its queues.
startupProbe:
  httpGet: { path: /health/live, port: health }
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: { path: /health/live, port: health }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /health/ready, port: health }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}
