/** A collector that takes OTLP over HTTP (protobuf), for real, and misbehaves on command. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

type Value = string | number | boolean | readonly Value[];
type Attributes = Readonly<Record<string, Value>>;

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly attributes: Attributes;
  }[];
  readonly isError: boolean;
  readonly resource: Attributes;
}

export interface Collector {
  readonly endpoint: string;
  readonly spans: readonly CollectedSpan[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Everything received, as text, to look for secrets in. */
  raw(): string;
  /** How it answers from now on; by default with 200. */
  answer: (response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const sent = Buffer.concat(parts);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
      requests.push({ path: request.url ?? "", headers: request.headers });
      bodies.push(body);
      spans.push(...spansOf(body));
      collector.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const collector: Collector = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    raw: () => Buffer.concat(bodies).toString("latin1") + JSON.stringify(requests),
    answer: (response) => void response.writeHead(200).end(),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return collector;
}

/** A field of a protobuf message: a number for varints and fixed widths, else bytes. */
interface Field {
  readonly id: number;
  readonly number: bigint;
  readonly bytes: Buffer;
}

const nothing = Buffer.alloc(0);

/** The fields of a message (https://protobuf.dev/programming-guides/encoding/). */
function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const id = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (wire === 0) {
      fields.push({ id, number: varint(), bytes: nothing });
      continue;
    }
    const length = wire === 1 ? 8 : wire === 5 ? 4 : Number(varint());
    const part = bytes.subarray(at, at + length);
    at += length;
    fields.push({ id, number: wire === 1 ? part.readBigUInt64LE() : 0n, bytes: part });
  }
  return fields;
}

const all = (fields: readonly Field[], id: number) => fields.filter((field) => field.id === id);
const bytesOf = (fields: readonly Field[], id: number) => all(fields, id)[0]?.bytes ?? nothing;
const numberOf = (fields: readonly Field[], id: number) => all(fields, id)[0]?.number ?? 0n;
const millis = (nanos: bigint) => Number(nanos / 1000n) / 1000;

function valueOf(bytes: Buffer): Value {
  const [field] = fieldsOf(bytes);
  switch (field?.id) {
    case 1:
      return field.bytes.toString();
    case 2:
      return field.number === 1n;
    case 3:
      return Number(field.number);
    case 4:
      return field.bytes.readDoubleLE();
    case 5:
      return all(fieldsOf(field.bytes), 1).map((item) => valueOf(item.bytes));
    default:
      return "";
  }
}

function attributesOf(fields: readonly Field[], id: number): Attributes {
  return Object.fromEntries(
    all(fields, id).map(({ bytes }) => {
      const pair = fieldsOf(bytes);
      return [bytesOf(pair, 1).toString(), valueOf(bytesOf(pair, 2))];
    }),
  );
}

/** `ExportTraceServiceRequest` of opentelemetry-proto. */
function spansOf(body: Buffer): CollectedSpan[] {
  return all(fieldsOf(body), 1).flatMap(({ bytes: resourceSpans }) => {
    const resource = attributesOf(fieldsOf(bytesOf(fieldsOf(resourceSpans), 1)), 1);
    return all(fieldsOf(resourceSpans), 2).flatMap(({ bytes: scopeSpans }) =>
      all(fieldsOf(scopeSpans), 2).map(({ bytes }) => spanOf(fieldsOf(bytes), resource)),
    );
  });
}

function spanOf(span: readonly Field[], resource: Attributes): CollectedSpan {
  return {
    traceId: bytesOf(span, 1).toString("hex"),
    spanId: bytesOf(span, 2).toString("hex"),
    parentId: bytesOf(span, 4).toString("hex"),
    name: bytesOf(span, 5).toString(),
    kind: Number(numberOf(span, 6)),
    startMs: millis(numberOf(span, 7)),
    endMs: millis(numberOf(span, 8)),
    attributes: attributesOf(span, 9),
    events: all(span, 11).map(({ bytes }) => {
      const event = fieldsOf(bytes);
      return {
        name: bytesOf(event, 2).toString(),
        atMs: millis(numberOf(event, 1)),
        attributes: attributesOf(event, 3),
      };
    }),
    isError: numberOf(fieldsOf(bytesOf(span, 15)), 3) === 2n,
    resource,
  };
}
