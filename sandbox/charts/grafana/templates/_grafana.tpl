{{- define "grafana.fullname" -}}
{{- include "stand-in.fullname" (dict "root" . "name" "grafana") -}}
{{- end -}}

{{- define "grafana.labels" -}}
{{- include "stand-in.labels" (dict "root" . "name" "grafana" "extra" (list .Values.extraLabels)) -}}
{{- end -}}

{{- define "grafana.selector" -}}
{{- include "stand-in.selector" (dict "root" . "name" "grafana") -}}
{{- end -}}

{{- define "grafana.service-account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "grafana.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Refuses secrets written into grafana.ini: only a variable expansion ($__file{}, $__env{}, ${}) may stand there. */}}
{{- define "grafana.validate" -}}
{{- if .Values.assertNoLeakedSecrets -}}
{{- $secrets := list "admin_password" "client_secret" "password" "secret_key" "session_provider_config" "account_key" "token" -}}
{{- range $section, $settings := get .Values "grafana.ini" -}}
{{- if kindIs "map" $settings -}}
{{- range $key, $value := $settings -}}
{{- if and (has $key $secrets) $value (not (regexMatch "\\$(__(file|env|vault))?\\{[^}]+}" (toString $value))) -}}
{{- fail (printf "grafana.ini holds a secret in %s.%s: use a variable expansion, or switch assertNoLeakedSecrets off" $section $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "stand-in.refuse-unsupported" (dict "values" .Values "paths" (list
  "imageRenderer.enabled" "autoscaling.enabled" "ingress.enabled" "networkPolicy.enabled" "serviceMonitor.enabled"
  "ldap.enabled" "sidecar.plugins.enabled" "sidecar.notifiers.enabled" "headlessService" "useStatefulSet"
  "rbac.useExistingRole" "rbac.useExistingClusterRole"
  )) -}}
{{- if ne .Values.persistence.type "pvc" -}}
{{- fail "this stand-in chart simulates persistence.type pvc only" -}}
{{- end -}}
{{- end -}}

{{/* grafana.ini: top-level keys first, then a section for each map. */}}
{{- define "grafana.ini" -}}
{{- range $key, $value := get .Values "grafana.ini" }}
{{- if not (kindIs "map" $value) }}
{{ $key }} = {{ $value }}
{{- end }}
{{- end }}
{{- range $section, $settings := get .Values "grafana.ini" }}
{{- if kindIs "map" $settings }}
[{{ $section }}]
{{- range $key, $value := $settings }}
{{- if not (kindIs "invalid" $value) }}
{{ $key }} = {{ if kindIs "float64" $value }}{{ int64 $value }}{{ else }}{{ tpl (toString $value) $ }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A watcher of ConfigMaps and Secrets. In: root, name, watched (its values), folder, reload (what Grafana reads again). */}}
{{- define "grafana.watcher" -}}
{{- $sidecar := .root.Values.sidecar -}}
- name: {{ include "grafana.fullname" .root }}-sc-{{ .name }}
  image: {{ include "stand-in.image" (dict "image" $sidecar.image "registry" .root.Values.global.imageRegistry) }}
  env:
    - {name: METHOD, value: WATCH}
    - {name: LABEL, value: {{ .watched.label | quote }}}
    - {name: LABEL_VALUE, value: {{ .watched.labelValue | quote }}}
    - {name: FOLDER, value: {{ .folder | quote }}}
    - {name: RESOURCE, value: {{ .watched.resource | quote }}}
    {{- with .watched.folderAnnotation }}
    - {name: FOLDER_ANNOTATION, value: {{ . | quote }}}
    {{- end }}
    {{- with .watched.searchNamespace }}
    - {name: NAMESPACE, value: {{ . | toString | quote }}}
    {{- end }}
    - {name: REQ_URL, value: "http://localhost:3000/api/admin/provisioning/{{ .reload }}/reload"}
    - {name: REQ_METHOD, value: POST}
    - name: REQ_USERNAME
      valueFrom: {secretKeyRef: {{ .login.user | toJson }}}
    - name: REQ_PASSWORD
      valueFrom: {secretKeyRef: {{ .login.password | toJson }}}
  resources:
    {{- toYaml $sidecar.resources | nindent 4 }}
  securityContext:
    {{- toYaml $sidecar.securityContext | nindent 4 }}
  volumeMounts:
    - {name: sc-{{ .name }}-volume, mountPath: {{ .folder }}}
    {{- with .watched.extraMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
