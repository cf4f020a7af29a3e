{{- define "payday.labels" -}}
app.kubernetes.io/name: payday
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "payday.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Fields shared by every Payday container. */}}
{{- define "payday.container" -}}
image: {{ include "payday.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 1000
  capabilities: { drop: [ALL] }
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/*
Everything that a prober must never call for a team: every service of this release, each of its pods (through a headless service), and
the cluster's API. The prober knows the log and the database from its own settings.
*/}}
{{- define "payday.deniedOrigins" -}}
{{- $origins := list (printf "http://%s-pods:3000" .Release.Name) "https://kubernetes.default.svc" -}}
{{- range $name, $_ := .Values.services -}}
{{- $origins = append $origins (printf "http://%s-%s:3000" $.Release.Name $name) -}}
{{- end -}}
{{- concat $origins .Values.prober.deniedOrigins | join "," -}}
{{- end }}

{{- define "payday.env" -}}
- { name: PAYDAY_LOG_URL, value: {{ .Values.log.url | quote }} }
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}
