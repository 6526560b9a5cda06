/** What tests and commands ask of a rehearsal's DNS, over the front door. */

import { ask } from "../cloud/ask";

export class DnsControl {
  /** @param endpoint of the rehearsal's front door */
  constructor(private readonly endpoint: string) {}

  /**
   * In place of all records of that name and type, Route 53's too.
   *
   * @param ttl seconds; default 60
   */
  set(name: string, type: string, values: string | readonly string[], ttl?: number): Promise<void> {
    return this.ask("set", { name, type, values: [values].flat(), ttl });
  }

  /** Takes back `set` and `hide`. Default: of all types. */
  remove(name: string, type?: string): Promise<void> {
    return this.ask("remove", { name, type });
  }

  /** As if there was none, also where Route 53 has one. Default: of all types. */
  hide(name: string, type?: string): Promise<void> {
    return this.ask("hide", { name, type });
  }

  /** Takes back all that was set or hidden. */
  clear(): Promise<void> {
    return this.ask("clear", {});
  }

  private ask(action: string, args: object): Promise<void> {
    return ask(this.endpoint, "dns", action, args);
  }
}
