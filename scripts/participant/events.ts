/** Streams of events: the progress of a server that starts, and of a git pull. */
import type { Readable } from "node:stream";
import { createParser } from "eventsource-parser";

/**
 * The events of a stream in order, each read as JSON, as they come.
 *
 * @throws Error when it says something else than JSON
 */
export async function* eventsOf<T>(stream: Readable): AsyncGenerator<T> {
  const waiting: T[] = [];
  const parser = createParser({ onEvent: ({ data }) => void waiting.push(JSON.parse(data) as T) });
  stream.setEncoding("utf8");
  for await (const part of stream) {
    parser.feed(part as string);
    yield* waiting.splice(0);
  }
}
