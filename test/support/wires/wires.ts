/** The scripted wires, one line each. */
import { scriptedAnthropic } from "./anthropic-messages.ts";
import type { ScriptedWire } from "./scene.ts";

export const scriptedWires: readonly ScriptedWire[] = [scriptedAnthropic];
