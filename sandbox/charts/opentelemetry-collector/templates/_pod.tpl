{{/* The pod template of all three modes. */}}
{{- define "collector.pod" -}}
{{- $presets := .Values.presets -}}
{{- $logs := $presets.logsCollection -}}
metadata:
  annotations:
    checksum/config: {{ include "collector.config" . | sha256sum }}
    {{- include "stand-in.maps" (list .Values.podAnnotations) | nindent 4 }}
  labels:
    {{- include "collector.selector" . | nindent 4 }}
    {{- include "stand-in.maps" (list .Values.podLabels) | nindent 4 }}
spec:
  {{- include "stand-in.identity" (dict "account" (include "collector.service-account" .) "automount" .Values.serviceAccount.automountServiceAccountToken "security" .Values.podSecurityContext) | nindent 2 }}
  {{- include "stand-in.placement" (list .Values) | nindent 2 }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  {{- end }}
  {{- with .Values.terminationGracePeriodSeconds }}
  terminationGracePeriodSeconds: {{ . }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ include "collector.name" . }}
      image: {{ include "stand-in.image" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
      {{- with .Values.command.name }}
      command: [/{{ . }}]
      {{- end }}
      args:
        - --config=/conf/relay.yaml
        {{- range .Values.command.extraArgs }}
        - {{ . | quote }}
        {{- end }}
      ports:
        {{- include "collector.container-ports" . | nindent 8 }}
      env:
        - name: MY_POD_IP
          valueFrom: {fieldRef: {apiVersion: v1, fieldPath: status.podIP}}
        {{- range $variable, $field := dict "OTEL_K8S_NAMESPACE" "metadata.namespace" "OTEL_K8S_NODE_NAME" "spec.nodeName" "OTEL_K8S_NODE_IP" "status.hostIP" "OTEL_K8S_POD_NAME" "metadata.name" "OTEL_K8S_POD_IP" "status.podIP" }}
        - name: {{ $variable }}
          valueFrom: {fieldRef: {apiVersion: v1, fieldPath: {{ $field }}}}
        {{- end }}
        {{- if or $presets.kubeletMetrics.enabled $presets.kubernetesAttributes.enabled }}
        - name: K8S_NODE_NAME
          valueFrom: {fieldRef: {apiVersion: v1, fieldPath: spec.nodeName}}
        {{- end }}
        {{- $limit := (default dict .Values.resources.limits).memory }}
        {{- if and .Values.useGOMEMLIMIT $limit }}
        - {name: GOMEMLIMIT, value: {{ include "collector.go-memory-limit" $limit | quote }}}
        {{- end }}
        {{- with .Values.extraEnvs }}
        {{- tpl (toYaml .) $ | nindent 8 }}
        {{- end }}
      {{- with .Values.extraEnvsFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      livenessProbe:
        httpGet: {path: /, port: 13133}
      readinessProbe:
        httpGet: {path: /, port: 13133}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      {{- if and (not .Values.securityContext) $logs.enabled $logs.storeCheckpoints }}
      securityContext: {runAsUser: 0, runAsGroup: 0}
      {{- else }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      {{- end }}
      volumeMounts:
        - {name: opentelemetry-collector-configmap, mountPath: /conf}
        {{- if $logs.enabled }}
        - {name: varlogpods, mountPath: /var/log/pods, readOnly: true}
        - {name: varlibdockercontainers, mountPath: /var/lib/docker/containers, readOnly: true}
        {{- if $logs.storeCheckpoints }}
        - {name: varlibotelcol, mountPath: /var/lib/otelcol}
        {{- end }}
        {{- end }}
        {{- if $presets.hostMetrics.enabled }}
        - {name: hostfs, mountPath: /hostfs, readOnly: true, mountPropagation: HostToContainer}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: opentelemetry-collector-configmap
      configMap:
        name: {{ .Values.configMap.existingName | default (include "collector.config-map" .) }}
        items: [{key: relay, path: relay.yaml}]
    {{- if $logs.enabled }}
    - {name: varlogpods, hostPath: {path: /var/log/pods}}
    - {name: varlibdockercontainers, hostPath: {path: /var/lib/docker/containers}}
    {{- if $logs.storeCheckpoints }}
    - {name: varlibotelcol, hostPath: {path: /var/lib/otelcol, type: DirectoryOrCreate}}
    {{- end }}
    {{- end }}
    {{- if $presets.hostMetrics.enabled }}
    - {name: hostfs, hostPath: {path: /}}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "collector.config-map" -}}
{{- $suffix := get (dict "daemonset" "-agent" "deployment" "" "statefulset" "-statefulset") .Values.mode -}}
{{- include "collector.fullname" . }}{{ $suffix }}
{{- end -}}
