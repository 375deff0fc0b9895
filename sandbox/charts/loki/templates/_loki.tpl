{{/* Names and labels. In (all): root; labels and selector also component, name (optional). */}}
{{- define "loki.fullname" -}}
{{- include "stand-in.fullname" (dict "root" . "name" "loki") -}}
{{- end -}}

{{- define "loki.labels" -}}
{{- include "stand-in.labels" (dict "root" .root "name" "loki" "component" .component "extra" .extra) -}}
{{- end -}}

{{- define "loki.selector" -}}
{{- include "stand-in.selector" (dict "root" .root "name" "loki" "component" .component) -}}
{{- end -}}

{{- define "loki.service-account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "loki.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What the real chart refuses to render. */}}
{{- define "loki.validate" -}}
{{- $v := .Values -}}
{{- if not (has $v.deploymentMode (list "Monolithic" "SingleBinary")) -}}
{{- fail (printf "this stand-in chart simulates deploymentMode Monolithic only, not %s" $v.deploymentMode) -}}
{{- end -}}
{{- range $target := list "read" "write" "backend" -}}
{{- if gt (int (get (get $v $target) "replicas")) 0 -}}
{{- fail (printf "deploymentMode Monolithic and %s.replicas above 0 exclude each other: set it to 0" $target) -}}
{{- end -}}
{{- end -}}
{{- if and (not $v.loki.schemaConfig) (not $v.loki.useTestSchema) -}}
{{- fail "loki.schemaConfig is required" -}}
{{- end -}}
{{- range $bucket := list "chunks" "ruler" -}}
{{- if not (get (default dict $v.loki.storage.bucketNames) $bucket) -}}
{{- fail (printf "loki.storage.bucketNames.%s is required" $bucket) -}}
{{- end -}}
{{- end -}}
{{- if $v.minio.enabled -}}
{{- fail "minio.enabled: the MinIO subchart is deprecated" -}}
{{- end -}}
{{- if and (not $v.lokiCanary.enabled) $v.test.enabled -}}
{{- fail "test.enabled needs lokiCanary.enabled: switch both on or both off" -}}
{{- end -}}
{{- include "stand-in.refuse-unsupported" (dict "values" $v "paths" (list
  "networkPolicy.enabled" "ingress.enabled" "gateway.ingress.enabled" "gateway.autoscaling.enabled"
  "singleBinary.autoscaling.enabled" "singleBinary.kedaAutoscaling.enabled" "chunksCache.l2.enabled"
  "chunksCache.persistence.enabled" "resultsCache.persistence.enabled" "monitoring.serviceMonitor.enabled"
  "monitoring.rules.enabled" "monitoring.alerts.enabled" "monitoring.dashboards.enabled" "rollout_operator.enabled"
  )) -}}
{{- end -}}

{{/* Loki's configuration: the chart's frame, the sections of `loki`, and structuredConfig over all. */}}
{{- define "loki.config" -}}
{{- $loki := .Values.loki -}}
{{- $s3 := dict "bucketnames" $loki.storage.bucketNames.chunks -}}
{{- $names := dict "s3ForcePathStyle" "s3forcepathstyle" "accessKeyId" "access_key_id" "secretAccessKey" "secret_access_key" -}}
{{- range $key, $value := $loki.storage.s3 -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $s3 (get $names $key | default $key) $value -}}
{{- end -}}
{{- end -}}
{{- $common := merge (dict "storage" (dict "s3" $s3) "compactor_grpc_address" (printf "%s.%s.svc.cluster.local:9095" (include "loki.fullname" .) .Release.Namespace)) $loki.commonConfig -}}
{{- $config := dict
  "auth_enabled" $loki.auth_enabled
  "server" (merge (dict "http_listen_port" 3100 "grpc_listen_port" 9095) (default dict $loki.server))
  "common" $common
  "memberlist" (dict "join_members" (list (printf "%s-memberlist" (include "loki.fullname" .))))
  "schema_config" $loki.schemaConfig
  "limits_config" $loki.limits_config
  "runtime_config" (dict "file" "/etc/loki/runtime-config/runtime-config.yaml")
  "ruler" (mergeOverwrite (dict "storage" (dict "type" "s3" "s3" (dict "bucketnames" $loki.storage.bucketNames.ruler))) (default dict $loki.rulerConfig)) -}}
{{- range $section := list "compactor" "ingester" "querier" "query_range" "frontend" "analytics" "distributor" "tracing" "pattern_ingester" "storage_config" -}}
{{- with get $loki $section -}}
{{- $_ := set $config $section . -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite $config $loki.structuredConfig) -}}
{{- end -}}
