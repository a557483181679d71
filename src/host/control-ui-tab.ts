/** A tab in the host's Control UI, which shows a route of the plugin in a sandboxed frame. */
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { isAtLeast } from "./capabilities.ts";

/** Older hosts accept a tab, but not the cookie that lets its frame in. */
const framesSince = [2026, 8, 2];

export interface ControlUiTab {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Its address in the Control UI. */
  readonly slug: string;
  /** A route of the plugin with `auth: "gateway"`. */
  readonly path: string;
  /** A name of the Control UI's icons. */
  readonly icon: string;
}

interface Api {
  readonly session?: {
    readonly controls?: Partial<OpenClawPluginApi["session"]["controls"]> | undefined;
  };
}

/** @returns whether the host has such tabs. */
export function registerTab(api: Api, hostVersion: string, tab: ControlUiTab): boolean {
  const register = api.session?.controls?.registerControlUiDescriptor;
  if (register === undefined || !isAtLeast(hostVersion, framesSince)) {
    return false;
  }
  register({ ...tab, surface: "tab", group: "control", requiredScopes: ["operator.read"] });
  return true;
}
