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
  "stream_over_http_enabled" $tempo.streamOverHttpEnabled
  "memberlist" (merge (dict "cluster_label" (printf "%s.%s" .Release.Name .Release.Namespace)) (default dict $tempo.memberlist))
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

{{/* The ports of service and pod: name of the service's, name of the pod's, number, protocol, one a line.
Zipkin and the old OTLP ports are open whether there is such a receiver or not. */}}
{{- define "tempo.open" -}}
- [tempo-prom-metrics, prom-metrics, {{ .Values.tempo.server.http_listen_port }}, TCP]
- [tempo-jaeger-thrift-compact, jaeger-thrift-c, 6831, UDP]
- [tempo-jaeger-thrift-binary, jaeger-thrift-b, 6832, UDP]
- [tempo-jaeger-thrift-http, jaeger-thrift-h, 14268, TCP]
- [grpc-tempo-jaeger, jaeger-grpc, 14250, TCP]
- [tempo-zipkin, zipkin, 9411, TCP]
- [tempo-otlp-legacy, otlp-legacy, 55680, TCP]
- [tempo-otlp-http-legacy, otlp-httplegacy, 55681, TCP]
- [grpc-tempo-otlp, otlp-grpc, 4317, TCP]
- [tempo-otlp-http, otlp-http, 4318, TCP]
{{- end -}}

{{- define "tempo.ports" -}}
{{- range include "tempo.open" . | fromYamlArray }}
- {name: {{ index . 0 }}, port: {{ index . 2 }}, protocol: {{ index . 3 }}, targetPort: {{ index . 2 }}}
{{- end }}
{{- end -}}
