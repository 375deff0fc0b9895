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
{{- if not (has $v.deploymentMode (list "Monolithic" "SingleBinary" "Distributed")) -}}
{{- fail (printf "this stand-in chart simulates deploymentMode Monolithic and Distributed only, not %s" $v.deploymentMode) -}}
{{- end -}}
{{- $others := list "read" "write" "backend" -}}
{{- if eq $v.deploymentMode "Distributed" -}}
{{- $others = append $others "singleBinary" -}}
{{- end -}}
{{- range $target := $others -}}
{{- if gt (int (get (get $v $target) "replicas")) 0 -}}
{{- fail (printf "deploymentMode %s and %s.replicas above 0 exclude each other: set it to 0" $v.deploymentMode $target) -}}
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

{{/* How Loki calls a memcached and what it holds back for it. In: root, cache, timing (what one of them has more). */}}
{{- define "loki.cache-client" -}}
default_validity: {{ .cache.defaultValidity }}
background:
  writeback_goroutines: {{ .cache.writebackParallelism }}
  writeback_buffer: {{ .cache.writebackBuffer | int }}
  writeback_size_limit: {{ .cache.writebackSizeLimit }}
memcached_client:
  addresses: {{ tpl .cache.addresses .root }}
  consistent_hash: true
  timeout: {{ .cache.timeout }}
  {{- toYaml .timing | nindent 2 }}
{{- end -}}

{{/* Loki's configuration: the chart's frame, the sections of `loki`, and structuredConfig over all. */}}
{{- define "loki.config" -}}
{{- $loki := .Values.loki -}}
{{- $s3 := dict "bucketnames" $loki.storage.bucketNames.chunks "insecure" false "s3forcepathstyle" false -}}
{{- $names := dict "s3ForcePathStyle" "s3forcepathstyle" "accessKeyId" "access_key_id" "secretAccessKey" "secret_access_key" -}}
{{- range $key, $value := $loki.storage.s3 -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $s3 (get $names $key | default $key) $value -}}
{{- end -}}
{{- end -}}
{{- $common := merge (dict "storage" (dict "s3" $s3) "compactor_grpc_address" (printf "%s.%s.svc.cluster.local:9095" (eq .Values.deploymentMode "Distributed" | ternary (printf "%s-compactor" (include "loki.fullname" .)) (include "loki.fullname" .)) .Release.Namespace)) $loki.commonConfig -}}
{{- $rules := dict "type" "local" -}}
{{- if ne (dig "storage" "type" "" (default dict $loki.rulerConfig)) "local" -}}
{{- $rules = dict "type" "s3" "s3" (dict "bucketnames" $loki.storage.bucketNames.ruler) -}}
{{- end -}}
{{- $members := printf "%s-memberlist.%s.svc.cluster.local" (include "loki.fullname" .) .Release.Namespace -}}
{{- $config := dict
  "auth_enabled" $loki.auth_enabled
  "server" $loki.server
  "common" $common
  "memberlist" (merge (dict "join_members" (list $members)) (default dict $loki.extraMemberlistConfig))
  "schema_config" $loki.schemaConfig
  "limits_config" $loki.limits_config
  "runtime_config" (dict "file" "/etc/loki/runtime-config/runtime-config.yaml")
  "query_range" (dict "align_queries_with_step" true)
  "ruler" (mergeOverwrite (dict "storage" $rules) (default dict $loki.rulerConfig)) -}}
{{- with .Values.chunksCache -}}
{{- if .enabled -}}
{{- $client := include "loki.cache-client" (dict "root" $ "cache" . "timing" (dict "max_idle_conns" 72)) | fromYaml -}}
{{- $_ := set $client "memcached" (dict "batch_size" .batchSize "parallelism" .parallelism) -}}
{{- $_ := set $config "chunk_store_config" (dict "chunk_cache_config" $client) -}}
{{- end -}}
{{- end -}}
{{- with .Values.resultsCache -}}
{{- if .enabled -}}
{{- $client := include "loki.cache-client" (dict "root" $ "cache" . "timing" (dict "update_interval" "1m")) | fromYaml -}}
{{- $_ := mergeOverwrite $config.query_range (dict "cache_results" true "results_cache" (dict "cache" $client)) -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.deploymentMode "Distributed" -}}
{{- $domain := printf "%s.svc.cluster.local:9095" .Release.Namespace -}}
{{- $scheduler := dict "scheduler_address" (printf "%s-query-scheduler-headless.%s" (include "loki.fullname" .) $domain) -}}
{{- $index := dict "index_gateway_client" (dict "server_address" (printf "dns+%s-index-gateway-headless.%s" (include "loki.fullname" .) $domain)) -}}
{{- $_ := mergeOverwrite $config (dict "frontend" (deepCopy $scheduler) "frontend_worker" $scheduler "storage_config" (dict "tsdb_shipper" $index "boltdb_shipper" (deepCopy $index))) -}}
{{- $_ := mergeOverwrite $config (dict "bloom_build" (dict "builder" (dict "planner_address" (printf "%s-bloom-planner-headless.%s" (include "loki.fullname" .) $domain))) "bloom_gateway" (dict "client" (dict "addresses" (printf "dnssrvnoa+_grpc._tcp.%s-bloom-gateway-headless.%s.svc.cluster.local" (include "loki.fullname" .) .Release.Namespace)))) -}}
{{- end -}}
{{- range $section := list "compactor" "ingester" "ingester_client" "querier" "query_range" "frontend" "frontend_worker" "analytics" "distributor" "tracing" "pattern_ingester" "storage_config" "index_gateway" "bloom_build" "bloom_gateway" -}}
{{- with get $loki $section -}}
{{- $_ := set $config $section (mergeOverwrite (default dict (get $config $section)) .) -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite $config $loki.structuredConfig) -}}
{{- end -}}
