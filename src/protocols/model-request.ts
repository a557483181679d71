/** A request to a model, read from a client's body, to be written for a provider that speaks another protocol. Plain data. */

type Json = Readonly<Record<string, unknown>>;

export interface ModelRequest {
  readonly stream: boolean;
  /** Whether a stream should end with its token counts. */
  readonly includesUsage: boolean;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  /** All other parameters, by the names of chat completions or of a vendor. */
  readonly parameters: Json;
  /** Members of messages, parts and tools that chat completions does not have, as names such as `messages.foo`. */
  readonly unknownMembers: readonly string[];
}

interface InRequest {
  /** Where it is in the client's body, such as `messages[2].content[0]`. */
  readonly path: string;
}

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

interface SystemMessage extends InRequest {
  readonly role: "system" | "developer";
  readonly parts: readonly Part[];
  readonly name?: string | undefined;
}

interface UserMessage extends InRequest {
  readonly role: "user";
  readonly parts: readonly Part[];
  readonly name?: string | undefined;
}

export interface AssistantMessage extends InRequest {
  readonly role: "assistant";
  readonly parts: readonly Part[];
  readonly name?: string | undefined;
  readonly refusal: string | undefined;
  readonly calls: readonly Call[];
  /** What the client repeats of the model's reasoning, as text. */
  readonly reasoning: string | undefined;
  /** What the client repeats of a provider's opaque state: the objects that it got in `reasoning_details`. */
  readonly opaque: readonly Json[];
}

export interface ToolMessage extends InRequest {
  readonly role: "tool";
  readonly callId: string;
  readonly parts: readonly Part[];
}

/** A call of an earlier answer. */
export interface Call extends InRequest {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
  /** The opaque state that the client repeats with it. */
  readonly opaque: Json | undefined;
  readonly cacheControl: unknown;
}

export type Part = TextPart | ImagePart | AudioPart | FilePart | VendorPart;

interface AnyPart extends InRequest {
  /** Anthropic's mark for its prompt cache, which other protocols do not have. */
  readonly cacheControl: unknown;
}

interface TextPart extends AnyPart {
  readonly kind: "text";
  readonly text: string;
}

/** Content in the request, or at a URL. */
export type Source =
  | { readonly kind: "data"; readonly mediaType: string; readonly base64: string }
  | { readonly kind: "url"; readonly url: string };

export interface ImagePart extends AnyPart {
  readonly kind: "image";
  readonly source: Source;
  /** `auto`, `low` or `high`. */
  readonly detail: string | undefined;
}

interface AudioPart extends AnyPart {
  readonly kind: "audio";
  readonly base64: string;
  /** Such as `wav` or `mp3`. */
  readonly format: string;
}

export interface FilePart extends AnyPart {
  readonly kind: "file";
  /** Content, or the id of a file that was uploaded to the provider. */
  readonly source: Source | { readonly kind: "id"; readonly id: string };
  readonly filename: string | undefined;
}

/** A part of a type that chat completions does not have: a vendor's own, as it came. */
interface VendorPart extends AnyPart {
  readonly kind: "vendor";
  readonly value: Json;
}

/** A function, or a vendor's own tool as it came. */
export type Tool =
  | (InRequest & {
      readonly kind: "function";
      readonly name: string;
      readonly description: string | undefined;
      readonly parameters: Json | undefined;
      readonly strict: boolean | undefined;
      readonly cacheControl: unknown;
    })
  | (InRequest & { readonly kind: "vendor"; readonly value: Json });

export type ToolChoice =
  | { readonly kind: "auto" | "none" | "required" }
  | { readonly kind: "function"; readonly name: string };
