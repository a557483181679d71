/** The gateway methods that the doctor calls, and what they answer. */
import { Type } from "@sinclair/typebox";

/** The status. Its `problems` are what the doctor shows. Scope `operator.read`. */
export const statusMethod = "passthrough.status";

/**
 * The same list, and what the providers say to each credential. Scope `operator.admin`: it sends a request with every
 * credential to every provider, some of which no other request of the caller might reach.
 */
export const doctorMethod = "passthrough.doctor";

/** What both answer; the status has more. */
export const problemsSchema = Type.Object({
  problems: Type.Array(
    Type.Object({
      severity: Type.Union([Type.Literal("error"), Type.Literal("warning")]),
      path: Type.String(),
      message: Type.String(),
      fix: Type.String(),
    }),
  ),
});
