/** Writes one part of a message for Google's Gemini API. */
import type { Part } from "../model-request.ts";
import type { Parameters } from "../parameters.ts";

type Json = Readonly<Record<string, unknown>>;

export function writePart(part: Part, parameters: Parameters): Json {
  switch (part.kind) {
    case "text":
      return { text: part.text };
    case "image":
      return part.source.kind === "data" ? inlineData(part.source) : fileData(part.source.url);
    case "audio":
      return inlineData({ mediaType: `audio/${part.format}`, base64: part.base64 });
    case "file": {
      if (part.filename !== undefined) {
        parameters.drop("messages.content.file.filename");
      }
      const { source } = part;
      return source.kind === "data"
        ? inlineData(source)
        : fileData(source.kind === "id" ? uploadedFile(source.id) : source.url);
    }
    case "vendor":
      return ownMembers(part.value);
  }
}

/**
 * A vendor's part or tool, as Google has it: the member that says what it is, without OpenAI's `type`. A type alone, such as
 * `{"type": "googleSearch"}`, becomes the member: `{"googleSearch": {}}`.
 */
export function ownMembers({ type, ...members }: Json): Json {
  return Object.keys(members).length === 0 ? Object.fromEntries([[String(type), {}]]) : members;
}

interface Data {
  readonly mediaType: string;
  readonly base64: string;
}

function inlineData({ mediaType, base64 }: Data): Json {
  return { inlineData: { mimeType: mediaType, data: base64 } };
}

const filesUrl = "https://generativelanguage.googleapis.com/v1beta/";

/** Files that were uploaded to Google have names such as `files/abc`. Their URIs are ids, too. */
function uploadedFile(id: string): string {
  return id.startsWith("files/") ? filesUrl + id : id;
}

/** Vertex AI needs the media type of a URI. The Gemini API takes it from the content. */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["mp3", "audio/mp3"],
  ["wav", "audio/wav"],
  ["mp4", "video/mp4"],
]);

/** Which URLs Google fetches is its own rule: its files, Cloud Storage and YouTube, and public ones since 2026. */
function fileData(fileUri: string): Json {
  const mimeType = mediaTypes.get(/\.([a-z0-9]{1,5})$/i.exec(fileUri)?.[1]?.toLowerCase() ?? "");
  return { fileData: { ...(mimeType === undefined ? {} : { mimeType }), fileUri } };
}
