/** What a visitor from outside sees of the site. */
import { request as httpRequest } from "node:http";
import { connect, type PeerCertificate } from "node:tls";
import type { Secured } from "./secure.test";

/** An answer over plain http: status and where it leads; or why there was none. */
export function plainHttp(address: string, host: string, path = "/hub/login"): Promise<string> {
  return new Promise((resolve) => {
    const asked = httpRequest(
      { host: address, path, headers: { host }, timeout: 5000 },
      (answer) => {
        answer.resume();
        resolve(`${answer.statusCode} ${answer.headers.location ?? ""}`.trim());
      },
    );
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

export interface Shown {
  /** Whether a browser that trusts the issuer's roots would be content. */
  isTrusted: boolean;
  why: string;
  /** `h2` or `http/1.1`. */
  protocol: string;
  names: string[];
  issuer: string;
  serial: string;
  /** Days until it ends. */
  days: number;
}

/**
 * The certificate that a visitor is shown.
 *
 * @param roots whom the visitor trusts, in PEM
 */
export function shown({ address }: Secured, name: string, roots: string): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: address,
        port: 443,
        servername: name,
        ca: roots,
        rejectUnauthorized: false,
        ALPNProtocols: ["h2", "http/1.1"],
      },
      () => {
        const certificate: PeerCertificate = socket.getPeerCertificate();
        resolve({
          isTrusted: socket.authorized,
          why: String(socket.authorizationError ?? ""),
          protocol: String(socket.alpnProtocol),
          names: (certificate.subjectaltname ?? "")
            .split(", ")
            .map((one) => one.slice(4))
            .sort(),
          issuer: String(certificate.issuer.CN),
          serial: certificate.serialNumber,
          days: (Date.parse(certificate.valid_to) - Date.now()) / 86_400_000,
        });
        socket.end();
      },
    );
    socket.on("error", reject);
  });
}
