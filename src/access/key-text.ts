/** The text of a virtual key: what its holder has. The gateway keeps only a digest of it. */
import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const prefix = "ocp_";
const secretBytes = 32;
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62 ** 43 > 2 ** 256, and 62 ** 6 > 2 ** 32. */
const secretLength = 43;
const checksumLength = 6;
const shape = new RegExp(
  `^${prefix}([0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{${checksumLength}})$`,
);

/** A new key: 256 random bits and a checksum, in base 62, so that a double click takes it whole. */
export function createKeyText(): string {
  const secret = base62(BigInt(`0x${randomBytes(secretBytes).toString("hex")}`), secretLength);
  return prefix + secret + checksum(secret);
}

/** Whether a text can be a key: a typing error is found without a look at the keys that there are. */
export function isKeyText(text: string): boolean {
  const [, secret, check] = shape.exec(text) ?? [];
  return secret !== undefined && check === checksum(secret);
}

/** SHA-256 of the whole text. With 256 random bits in it, it needs neither salt nor stretching. */
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
