{{/* A service account. In: root, name, labels, values (create, annotations, automountServiceAccountToken). */}}
{{- define "stand-in.service-account" -}}
{{- if .values.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
  {{- with .values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if kindIs "bool" .values.automountServiceAccountToken }}
automountServiceAccountToken: {{ .values.automountServiceAccountToken }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* A service. In: root, name, labels, selector, ports (list), values (optional: type, annotations, labels,
internalTrafficPolicy, trafficDistribution, loadBalancerClass), headless and unready (optional: publish pods that
aren't ready). */}}
{{- define "stand-in.service" -}}
{{- $values := default dict .values -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
    {{- include "stand-in.maps" (list $values.labels) | nindent 4 }}
  {{- with $values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if .headless }}
  clusterIP: None
  {{- else }}
  type: {{ default "ClusterIP" $values.type }}
  {{- range $key := list "internalTrafficPolicy" "trafficDistribution" "loadBalancerClass" "loadBalancerSourceRanges" }}
  {{- with get $values $key }}
  {{ $key }}: {{ toJson . }}
  {{- end }}
  {{- end }}
  {{- end }}
  {{- if .unready }}
  publishNotReadyAddresses: true
  {{- end }}
  ports:
    {{- toYaml .ports | nindent 4 }}
  selector:
    {{- .selector | nindent 4 }}
{{- end -}}

{{/* A pod disruption budget. In: root, name, labels, selector, values (minAvailable or maxUnavailable). */}}
{{- define "stand-in.disruption-budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
spec:
  {{- if not (kindIs "invalid" .values.minAvailable) }}
  minAvailable: {{ .values.minAvailable }}
  {{- else }}
  maxUnavailable: {{ kindIs "invalid" .values.maxUnavailable | ternary 1 .values.maxUnavailable }}
  {{- end }}
  selector:
    matchLabels:
      {{- .selector | nindent 6 }}
{{- end -}}
