/** Calls models with the host's own runtime, which speaks every API that the host and its plugins know. */
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";
import { createRuntimeReader } from "../protocols/host-runtime/answer.ts";
import { readRuntimeError } from "../protocols/host-runtime/error.ts";
import type { RuntimeFailure } from "../protocols/runtime.ts";
import { isRecord } from "../text/json.ts";
import type { ModelRuntime, RuntimeCall } from "../upstream/ports.ts";
import { optionalSdk } from "./optional-sdk.ts";
import type { PreparedModel } from "./provider-route.ts";
import type { Routes } from "./routes.ts";
import { createRuntimeAuth } from "./runtime-auth.ts";

export interface ModelRuntimeOptions {
  /** Returns the host's current config. */
  readonly current: () => OpenClawConfig;
  readonly routes: Pick<Routes, "prepared">;
}

export function createModelRuntime({ current, routes }: ModelRuntimeOptions): ModelRuntime {
  const authFor = createRuntimeAuth(current);
  return {
    async callModel(call) {
      const streamSimple = await loadRuntime();
      const prepared = await routes.prepared(call);
      const auth = await authFor(prepared, call);
      const { context, options, signal } = call;
      call.onBegin();
      signal.throwIfAborted();
      const failure = await relayEvents(
        () =>
          streamSimple(withBaseUrl(prepared, auth.baseUrl), context, {
            ...options,
            // Up to 2026.7 the runtime retries by itself.
            maxRetries: 0,
            ...(auth.apiKey === undefined ? {} : { apiKey: auth.apiKey }),
            signal,
          }),
        call,
      );
      return failure && withoutKeys(failure, [call.key, auth.apiKey]);
    },
  };
}

/** Up to 2026.7 or in a broken install, the host may lack the module or the function. */
async function loadRuntime() {
  const { streamSimple } = await optionalSdk.llm().catch((): never => {
    throw tooOld();
  });
  if (streamSimple === undefined) {
    throw tooOld();
  }
  return streamSimple;
}

function tooOld(): RelayError {
  return new RelayError(
    "api_not_supported",
    "The relay does not speak this model's API, and the gateway's OpenClaw version has no runtime that plugins may call.",
    { param: "model" },
  );
}

/** Passes the events of one call on. @returns the failure with which it ended. */
async function relayEvents(
  open: () => AsyncIterable<unknown>,
  { signal, onEvents }: RuntimeCall,
): Promise<RuntimeFailure | undefined> {
  const reader = createRuntimeReader();
  try {
    for await (const event of open()) {
      signal.throwIfAborted();
      if (isRecord(event) && event["type"] === "error") {
        const message = isRecord(event["error"]) ? event["error"] : {};
        if (!isRefusal(message)) {
          return readRuntimeError(message);
        }
        onEvents(reader.refusal(message));
      } else {
        const events = reader.push(event);
        if (events.length > 0) {
          onEvents(events);
        }
      }
    }
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    return readRuntimeError({ errorMessage: cause instanceof Error ? cause.message : "" });
  }
}

/** Whether the model has refused to answer, which the runtime reports as an error (`isProviderRefusalAssistantError`). */
function isRefusal({ diagnostics }: Readonly<Record<string, unknown>>): boolean {
  return (
    Array.isArray(diagnostics) &&
    diagnostics.some((entry) => isRecord(entry) && entry["type"] === "provider_refusal")
  );
}

/** The model with another base URL. The host's runtime is bound to it by a property that is not enumerable. */
function withBaseUrl(model: PreparedModel, baseUrl: string | undefined): PreparedModel {
  if (baseUrl === undefined || baseUrl === model.baseUrl) {
    return model;
  }
  const copy: PreparedModel = Object.create(null, Object.getOwnPropertyDescriptors(model));
  return Object.assign(copy, { baseUrl });
}

/** A shorter text may be in a message by chance. */
const minKeyLength = 8;

function withoutKeys(
  failure: RuntimeFailure,
  keys: readonly (string | undefined)[],
): RuntimeFailure {
  let { message } = failure;
  for (const key of keys) {
    if (key !== undefined && key.length >= minKeyLength) {
      message = message.replaceAll(key, "***");
    }
  }
  return { ...failure, message };
}
