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

{{/* What every container of Payday has in common. */}}
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

{{- define "payday.env" -}}
- { name: PAYDAY_LOG_URL, value: {{ .Values.log.url | quote }} }
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}
