/** Services that the front door answers itself, since moto lacks them: they speak AWS's JSON 1.1. */
import { AwsRefusal, type Call } from "./call";
import type { Answer } from "./moto";
import { getProducts } from "./priceList";
import { getServiceQuota } from "./serviceQuotas";
import type { Quotas } from "./strictness";

/** By IAM's word for the action. */
const ACTIONS: Readonly<Record<string, (question: object, quotas: Quotas, call: Call) => object>> =
  {
    "pricing:GetProducts": getProducts,
    "servicequotas:GetServiceQuota": getServiceQuota,
  };

/** Whether moto is not asked. */
export function isOwnService({ service }: Pick<Call, "service">): boolean {
  return service === "pricing" || service === "servicequotas";
}

/** @param refused who asked and why not, when the right is missing */
export function answerJson(call: Call, quotas: Quotas, refused: string | undefined): Answer {
  if (refused !== undefined) {
    return jsonError(new AwsRefusal("AccessDeniedException", refused, 403));
  }
  const action = ACTIONS[`${call.service}:${call.action}`];
  try {
    if (action === undefined) {
      throw new AwsRefusal("UnknownOperationException", "The rehearsal does not know this call.");
    }
    const question = JSON.parse(call.body.toString("utf8") || "{}") as object;
    return json(200, action(question, quotas, call));
  } catch (failure) {
    if (failure instanceof AwsRefusal) return jsonError(failure);
    throw failure;
  }
}

/** A refusal in the form of these services. */
export function jsonError({ code, message, status }: AwsRefusal): Answer {
  return json(status, { __type: code, message });
}

function json(status: number, body: object): Answer {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return { status, headers, body: Buffer.from(JSON.stringify(body)) };
}
