/** The certificate that a visitor is shown. */
import tls, { type DetailedPeerCertificate } from "node:tls";
import type { Found } from "./rows";

const LIMIT_SECONDS = 15;
/** The proxy renews it 30 days before its end: less means that it does not. */
const RENEWED_DAYS = 30;
const LATE_DAYS = 14;
const MS_A_DAY = 86_400_000;
/** What Traefik shows where it has nothing better. */
const OWN = "TRAEFIK DEFAULT CERT";

export interface Shown {
  isTrusted: boolean;
  /** Why it is not. */
  why: string;
  /** From the server's own to the last one that was found. */
  chain: string[];
  daysLeft: number;
}

/** @throws Error when nobody answers there by TLS */
export function shownCertificate(name: string, address: string): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(
      { host: address, port: 443, servername: name, rejectUnauthorized: false },
      () => {
        const own = socket.getPeerCertificate(true);
        resolve({
          isTrusted: socket.authorized,
          why: String(socket.authorizationError ?? ""),
          chain: chainOf(own),
          daysLeft: Math.floor((Date.parse(own.valid_to) - Date.now()) / MS_A_DAY),
        });
        socket.destroy();
      },
    );
    socket.setTimeout(LIMIT_SECONDS * 1000, () =>
      socket.destroy(new Error(`no answer for ${LIMIT_SECONDS} s`)),
    );
    socket.on("error", (error: Error) => reject(new Error(`${address}:443: ${error.message}`)));
  });
}

function chainOf(own: DetailedPeerCertificate): string[] {
  const names: string[] = [];
  for (let one = own; ; one = one.issuerCertificate) {
    names.push(String(one.subject.CN ?? one.subject.O ?? "without a name"));
    const next = one.issuerCertificate as DetailedPeerCertificate | undefined;
    if (next === undefined || next === one || names.length > 5) break;
  }
  // A certificate need not name its server, and Traefik's own names nobody else.
  if (names.length === 1) names.push(String(own.issuer.CN ?? own.issuer.O ?? "unknown"));
  return names;
}

/** What a certificate means for participants. */
export function certificateFound(shown: Shown, isStaging: boolean, stack: string): Found {
  const { isTrusted, why, chain, daysLeft } = shown;
  const [, ...issuers] = chain;
  const what = `from ${issuers.join(", ") || "itself"}; ${daysLeft} days left`;
  if (!isTrusted) {
    const mend = isStaging
      ? `pulumi config --stack ${stack} set acmeServer production, then pulumi up --stack ${stack}`
      : chain.includes(OWN)
        ? `pulumi up --stack ${stack}, which says why there is none yet`
        : `pulumi up --stack ${stack}; if this computer's network looks into TLS, another network`;
    return { state: "bad", found: `browsers refuse it (${why}): ${what}`, mend };
  }
  if (daysLeft < LATE_DAYS) {
    const mend = `it should have been renewed ${RENEWED_DAYS} days before its end: pulumi up --stack ${stack}`;
    return { state: "warn", found: what, mend };
  }
  return what;
}
