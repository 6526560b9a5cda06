/** Asking the server to set environment variables, and hearing whether it did. */

import type { Client } from "ssh2";

interface Channel {
  outgoing?: { id: number };
  _callbacks?: ((refused: boolean) => void)[];
}

/** The parts of ssh2 1.17 that send `env` requests, which it does without asking for an answer. */
interface Internals {
  _protocol: { env(channel: number, key: string, value: string, wantReply: boolean): void };
  _chanMgr: { _channels: Record<string, Channel> };
}

/**
 * Makes a client's `exec` ask for an answer to each variable.
 * @param refused Called with each variable that the server doesn't take (see AcceptEnv).
 */
export function watchEnvironment(client: Client, refused: (name: string) => void): void {
  const { _protocol: protocol, _chanMgr: channels } = client as unknown as Internals;
  const send = protocol.env.bind(protocol);
  protocol.env = (id, key, value) => {
    const channel = Object.values(channels._channels).find((one) => one.outgoing?.id === id);
    channel?._callbacks?.push((failed) => {
      if (failed) refused(key);
    });
    send(id, key, value, channel !== undefined);
  };
}
