/**
 * Loaded into a gateway before all else (`node --import`): a timer of more than a minute that the plugin sets goes off
 * after a second. What others set is left alone.
 */
// Where the host loads an installed plugin from: its folder, or a copy.
const installed = /\/extensions\/passthrough\/|\/plugin-captures\//;
const setTimeoutAsIs = globalThis.setTimeout;
globalThis.setTimeout = Object.assign((run, afterMs, ...rest) => {
  const ofPlugin = afterMs > 60_000 && installed.test(new Error().stack ?? "");
  return setTimeoutAsIs(run, ofPlugin ? 1000 : afterMs, ...rest);
}, setTimeoutAsIs);
