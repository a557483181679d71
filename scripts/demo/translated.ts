/** Scripted providers whose protocols the relay translates. */
import { startProvider } from "../../test/support/provider.ts";
import { scriptedAnthropic } from "../../test/support/wires/anthropic-messages.ts";
import { scriptedGoogle } from "../../test/support/wires/google-generative-ai.ts";
import { play, type ScriptedWire } from "../../test/support/wires/scene.ts";
import { type Meter, startMeter } from "./meter.ts";

const wires = { Claude: scriptedAnthropic, Gemini: scriptedGoogle };

const modelId = "demo-model";

export interface TranslatedProvider {
  readonly title: string;
  /** Of the provider in the host's config, and of the agent that uses its model. */
  readonly id: string;
  /** `provider/model`. */
  readonly modelRef: string;
  readonly meter: Meter;
  /** Its config under `models.providers`, but for the models. */
  readonly config: { readonly baseUrl: string; readonly api: string; readonly apiKey: string };
  readonly modelId: string;
  close(): Promise<void>;
}

/** Starts one provider of each protocol. */
export function startTranslated(): Promise<TranslatedProvider[]> {
  return Promise.all(Object.entries(wires).map(([title, wire]) => start(title, wire)));
}

async function start(title: string, wire: ScriptedWire): Promise<TranslatedProvider> {
  const id = title.toLowerCase();
  const provider = await startProvider();
  provider.behave(modelId, async (exchange) => {
    // Four bytes a token, as the other local provider counts.
    const input = Math.ceil(exchange.request.body.length / 4);
    const say = ["Hello", " from", " the", " provider."];
    await play(wire, { say, usage: { input, output: 6 } })(exchange);
  });
  const meter = await startMeter(provider.baseUrl);
  return {
    title,
    id,
    modelId,
    modelRef: `${id}/${modelId}`,
    meter,
    config: { baseUrl: wire.baseUrl(meter.baseUrl), api: wire.api, apiKey: "sk-demo" },
    async close() {
      await meter.close();
      await provider.close();
    },
  };
}
