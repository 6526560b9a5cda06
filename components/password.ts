/** Passwords that anybody can type on any keyboard. */
import { createHmac, randomBytes } from "node:crypto";

/** Lower-case letters and digits without l and 1, o and 0, which look alike: 32, so 5 bits each. */
export const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/** 12 characters of 5 bits: 2^60 passwords, far beyond what a log-in page can be asked. */
const LENGTH = 12;

/**
 * The password of one account, derived from the stack's seed and the account's name: it stays the
 * same on every `pulumi up`, and a new account changes nobody else's.
 *
 * @param seed secret text of the stack, kept in its state
 * @param name of the account
 */
export function passwordFor(seed: string, name: string): string {
  const digest = createHmac("sha256", seed).update(`password of ${name}`).digest();
  return letters(digest);
}

/** A password that nothing else knows, and that cannot be made again. */
export function newPassword(): string {
  return letters(randomBytes(LENGTH));
}

function letters(bytes: Uint8Array): string {
  return [...bytes.subarray(0, LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
