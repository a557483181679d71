/**
 * Takes the place of the host's Prometheus exporter, which is not on npm, and logs the events that it would take: those
 * that are trusted.
 */
import { onInternalDiagnosticEvent } from "openclaw/plugin-sdk/diagnostic-runtime";
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";

export default definePluginEntry({
  id: "diagnostics-prometheus",
  name: "Diagnostics probe",
  description: "Logs diagnostic events, for a test.",
  register(api) {
    if (api.registrationMode !== "full") {
      return;
    }
    onInternalDiagnosticEvent(
      (event, metadata) => api.logger.info(`probe: ${JSON.stringify({ event, metadata })}`),
      {
        include: [
          "model.call.started",
          "model.call.completed",
          "model.call.error",
          "model.usage",
          "model.failover",
        ],
      },
    );
  },
});
