/** The encoder for the host's runtime, for rooms that know no protocol's folder. */
export { encodeForRuntime } from "./host-runtime/request.ts";
