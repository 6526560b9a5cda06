/** The credentials file that git reads: its format (git-credential-store), and nothing else. */

/** One login at one host. */
export interface Credential {
  /** Name, with a port where it has one: `github.com`, `git.example.org:8443`. */
  host: string;
  username: string;
  token: string;
}

/** As RFC 3986 has it, which git decodes: everything but unreserved characters is written as %XX. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The whole file: `https://USER:TOKEN@HOST`, one line for each credential. */
export function credentialsFile(credentials: readonly Credential[]): string {
  return credentials
    .map(({ host, username, token }) => {
      const [name = "", port] = host.split(/:(?=\d+$)/);
      const at = port === undefined ? encoded(name) : `${encoded(name)}:${port}`;
      return `https://${encoded(username)}:${encoded(token)}@${at}\n`;
    })
    .join("");
}

/** What git finds in such a file. Lines of another form are passed over, as git does. */
export function parseCredentialsFile(text: string): Credential[] {
  return text.split("\n").flatMap((line) => {
    const [, username, token, host] = /^https:\/\/([^:@/]*):([^@/]*)@([^@/]+)\/?$/.exec(line) ?? [];
    if (username === undefined || token === undefined || host === undefined) return [];
    try {
      return [
        {
          host: decodeURIComponent(host),
          username: decodeURIComponent(username),
          token: decodeURIComponent(token),
        },
      ];
    } catch {
      return [];
    }
  });
}

/**
 * First 12 hexadecimal digits of a token's SHA-256: tells tokens apart and gives none away, since a
 * token is random and long.
 */
export function tokenFingerprint(token: string): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- kept as text in a provider
  const { createHash } = require("node:crypto") as typeof import("node:crypto");
  return createHash("sha256").update(token, "utf8").digest("hex").slice(0, 12);
}
