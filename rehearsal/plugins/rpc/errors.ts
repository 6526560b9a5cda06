/** Errors as the engine understands them. */

import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { encode, type Values } from "./values";

/**
 * The resource exists, but isn't as it should be: the engine keeps it in the state, says why, and
 * updates it in the next run.
 */
export class InitializationError extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Values,
    readonly inputs: Values,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("\n"));
    this.name = "InitializationError";
  }
}

function initializationDetails(failure: InitializationError): Metadata {
  const detail = new ErrorResourceInitFailed();
  detail.setId(failure.id);
  detail.setProperties(encode(failure.outputs));
  detail.setInputs(encode(failure.inputs));
  detail.setReasonsList([...failure.reasons]);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const rich = new Status();
  rich.setCode(status.UNKNOWN);
  rich.setMessage(failure.message);
  rich.setDetailsList([any]);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(rich.serializeBinary()));
  return metadata;
}

/** What a failed operation answers. */
export function serviceError(failure: unknown): Partial<ServiceError> {
  const details = failure instanceof Error ? failure.message : String(failure);
  const metadata =
    failure instanceof InitializationError ? initializationDetails(failure) : new Metadata();
  return { code: status.UNKNOWN, details, metadata };
}
