{{- define "tempo.fullname" -}}
{{- include "stand-in.fullname" (dict "root" . "name" "tempo") -}}
{{- end -}}

{{- define "tempo.labels" -}}
{{- include "stand-in.labels" (dict "root" . "name" "tempo" "extra" (list .Values.global.commonLabels)) -}}
{{- end -}}

{{- define "tempo.selector" -}}
{{- include "stand-in.selector" (dict "root" . "name" "tempo") -}}
{{- end -}}

{{- define "tempo.service-account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tempo.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Tempo's configuration, unless `config` replaces it whole. */}}
{{- define "tempo.config" -}}
{{- if .Values.config -}}
{{- tpl .Values.config . -}}
{{- else -}}
{{- $tempo := .Values.tempo -}}
{{- $config := dict
  "multitenancy_enabled" $tempo.multitenancyEnabled
  "usage_report" (dict "reporting_enabled" $tempo.reportingEnabled)
  "server" $tempo.server
  "compactor" (dict "compaction" (dict "block_retention" $tempo.retention))
  "distributor" (dict "receivers" $tempo.receivers)
  "ingester" $tempo.ingester
  "querier" $tempo.querier
  "query_frontend" $tempo.queryFrontend
  "storage" $tempo.storage
  "overrides" (merge (dict "per_tenant_override_config" "/conf/overrides.yaml") $tempo.overrides) -}}
{{- if $tempo.metricsGenerator.enabled -}}
{{- $remote := dict "path" $tempo.metricsGenerator.storage.path "remote_write" (list (dict "url" $tempo.metricsGenerator.remoteWriteUrl)) -}}
{{- $_ := set $config "metrics_generator" (dict "processor" $tempo.metricsGenerator.processor "storage" $remote) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}
{{- end -}}

{{/* The service's ports: a receiver that isn't configured has none. */}}
{{- define "tempo.ports" -}}
- {name: tempo-prom-metrics, port: {{ .Values.tempo.server.http_listen_port }}, protocol: TCP, targetPort: {{ .Values.tempo.server.http_listen_port }}}
{{- $jaeger := (default dict .Values.tempo.receivers.jaeger).protocols }}
{{- range $protocol := list "thrift_compact" "thrift_binary" "thrift_http" "grpc" }}
{{- with get (default dict $jaeger) $protocol }}
- {name: tempo-jaeger-{{ $protocol | replace "_" "-" }}, port: {{ splitList ":" .endpoint | last }}, protocol: {{ has $protocol (list "thrift_compact" "thrift_binary") | ternary "UDP" "TCP" }}, targetPort: {{ splitList ":" .endpoint | last }}}
{{- end }}
{{- end }}
{{- $otlp := (default dict .Values.tempo.receivers.otlp).protocols }}
{{- with (default dict $otlp).grpc }}
- {name: grpc-tempo-otlp, port: {{ splitList ":" .endpoint | last }}, protocol: TCP, targetPort: {{ splitList ":" .endpoint | last }}}
{{- end }}
{{- with (default dict $otlp).http }}
- {name: tempo-otlp-http, port: {{ splitList ":" .endpoint | last }}, protocol: TCP, targetPort: {{ splitList ":" .endpoint | last }}}
{{- end }}
{{- end -}}
