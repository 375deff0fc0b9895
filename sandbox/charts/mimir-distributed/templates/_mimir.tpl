{{/* The chart's short name is mimir, not the chart's own: release "mimir" gives mimir-gateway, release "m" m-mimir-gateway. */}}
{{- define "mimir.fullname" -}}
{{- include "stand-in.fullname" (dict "root" . "name" "mimir") -}}
{{- end -}}

{{- define "mimir.labels" -}}
{{- include "stand-in.labels" (dict "root" .root "name" "mimir" "component" .component) -}}
{{- end -}}

{{- define "mimir.selector" -}}
{{- include "stand-in.selector" (dict "root" .root "name" "mimir" "component" .component) -}}
{{- end -}}

{{- define "mimir.service-account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "mimir.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Where the components find one another: Mimir's own names of its services. */}}
{{- define "mimir.addresses" -}}
{{- $name := include "mimir.fullname" . -}}
{{- $scheduler := printf "%s-query-scheduler-headless.%s.svc:9095" $name .Release.Namespace -}}
{{- $domain := printf "%s.svc.%s" .Release.Namespace .Values.global.clusterDomain -}}
frontend: {scheduler_address: {{ $scheduler }}}
frontend_worker: {scheduler_address: {{ $scheduler }}}
memberlist: {join_members: ["dns+{{ $name }}-gossip-ring.{{ $domain }}:7946"]}
ruler: {alertmanager_url: "dnssrvnoa+http://_http-metrics._tcp.{{ $name }}-alertmanager-headless.{{ $domain }}/alertmanager"}
{{- end -}}

{{- define "mimir.config" -}}
{{- $addresses := include "mimir.addresses" . | fromYaml -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.mimir.baseConfig) $addresses .Values.mimir.structuredConfig) -}}
{{- end -}}

{{/* A container's environment: ours over the chart's own, by name. In: key, values. */}}
{{- define "mimir.environment" -}}
{{- $processors := get (dict "distributor" "8" "ingester" "4" "querier" "5" "store_gateway" "5") .key -}}
{{- $names := list -}}
{{- range .values.env }}{{ $names = append $names .name }}{{ end -}}
{{- if and $processors (not (has "GOMAXPROCS" $names)) }}
- {name: GOMAXPROCS, value: {{ $processors | quote }}}
{{- end }}
{{- with .values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What can't work: the ingest storage needs a Kafka, the chart's or another; zones need the rollout operator. */}}
{{- define "mimir.validate" -}}
{{- $ingest := (include "mimir.config" . | fromYaml).ingest_storage -}}
{{- $address := (default dict $ingest.kafka).address -}}
{{- if and (not .Values.kafka.enabled) $ingest.enabled (not $address) -}}
{{- fail "kafka.enabled is false, but mimir.structuredConfig.ingest_storage.enabled is true and no ingest_storage.kafka.address is set" -}}
{{- end -}}
{{- range $component := list "ingester" "store_gateway" "alertmanager" -}}
{{- if and (get $.Values $component).zoneAwareReplication.enabled (not $.Values.rollout_operator.enabled) -}}
{{- fail (printf "%s.zoneAwareReplication.enabled needs rollout_operator.enabled" $component) -}}
{{- end -}}
{{- end -}}
{{- include "stand-in.refuse-unsupported" (dict "values" .Values "paths" (list
  "enterprise.enabled" "gateway.ingress.enabled" "gateway.autoscaling.enabled" "distributor.kedaAutoscaling.enabled"
  "querier.kedaAutoscaling.enabled" "query_frontend.kedaAutoscaling.enabled" "ruler.kedaAutoscaling.enabled"
  "vaultAgent.enabled" "metaMonitoring.serviceMonitor.enabled" "metaMonitoring.prometheusRule.enabled"
  "metaMonitoring.dashboards.enabled" "continuous_test.enabled"
  )) -}}
{{- end -}}

