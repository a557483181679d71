/** `openclaw passthrough keys`, without a subcommand: what is left of the keys' limits. */
import type { GroupAction } from "../control/cli.ts";
import type { Keys } from "../control/keys.ts";
import { relayOf } from "./ask.ts";
import { describeKeysNow, keysNow } from "./describe-keys-now.ts";
import type { ConsoleParts } from "./parts.ts";

export function createKeysNow(
  { ask, screen }: ConsoleParts,
  keys: Pick<Keys, "list">,
): GroupAction {
  return {
    async run() {
      const relay = relayOf((await ask.status()).value);
      const now = keysNow(await keys.list(), relay);
      return { text: describeKeysNow(now, screen()), json: { keys: now } };
    },
  };
}
