/** The certificate and key of a TLS listener, as their files have them now. */
import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { ListenSettings } from "../config/schema.ts";

type CertificateFiles = NonNullable<ListenSettings["tls"]>;

/** In PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export type ReadCertificate =
  | { readonly kind: "valid"; readonly certificate: Certificate }
  /** `problem` is a sentence that says what to do. */
  | { readonly kind: "invalid"; readonly problem: string };

/** Never rejects. No error of OpenSSL is quoted beyond its code, because it could have bytes of the key. */
export async function readCertificate(files: CertificateFiles): Promise<ReadCertificate> {
  const [cert, key] = await Promise.all([readPem(files.certFile), readPem(files.keyFile)]);
  const unreadable = [cert, key].find((one) => typeof one === "string");
  if (typeof cert === "string" || typeof key === "string") {
    return { kind: "invalid", problem: unreadable ?? "" };
  }
  try {
    createSecureContext({ cert, key });
    return { kind: "valid", certificate: { cert, key } };
  } catch (error) {
    return {
      kind: "invalid",
      problem: `listen.tls.certFile and listen.tls.keyFile cannot be used (${codeOf(error)}). Let them name a certificate and its own private key without a passphrase, both in PEM.`,
    };
  }
}

/** The contents, or a sentence that says why there are none. */
async function readPem(path: string): Promise<Buffer | string> {
  try {
    return await readFile(path);
  } catch (error) {
    return `${path} of listen.tls cannot be read (${codeOf(error)}). Name a file that the gateway's user may read.`;
  }
}

/** A text that changes when one of the files does. */
export async function versionOf({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const versions = await Promise.all(
    [certFile, keyFile].map((path) =>
      stat(path, { bigint: true }).then(
        ({ ino, size, mtimeNs }) => `${path} ${ino} ${size} ${mtimeNs}`,
        (error: unknown) => `${path} ${codeOf(error)}`,
      ),
    ),
  );
  return versions.join("\n");
}

/** Such as `ENOENT`. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown error";
}
