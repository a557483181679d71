/** The text of a virtual key, which its holder sends. The gateway stores only a digest of it. */
import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const prefix = "ocp_";
const secretBytes = 32;
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Base-62 digits for 256 bits and for 32 bits: 62 ** 43 > 2 ** 256, and 62 ** 6 > 2 ** 32. */
const secretLength = 43;
const checksumLength = 6;
const shape = new RegExp(
  `^${prefix}([0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{${checksumLength}})$`,
);

/** Creates a key: 256 random bits and a checksum. In base 62, so that a double click selects the whole key. */
export function createKeyText(): string {
  const secret = base62(BigInt(`0x${randomBytes(secretBytes).toString("hex")}`), secretLength);
  return prefix + secret + checksum(secret);
}

/** Whether a text has the shape and the checksum of a key. Detects typing errors without a look-up. */
export function isKeyText(text: string): boolean {
  const [, secret, check] = shape.exec(text) ?? [];
  return secret !== undefined && check === checksum(secret);
}

/** SHA-256 of the whole text. A text with 256 random bits needs neither salt nor key stretching. */
export function keyDigest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function checksum(secret: string): string {
  return base62(BigInt(crc32(prefix + secret)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let rest = value;
  let text = "";
  while (text.length < length) {
    text = digits.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}
