/** Lines for the engine's display, in order, each of them under its resource. */

import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

export type Severity = "debug" | "info" | "warning" | "error";

const SEVERITIES = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
} as const;

interface Entry {
  urn: string;
  severity: Severity;
  lines: string[];
}

/** Sends lines to the engine's log service. Without an engine, lines go nowhere. */
export class EngineLog {
  private client: EngineClient | undefined;
  private waiting: Entry[] = [];
  private sending: Promise<void> | undefined;

  /** The engine's address, as the command line, the handshake or `attach` tells it. */
  connect(address: string): void {
    this.client?.close();
    this.client = new EngineClient(address, credentials.createInsecure());
  }

  /** Shows a line. Lines that arrive while one is on its way travel together. */
  write(urn: string, line: string, severity: Severity = "info"): void {
    const last = this.waiting.at(-1);
    if (last?.urn === urn && last.severity === severity) last.lines.push(line);
    else this.waiting.push({ urn, severity, lines: [line] });
    this.sending ??= this.drain();
  }

  /** Resolves when the engine has every line written before. */
  async flushed(): Promise<void> {
    while (this.sending !== undefined) await this.sending;
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
  }

  private async drain(): Promise<void> {
    await Promise.resolve();
    for (let entry = this.waiting.shift(); entry !== undefined; entry = this.waiting.shift()) {
      await this.send(entry);
    }
    this.sending = undefined;
  }

  /** A line that can't be shown must not fail the operation that wrote it. */
  private send({ urn, severity, lines }: Entry): Promise<void> {
    const { client } = this;
    if (client === undefined) return Promise.resolve();
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(lines.join("\n"));
    return new Promise((resolve) => client.log(request, () => resolve()));
  }
}
