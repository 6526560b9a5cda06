/** How a refusal of AWS reads, and which refusals mean "it is not there (any more)". */

/** What AWS, or the way to it, said when a call failed. */
export class AwsError extends Error {
  constructor(
    /** AWS's error code, such as `InvalidGroup.NotFound`; empty when there was no answer. */
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "AwsError";
  }
}

interface SdkFailure {
  name?: string;
  message?: string;
  Code?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string; attempts?: number };
}

/**
 * Words the failure of one call as the AWS provider does: service, operation, status, request id,
 * code and AWS's own message.
 */
export function awsError(service: string, operation: string, failure: unknown): AwsError {
  const { name, message, Code, code, $metadata: meta = {} } = failure as SdkFailure;
  const call = `operation error ${service}: ${operation}`;
  if (/parse error|Deserialization/.test(message ?? "") && meta.httpStatusCode !== undefined) {
    return new AwsError(
      "",
      `${call}, https response error StatusCode: ${meta.httpStatusCode}, RequestID: , ` +
        "the endpoint's answer is none of AWS's: it doesn't know this operation, or it broke down",
    );
  }
  if (meta.httpStatusCode === undefined) {
    const reason =
      message !== undefined && message !== "" ? message : (code ?? name ?? "no answer");
    return new AwsError(
      "",
      `${call}, https response error StatusCode: 0, RequestID: , ` +
        `request send failed after ${meta.attempts ?? 1} attempts: ${reason}`,
    );
  }
  const errorCode = Code ?? name ?? "UnknownError";
  return new AwsError(
    errorCode,
    `${call}, https response error StatusCode: ${meta.httpStatusCode}, ` +
      `RequestID: ${meta.requestId ?? ""}, api error ${errorCode}: ${message ?? ""}`,
  );
}

/** The code of an AWS refusal, or undefined for any other failure. */
export function codeOf(failure: unknown): string | undefined {
  return failure instanceof AwsError ? failure.code : undefined;
}

/** Whether AWS said that the thing, or the tie between two things, doesn't exist. */
export function isNotFound(failure: unknown): boolean {
  return /NotFound$|^NoSuch|^ResourceNotFoundException$|^Gateway\.NotAttached$/.test(
    codeOf(failure) ?? "",
  );
}

/** Puts what was being done in front of a failure: "creating EC2 VPC: operation error …". */
export async function doing<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (failure) {
    if (failure instanceof AwsError) {
      throw new AwsError(failure.code, `${what}: ${failure.message}`);
    }
    throw failure;
  }
}

/** The answer, or undefined when AWS says that the thing doesn't exist. */
export async function found<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (failure) {
    if (isNotFound(failure)) return undefined;
    throw failure;
  }
}

/** A failure as the provider's bridge prints it: a list of one. */
export async function listed<T>(prefix: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (failure) {
    const text = `${prefix}1 error occurred:\n\t* ${(failure as Error).message}\n\n`;
    throw new Error(text, { cause: failure });
  }
}
