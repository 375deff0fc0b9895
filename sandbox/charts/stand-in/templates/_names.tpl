{{/* A release's name prefix, as all charts compute it. In: root, name (the chart's own short name). */}}
{{- define "stand-in.fullname" -}}
{{- $values := .root.Values -}}
{{- $name := default .name $values.nameOverride -}}
{{- if $values.fullnameOverride -}}
{{- $values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .root.Release.Name -}}
{{- .root.Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .root.Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select a component's pods. In: root, name, component (optional). */}}
{{- define "stand-in.selector" -}}
app.kubernetes.io/name: {{ default .name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* Labels of every object. In: root, name, component (optional), extra (optional list of maps). */}}
{{- define "stand-in.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{ include "stand-in.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- include "stand-in.maps" .extra }}
{{- end -}}

{{/* The entries of several maps, each on a new line; empty and missing maps add nothing. In: list of maps. */}}
{{- define "stand-in.maps" -}}
{{- range . }}
{{- with . }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* An image reference. In: image (registry, repository, tag, digest or sha), registry (optional), tag (default). */}}
{{- define "stand-in.image" -}}
{{- $image := .image -}}
{{- $registry := coalesce .registry $image.registry -}}
{{- if $registry }}{{ $registry }}/{{ end }}{{ $image.repository }}:{{ default .tag $image.tag }}
{{- with (coalesce $image.digest $image.sha) }}@{{ if not (contains ":" .) }}sha256:{{ end }}{{ . }}{{ end }}
{{- end -}}

{{/* Fails for a switch that the real chart has and this one doesn't turn into objects.
In: values, paths (dotted, each the path of a switch). */}}
{{- define "stand-in.refuse-unsupported" -}}
{{- range $path := .paths -}}
{{- $value := $.values -}}
{{- range splitList "." $path -}}
{{- $value = get (default dict $value) . -}}
{{- end -}}
{{- if $value -}}
{{- fail (printf "this stand-in chart does not simulate %s; the real chart does" $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}
