{{- define "collector.name" -}}opentelemetry-collector{{- end -}}

{{- define "collector.fullname" -}}
{{- include "stand-in.fullname" (dict "root" . "name" (include "collector.name" .)) -}}
{{- end -}}

{{/* The workload's own name: a DaemonSet is the agent. */}}
{{- define "collector.workload" -}}
{{- include "collector.fullname" . }}{{ if eq .Values.mode "daemonset" }}-agent{{ end -}}
{{- end -}}

{{- define "collector.component" -}}
{{- get (dict "daemonset" "agent-collector" "deployment" "standalone-collector" "statefulset" "statefulset-collector") .Values.mode -}}
{{- end -}}

{{- define "collector.labels" -}}
{{- include "stand-in.labels" (dict "root" . "name" (include "collector.name" .) "extra" (list .Values.additionalLabels)) -}}
{{- end -}}

{{/* The component label is no app.kubernetes.io label in this chart. */}}
{{- define "collector.selector" -}}
{{ include "stand-in.selector" (dict "root" . "name" (include "collector.name" .)) }}
component: {{ include "collector.component" . }}
{{- end -}}

{{- define "collector.service-account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "collector.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The collector's configuration: alternateConfig alone, or config. */}}
{{- define "collector.config" -}}
{{- tpl (toYaml (default .Values.config .Values.alternateConfig)) . -}}
{{- end -}}

{{/* What the real chart and its schema refuse. */}}
{{- define "collector.validate" -}}
{{- $keys := splitList " " "nameOverride fullnameOverride mode apiVersion namespaceOverride global presets configMap internalTelemetryViaOTLP rewriteDeprecatedComponentNames config alternateConfig image imagePullSecrets command serviceAccount clusterRole podSecurityContext securityContext nodeSelector tolerations affinity topologySpreadConstraints priorityClassName runtimeClassName terminationGracePeriodSeconds extraEnvs extraEnvsFrom extraVolumes extraVolumeMounts extraManifests ports useGOMEMLIMIT resizePolicy resources enableConfigChecksumAnnotation podAnnotations podLabels additionalLabels hostNetwork hostPID hostAliases dnsPolicy dnsConfig schedulerName replicaCount revisionHistoryLimit annotations extraContainers initContainers lifecycleHooks livenessProbe readinessProbe startupProbe service ingress httproute podMonitor serviceMonitor podDisruptionBudget autoscaling rollout prometheusRule statefulset networkPolicy shareProcessNamespace stand-in" -}}
{{- range $key, $_ := .Values -}}
{{- if not (has $key $keys) -}}
{{- fail (printf "the chart's schema knows no value %s" $key) -}}
{{- end -}}
{{- end -}}
{{- if not (has .Values.mode (list "daemonset" "deployment" "statefulset")) -}}
{{- fail "mode must be set to daemonset, deployment or statefulset" -}}
{{- end -}}
{{- if not .Values.image.repository -}}
{{- fail "image.repository must be set: the chart has no default image" -}}
{{- end -}}
{{- include "stand-in.refuse-unsupported" (dict "values" .Values "paths" (list
  "presets.kubernetesObjects.enabled" "presets.profiling.enabled" "presets.resourceDetection.enabled"
  "presets.annotationDiscovery.logs.enabled" "presets.annotationDiscovery.metrics.enabled" "ingress.enabled"
  "httproute.enabled" "podMonitor.enabled" "serviceMonitor.enabled" "prometheusRule.enabled"
  )) -}}
{{- end -}}

{{/* 80 % of the memory limit, in MiB, as GOMEMLIMIT wants it. In: a quantity in Ki, Mi or Gi. */}}
{{- define "collector.go-memory-limit" -}}
{{- $number := regexFind "^[0-9.]+" . | float64 -}}
{{- $mib := $number -}}
{{- if hasSuffix "Gi" . -}}{{- $mib = mulf $number 1024 -}}{{- else if hasSuffix "Ki" . -}}{{- $mib = divf $number 1024 -}}{{- end -}}
{{- printf "%dMiB" (int (floor (mulf $mib 0.8))) -}}
{{- end -}}

{{/* Rules of the cluster role: those given and those of the presets. */}}
{{- define "collector.rules" -}}
{{- with .Values.clusterRole.rules }}
{{ toYaml . }}
{{- end }}
{{- if .Values.presets.kubernetesAttributes.enabled }}
- {apiGroups: [""], resources: [pods, namespaces], verbs: [get, watch, list]}
- {apiGroups: [apps], resources: [replicasets], verbs: [get, list, watch]}
{{- end }}
{{- if .Values.presets.kubeletMetrics.enabled }}
- {apiGroups: [""], resources: [nodes/stats], verbs: [get, watch, list]}
{{- end }}
{{- if or .Values.presets.clusterMetrics.enabled .Values.presets.kubernetesEvents.enabled }}
- {apiGroups: ["", apps, batch, autoscaling, events.k8s.io], resources: ["*"], verbs: [get, list, watch]}
{{- end }}
{{- end -}}

{{/* Container ports; a DaemonSet also opens them on its node. */}}
{{- define "collector.container-ports" -}}
{{- range $name, $port := .Values.ports }}
{{- if $port.enabled }}
- name: {{ $name }}
  containerPort: {{ $port.containerPort }}
  protocol: {{ $port.protocol }}
  {{- if and (eq $.Values.mode "daemonset") $port.hostPort }}
  hostPort: {{ $port.hostPort }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "collector.service-ports" -}}
{{- range $name, $port := .Values.ports }}
{{- if $port.enabled }}
- name: {{ $name }}
  port: {{ $port.servicePort }}
  targetPort: {{ $port.containerPort }}
  protocol: {{ $port.protocol }}
  {{- with $port.appProtocol }}
  appProtocol: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
