/** What clients are told when the data plane cannot serve them. */
import { RelayError } from "../errors.ts";

/** The data plane ended while it served the request. */
export function dataPlaneFailed(): RelayError {
  return new RelayError(
    "data_plane_failed",
    "The relay's data plane ended while it served this request. It starts again by itself; send the request again.",
  );
}

/** The data plane does not run. */
export function dataPlaneUnavailable(): RelayError {
  return new RelayError(
    "data_plane_unavailable",
    "The relay's data plane does not run. The gateway's operator can see why with `openclaw gateway call passthrough.status`.",
  );
}
