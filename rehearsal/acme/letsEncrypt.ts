/**
 * The rehearsal's Let's Encrypt: two Pebbles, production and staging, under Let's Encrypt's own names,
 * and a third name, `acme.test`, whose own certificate no machine trusts.
 */

import fs from "node:fs";
import path from "node:path";
import { Authority } from "../tls/certificates";
import type { Site } from "../tls/front";
import { FAULTS, type Fault } from "./faults";
import { Pebble, PEBBLE_HOST } from "./pebble";
import { AcmeProxy, type Order } from "./proxy";
import { Roots } from "./roots";

export const ENVIRONMENTS = ["production", "staging"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** Hosts by environment. */
export const ACME_HOSTS = {
  production: "acme-v02.api.letsencrypt.org",
  staging: "acme-staging-v02.api.letsencrypt.org",
} as const;

/** The same as production, for an ACME server of an organisation's own. */
export const PRIVATE_ACME_HOST = "acme.test";

export interface LetsEncryptOptions {
  /** Pebble's program. */
  program: string;
  folder: string;
  /** Where the authorities' keys are. */
  certificates: string;
  /** The one that machines trust. */
  authority: Authority;
  /** Of the DNS on 127.0.0.1. */
  dnsPort: number;
  /** A root of production is new, and to be trusted from now on. */
  onRoot: (root: string) => Promise<void>;
  log: (line: string) => void;
}

export class LetsEncrypt {
  private constructor(
    private readonly pebbles: Record<Environment, Pebble>,
    private readonly proxies: Record<Environment, AcmeProxy>,
    private readonly roots: Record<Environment, Roots>,
    /** PEM file of the authority that signs for `acme.test`. */
    private readonly privateAuthority: string,
    readonly sites: readonly Site[],
  ) {}

  static async open(options: LetsEncryptOptions): Promise<LetsEncrypt> {
    const { folder, certificates, authority, dnsPort, program, log, onRoot } = options;
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const privately = await Authority.in(certificates, "private-authority");
    await authority.sign("pebble", [PEBBLE_HOST]);
    const at = (name: string): string => path.join(certificates, name);
    const roots = {
      production: new Roots(path.join(folder, "production-roots.pem")),
      staging: new Roots(path.join(folder, "staging-roots.pem")),
    };
    const open = (name: Environment): Promise<Pebble> =>
      Pebble.open(
        {
          ...{ program, name, folder, dnsPort, log },
          ...{ certificate: at("pebble.crt"), key: at("pebble.key"), authority: authority.file },
        },
        async (root) => {
          roots[name].add(root);
          if (name === "production") await onRoot(root);
        },
      );
    const [production, staging] = await Promise.all([open("production"), open("staging")]);
    const proxies = { production: new AcmeProxy(production), staging: new AcmeProxy(staging) };
    const site = async (
      environment: Environment,
      name: string,
      signer: Authority,
    ): Promise<Site> => ({
      names: [name],
      ...(await signer.sign(name, [name])),
      serve: (incoming, outgoing) => proxies[environment].serve(incoming, outgoing),
    });
    const sites = await Promise.all([
      site("production", ACME_HOSTS.production, authority),
      site("staging", ACME_HOSTS.staging, authority),
      site("production", PRIVATE_ACME_HOST, privately),
    ]);
    return new LetsEncrypt({ production, staging }, proxies, roots, privately.file, sites);
  }

  async close(): Promise<void> {
    await Promise.all(ENVIRONMENTS.map((name) => this.pebbles[name].close()));
  }

  /** What tests and people ask of it; see client.ts. */
  control(action: string, args: unknown): unknown {
    const { environment = "production", fault } = args as {
      environment?: Environment;
      fault?: Fault;
    };
    if (!ENVIRONMENTS.includes(environment)) throw new Error(`no environment ${environment}`);
    switch (action) {
      case "orders":
        return this.proxies[environment].orders satisfies Order[];
      case "fail":
        if (fault === undefined || !FAULTS.includes(fault)) {
          throw new Error(`no fault ${String(fault)}; there is ${FAULTS.join(", ")}`);
        }
        this.proxies[environment].fault = fault;
        return undefined;
      case "roots":
        return { pem: this.roots[environment].pem(), file: this.roots[environment].file };
      case "privateAuthority":
        return fs.readFileSync(this.privateAuthority, "utf8");
      default:
        throw new Error(`the rehearsal's Let's Encrypt has no action ${action}`);
    }
  }
}
