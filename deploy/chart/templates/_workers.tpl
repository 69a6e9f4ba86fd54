{{/*
The deployments of workers, as a list: one for all queues, or those that the values name. Refuses a queue nobody would poll, of
each build where there are worker versions, and one build id for two images: Temporal would take both for the same code.
*/}}
{{- define "freeflow.workers" -}}
{{- $own := .Values.worker -}}
{{- $facts := include "freeflow.facts" . | fromJson -}}
{{- $workers := list -}}
{{- $polled := dict -}}
{{- $images := dict -}}
{{- range $name, $it := $own.deployments -}}
{{- $more := deepCopy (default dict $it.settings) -}}
{{- with $it.queues }}{{ $_ := set $more "WORKER_QUEUES" (join "," .) }}{{ end -}}
{{- $queues := default $facts.queues $it.queues -}}
{{- $settings := include "freeflow.settings" (dict "root" $ "process" "worker" "more" $more) | fromYaml -}}
{{- $version := default "" $settings.TEMPORAL_WORKER_DEPLOYMENT -}}
{{- if and $version (not $it.image) -}}
{{- fail (printf "worker.deployments.%s.image: with worker versions (TEMPORAL_WORKER_DEPLOYMENT) each build is a deployment of its own, that stays until its runs have ended. Name its tag or digest" $name) -}}
{{- end -}}
{{- $build := "" -}}
{{- $mark := "" -}}
{{- if $version -}}
{{- $image := toJson $it.image -}}
{{- $id := default "" $settings.TEMPORAL_WORKER_BUILD_ID | toString -}}
{{- $build = printf "%s of %s" (default $image $id) $version -}}
{{- if ne $image (default $image (get $images $build)) -}}
{{- fail (printf "worker.deployments.%s: TEMPORAL_WORKER_BUILD_ID %s is that of two images, %s and %s: Temporal would give the runs of one to the other. Each image has its own" $name $id (get $images $build) $image) -}}
{{- end -}}
{{- $_ := set $images $build $image -}}
{{- $mark = printf "%s %s" $image $build | sha256sum | trunc 16 -}}
{{- end -}}
{{- $workers = append $workers (dict "name" $name "queues" $queues "more" $more "with" $it "build" $mark) -}}
{{- $_ := set $polled $build (concat (default list (get $polled $build)) $queues) -}}
{{- else -}}
{{- if $own.settings.TEMPORAL_WORKER_DEPLOYMENT -}}
{{- fail "worker.deployments: with worker versions (TEMPORAL_WORKER_DEPLOYMENT) each build is a deployment of its own, that stays until its runs have ended: {v1: {image: {tag: ...}}, v2: {image: {tag: ...}}}" -}}
{{- end -}}
{{- $workers = append $workers (dict "name" "" "queues" $facts.queues "more" dict "with" dict "build" "") -}}
{{- $_ := set $polled "" $facts.queues -}}
{{- end -}}
{{- $sending := dig "WEBHOOK_SENDING" "on" $own.settings -}}
{{- range $build, $queues := $polled -}}
{{- range $facts.queues -}}
{{- if not (or (has . $queues) (and (eq . "webhooks") (eq $sending "off"))) -}}
{{- fail (printf "worker.deployments: none of them%s polls the queue %s, so what is done there would wait for ever. Add it to one's queues" (list $build | compact | join "" | printf " %s" | trimSuffix " ") .) -}}
{{- end -}}
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
