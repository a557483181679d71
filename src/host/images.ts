/** Loads the images of an agent turn, within the host's limits (docs/gateway/openai-http-api.md, "Request limits"). */
import { detectMime, normalizeMimeType } from "openclaw/plugin-sdk/media-mime";
import {
  canonicalizeBase64,
  estimateBase64DecodedBytes,
  readResponseWithLimit,
} from "openclaw/plugin-sdk/media-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { fetchWithSsrFGuard } from "openclaw/plugin-sdk/ssrf-runtime";
import { optimizeImageToJpeg } from "openclaw/plugin-sdk/web-media";
import { refusal } from "../protocols/core-error.ts";
import type { RunImage } from "../agent/run.ts";

const maxImages = 8;
const maxTotalBytes = 20 * 1024 * 1024;
const defaultTypes = ["jpeg", "png", "gif", "webp", "heic", "heif"].map((type) => `image/${type}`);
/** Providers cannot read these types; such images are converted to JPEG. */
const convertedTypes: ReadonlySet<string> = new Set(["image/heic", "image/heif"]);

interface Limits {
  readonly allowUrl: boolean;
  readonly urlAllowlist: string[] | undefined;
  readonly allowedMimes: ReadonlySet<string>;
  readonly maxBytes: number;
  readonly maxRedirects: number;
  readonly timeoutMs: number;
}

interface Source {
  readonly bytes: Buffer;
  readonly declaredType: string | undefined;
}

/**
 * Reads `data:` URLs, and downloads other URLs if the gateway's operator allows it.
 * @throws RelayError `invalid_body`, or the signal's reason.
 */
export async function loadImages(
  config: OpenClawConfig,
  urls: readonly string[],
  signal: AbortSignal,
): Promise<RunImage[]> {
  const limits = limitsOf(config);
  const images: RunImage[] = [];
  let totalBytes = 0;
  try {
    assert(urls.length <= maxImages, "too many images");
    for (const url of urls) {
      const source = /^data:/i.test(url) ? readDataUrl(url) : await download(url, limits, signal);
      const image = await imageOf(source, limits);
      totalBytes += estimateBase64DecodedBytes(image.data);
      assert(totalBytes <= maxTotalBytes, "the images are too large together");
      images.push(image);
    }
  } catch (cause) {
    signal.throwIfAborted();
    // The cause may quote a URL or a body, so the client gets only core's message.
    throw refusal("Invalid image_url content in `messages`.", cause);
  }
  signal.throwIfAborted();
  return images;
}

function limitsOf(config: OpenClawConfig): Limits {
  const images = config.gateway?.http?.endpoints?.chatCompletions?.images;
  const hosts = (images?.urlAllowlist ?? []).map((host) => host.trim()).filter(Boolean);
  const types = images?.allowedMimes?.length ? images.allowedMimes : defaultTypes;
  return {
    allowUrl: images?.allowUrl ?? false,
    urlAllowlist: hosts.length === 0 ? undefined : hosts,
    allowedMimes: new Set(types.flatMap((type) => normalizeMimeType(type) ?? [])),
    maxBytes: images?.maxBytes ?? 10 * 1024 * 1024,
    maxRedirects: images?.maxRedirects ?? 3,
    timeoutMs: images?.timeoutMs ?? 10_000,
  };
}

/** Decodes a `data:` URL (RFC 2397). Only base64 is supported. */
function readDataUrl(url: string): Source {
  const [, metadata = "", data = ""] = /^data:([^,]*),(.*)$/is.exec(url) ?? [];
  const parts = metadata.split(";").map((part) => part.trim());
  assert(
    parts.some((part) => part.toLowerCase() === "base64"),
    "not base64",
  );
  const canonical = canonicalizeBase64(data.trim());
  assert(canonical !== undefined && canonical !== "", "no valid base64");
  return {
    bytes: Buffer.from(canonical, "base64"),
    declaredType: normalizeMimeType(parts.find((part) => part.includes("/"))) ?? "image/png",
  };
}

/** Downloads with the host's own guard, which refuses private addresses and enforces the limits on redirects and hosts. */
async function download(url: string, limits: Limits, signal: AbortSignal): Promise<Source> {
  assert(limits.allowUrl, "URLs are not allowed");
  const { response, release } = await fetchWithSsrFGuard({
    url,
    maxRedirects: limits.maxRedirects,
    timeoutMs: limits.timeoutMs,
    signal,
    policy: {
      allowPrivateNetwork: false,
      ...(limits.urlAllowlist === undefined ? {} : { hostnameAllowlist: limits.urlAllowlist }),
    },
    auditContext: "openclaw-passthrough.image_url",
  });
  try {
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return {
      bytes: await readResponseWithLimit(response, limits.maxBytes),
      declaredType: normalizeMimeType(response.headers.get("content-type") ?? undefined),
    };
  } finally {
    await release();
  }
}

async function imageOf({ bytes, declaredType }: Source, limits: Limits): Promise<RunImage> {
  assert(bytes.length <= limits.maxBytes, "an image is too large");
  const detected = normalizeMimeType(
    await detectMime({ buffer: bytes, headerMime: declaredType ?? null }),
  );
  const isOther = declaredType?.startsWith("image/") && detected && !detected.startsWith("image/");
  assert(!isOther, "not an image");
  const found = (detected?.startsWith("image/") ? detected : declaredType) ?? "";
  const type = found.replace(/^(image\/hei[cf])-sequence$/, "$1");
  assert(limits.allowedMimes.has(type), "not an allowed type");
  if (!convertedTypes.has(type)) {
    return { type: "image", data: bytes.toString("base64"), mimeType: type };
  }
  const { buffer } = await optimizeImageToJpeg(bytes, limits.maxBytes, { contentType: type });
  return { type: "image", data: buffer.toString("base64"), mimeType: "image/jpeg" };
}

function assert(condition: unknown, what: string): asserts condition {
  if (!condition) {
    throw new Error(what);
  }
}
