/** One call of AWS's API as it comes over HTTP, and the errors that AWS answers with. */

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** A call, read completely. */
export interface Call {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Such as ec2; empty when the call isn't signed. */
  service: string;
  /** Such as ap-south-1; empty when the call isn't signed. */
  region: string;
  /** Such as RunInstances; empty for services that name it neither in the body nor in a header. */
  action: string;
  /** Parameters of a query API, Action and Version included. */
  parameters: URLSearchParams;
}

/** A refusal in AWS's words. */
export class AwsRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** A call that is never answered: the client must have a limit of its own. */
export class Silence extends Error {}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Makes a call of its parts; service and region come from the signature's scope. */
export function makeCall(parts: Pick<Call, "method" | "url" | "headers" | "body">): Call {
  // Credential=KEY/20261125/ap-south-1/ec2/aws4_request
  const scope = /Credential=[^/]*\/\d+\/([^/]+)\/([^/]+)\//.exec(parts.headers.authorization ?? "");
  const isForm = String(parts.headers["content-type"]).startsWith(
    "application/x-www-form-urlencoded",
  );
  const parameters = new URLSearchParams(isForm ? parts.body.toString("utf8") : "");
  return {
    ...parts,
    service: scope?.[2] ?? "",
    region: scope?.[1] ?? "",
    // AWSPriceListService.GetProducts: the services that speak JSON.
    action:
      parameters.get("Action") ??
      String(parts.headers["x-amz-target"] ?? "")
        .split(".")
        .at(-1) ??
      "",
    parameters,
  };
}

/** Reads a call to its end. */
export async function readCall(incoming: IncomingMessage): Promise<Call> {
  return makeCall({
    method: incoming.method ?? "GET",
    url: incoming.url ?? "/",
    headers: incoming.headers,
    body: await bodyOf(incoming),
  });
}

/** The same call with other parameters. moto is told not to look at its signature, which no longer fits. */
export function withParameters(call: Call, parameters: URLSearchParams): Call {
  const body = Buffer.from(parameters.toString(), "utf8");
  const headers = {
    ...call.headers,
    "content-length": String(body.length),
    "x-rehearsal-changed": "true",
  };
  return { ...call, body, headers, parameters };
}

/** All values of a list parameter: InstanceId.1, InstanceId.2 … */
export function listOf(parameters: URLSearchParams, name: string): string[] {
  return [...parameters].filter(([key]) => key.replace(/\.\d+$/, "") === name).map(([, v]) => v);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** The body of an error, in EC2's form or in that of the other query APIs. */
export function errorBody(service: string, { code, message, status }: AwsRefusal): string {
  const text = message.replace(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign);
  const type = status >= 500 ? "Receiver" : "Sender";
  return service === "ec2"
    ? `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${text}</Message></Error></Errors><RequestID>rehearsal</RequestID></Response>`
    : `<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${text}</Message></Error><RequestId>rehearsal</RequestId></ErrorResponse>`;
}
