/** What tests and commands ask of a rehearsal's Let's Encrypt, over the front door. */

import { ask } from "../cloud/ask";
import type { Fault } from "./faults";
import type { Environment } from "./letsEncrypt";
import type { Order } from "./proxy";

export class AcmeControl {
  /** @param endpoint of the rehearsal's front door */
  constructor(private readonly endpoint: string) {}

  /**
   * Certificates that were asked for since the daemon's start, the newest last. Those since a mark:
   * `(await acme.orders()).slice(before.length)`.
   */
  orders(environment: Environment = "production"): Promise<Order[]> {
    return this.ask("orders", { environment });
  }

  /** Makes all requests of a kind fail until `none`. */
  fail(fault: Fault, environment: Environment = "production"): Promise<void> {
    return this.ask("fail", { environment, fault });
  }

  /** Roots of now and of earlier starts, as PEM. */
  async roots(environment: Environment = "production"): Promise<string> {
    const { pem } = await this.ask<{ pem: string }>("roots", { environment });
    return pem;
  }

  /** File with the same, for NODE_EXTRA_CA_CERTS, `curl --cacert` or a browser. */
  async rootsFile(environment: Environment = "production"): Promise<string> {
    const { file } = await this.ask<{ file: string }>("roots", { environment });
    return file;
  }

  /** PEM of the authority that signs for `acme.test`, and that no machine trusts. */
  privateAuthority(): Promise<string> {
    return this.ask("privateAuthority", {});
  }

  private ask<T>(action: string, args: object): Promise<T> {
    return ask(this.endpoint, "acme", action, args);
  }
}
