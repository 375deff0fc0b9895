{{/* Where pods run: for each key the first of several sets of values that has it. In: list of values. */}}
{{- define "stand-in.placement" -}}
{{- $placement := dict -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" -}}
{{- range $values := $ -}}
{{- $value := get (default dict $values) $key -}}
{{- if and $value (not (hasKey $placement $key)) -}}
{{- $_ := set $placement $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $placement }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* A pod's service account and volumes' owner: the start of every pod spec. In: account, automount, security. */}}
{{- define "stand-in.identity" -}}
serviceAccountName: {{ .account }}
{{- if kindIs "bool" .automount }}
automountServiceAccountToken: {{ .automount }}
{{- end }}
{{- with .security }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A list of one key from several sets of values, one after the other. In: key, from (list of values). */}}
{{- define "stand-in.list" -}}
{{- range .from }}
{{- with get (default dict .) $.key }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Environment, resources and security of a container. In: values (resources), from (list of values with extraEnv and
extraEnvFrom), env (list of further variables), security. */}}
{{- define "stand-in.container" -}}
{{- $env := include "stand-in.list" (dict "key" "extraEnv" "from" (append .from (dict "extraEnv" .env))) }}
{{- $envFrom := include "stand-in.list" (dict "key" "extraEnvFrom" "from" .from) }}
{{- with $env }}
env:
  {{- . | nindent 2 }}
{{- end }}
{{- with $envFrom }}
envFrom:
  {{- . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml (default dict .values.resources) | nindent 2 }}
{{- with .security }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A StatefulSet's claim. In: name, size, class (optional), modes (optional). */}}
{{- define "stand-in.claim" -}}
metadata:
  name: {{ .name }}
spec:
  accessModes: {{ default (list "ReadWriteOnce") .modes | toJson }}
  {{- with .class }}
  storageClassName: {{ if eq . "-" }}""{{ else }}{{ . }}{{ end }}
  {{- end }}
  resources:
    requests:
      storage: {{ .size }}
{{- end -}}

{{/* A memory quantity in Mi or Gi as whole MiB. In: the quantity. */}}
{{- define "stand-in.mebibytes" -}}
{{- if hasSuffix "Gi" . -}}
{{- mulf (trimSuffix "Gi" . | float64) 1024 | int -}}
{{- else -}}
{{- trimSuffix "Mi" . | int -}}
{{- end -}}
{{- end -}}
