/** Says why a listener cannot bind its address, and what to do. */
import type { ListenSettings } from "../config/schema.ts";

const section = "plugins.entries.passthrough.config.listen";

export function bindFailure(error: unknown, { host, port }: ListenSettings): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is in use. Stop the program that uses it, or set ${section}.port to another port.`;
    case "EACCES":
      return `The gateway's user may not listen on port ${port}. Set ${section}.port to a port from 1024, or permit it.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is no address of this machine. Set ${section}.host to one, such as 127.0.0.1.`;
    default:
      return `The listener cannot use port ${port} of ${host} (${typeof code === "string" ? code : "unknown error"}). Set ${section}.host and ${section}.port to an address of this machine and a free port.`;
  }
}
