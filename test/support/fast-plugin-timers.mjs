/**
 * Preloaded into a gateway (`node --import`): timers of more than a minute that the plugin sets fire after a second.
 * Other timers are unchanged.
 */
// The host loads an installed plugin from its folder or from a copy.
const installed = /\/extensions\/passthrough\/|\/plugin-captures\//;
const setTimeoutAsIs = globalThis.setTimeout;
globalThis.setTimeout = Object.assign((run, afterMs, ...rest) => {
  const ofPlugin = afterMs > 60_000 && installed.test(new Error().stack ?? "");
  return setTimeoutAsIs(run, ofPlugin ? 1000 : afterMs, ...rest);
}, setTimeoutAsIs);