{{/* Spread over nodes: the chart takes one constraint or a list, and adds the component's own labels. In: constraints
(map or list), selector. */}}
{{- define "mimir.spread" -}}
{{- $constraints := kindIs "map" .constraints | ternary (list .constraints) (default list .constraints) -}}
{{- range $constraints }}
- {{ toYaml (merge (dict "labelSelector" (dict "matchLabels" (fromYaml $.selector))) .) | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* A pod of Mimir. In: root, component (kebab-case), key (snake_case), values, zone (optional), claim (whether
it has one). */}}
{{- define "mimir.pod" -}}
{{- $root := .root -}}
{{- $selector := include "mimir.selector" . -}}
{{- $global := $root.Values.global -}}
metadata:
  labels:
    {{- $selector | nindent 4 }}
    {{- if .values.memberlist }}
    app.kubernetes.io/part-of: memberlist
    {{- end }}
    {{- with .zone }}
    zone: {{ .name }}
    name: {{ printf "%s-%s" $.component .name }}
    {{- end }}
    {{- include "stand-in.maps" (list $global.podLabels .values.podLabels) | nindent 4 }}
  annotations:
    checksum/config: {{ include "mimir.config" $root | sha256sum }}
    {{- include "stand-in.maps" (list $global.podAnnotations .values.podAnnotations) | nindent 4 }}
spec:
  {{- include "stand-in.identity" (dict "account" (include "mimir.service-account" $root) "security" (default $root.Values.rbac.podSecurityContext .values.securityContext)) | nindent 2 }}
  terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
  {{- $spread := include "mimir.spread" (dict "constraints" .values.topologySpreadConstraints "selector" $selector) | fromYamlArray }}
  {{- $zoned := dict "nodeSelector" (default dict .zone).nodeSelector }}
  {{- include "stand-in.placement" (list $zoned (merge (dict "topologySpreadConstraints" $spread) (omit .values "topologySpreadConstraints"))) | nindent 2 }}
  containers:
    - name: {{ .component }}
      image: {{ include "stand-in.image" (dict "image" $root.Values.image "tag" $root.Chart.AppVersion) }}
      args:
        - -target={{ .component }}
        - -config.expand-env=true
        - -config.file=/etc/mimir/mimir.yaml
        {{- if .zone }}
        - -{{ eq .component "ingester" | ternary "ingester.ring" "store-gateway.sharding-ring" }}.instance-availability-zone={{ .zone.name }}
        {{- else if eq .component "ingester" }}
        - -ingester.ring.instance-availability-zone=zone-default
        {{- end }}
        {{- range .values.flags }}
        - {{ . }}
        {{- end }}
        {{- if and (eq .component "ruler") .values.memBallastSizeBytes }}
        - -mem-ballast-size-bytes={{ int64 .values.memBallastSizeBytes }}
        {{- end }}
        {{- range $key, $value := .values.extraArgs }}
        - "-{{ $key }}={{ $value }}"
        {{- end }}
      ports:
        - {name: http-metrics, containerPort: 8080, protocol: TCP}
        - {name: grpc, containerPort: 9095, protocol: TCP}
        {{- if .values.memberlist }}
        - {name: memberlist, containerPort: 7946, protocol: TCP}
        {{- end }}
      readinessProbe:
        {{- toYaml .values.readinessProbe | nindent 8 }}
      {{- include "stand-in.container" (dict "values" .values "from" (list $global .values) "env" (include "mimir.environment" . | fromYamlArray) "security" (default $root.Values.containerSecurityContext .values.containerSecurityContext)) | nindent 6 }}
      volumeMounts:
        - {name: config, mountPath: /etc/mimir}
        - {name: runtime-config, mountPath: /var/mimir}
        - {name: storage, mountPath: /data}
        - {name: active-queries, mountPath: /active-query-tracker}
        {{- if eq .component "alertmanager" }}
        - {name: alertmanager-fallback-config, mountPath: /configs/}
        - {name: tmp, mountPath: /tmp}
        {{- end }}
        {{- include "stand-in.list" (dict "key" "extraVolumeMounts" "from" (list .values)) | nindent 8 }}
  volumes:
    - name: config
      configMap: {name: {{ include "mimir.fullname" $root }}-config, items: [{key: mimir.yaml, path: mimir.yaml}]}
    - name: runtime-config
      configMap: {name: {{ include "mimir.fullname" $root }}-runtime}
    - name: active-queries
      emptyDir: {}
    {{- if eq .component "alertmanager" }}
    - name: alertmanager-fallback-config
      configMap: {name: {{ include "mimir.fullname" $root }}-alertmanager-fallback-config}
    - name: tmp
      emptyDir: {}
    {{- end }}
    {{- if not .claim }}
    - name: storage
      emptyDir: {}
    {{- end }}
    {{- include "stand-in.list" (dict "key" "extraVolumes" "from" (list .values)) | nindent 4 }}
{{- end -}}
