/** Streams of events: the progress of a server that starts, and of a git pull. */
import type { IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";

/**
 * The events of a stream in order, each read as JSON, as they come.
 *
 * @throws Error when it says something else than JSON
 */
export async function* eventsOf<T>(response: IncomingMessage): AsyncGenerator<T> {
  const waiting: T[] = [];
  const parser = createParser({ onEvent: ({ data }) => void waiting.push(JSON.parse(data) as T) });
  response.setEncoding("utf8");
  for await (const part of response) {
    parser.feed(part as string);
    yield* waiting.splice(0);
  }
}
