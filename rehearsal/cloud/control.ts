import { AwsRefusal, Silence, type Call } from "./call";
import { Seen } from "./seen";
import type { Quotas } from "./strictness";

interface Fault {
  code: string;
  message: string;
  left: number;
}

/** AWS does what it is asked for, and its answer is lost on the way. */
const LOST = "LostAnswer";

/**
 * What a test asks of the front door:
 *
 *   POST /rehearsal/faults {"action": "RunInstances", "code": "InsufficientInstanceCapacity", "times": 1}
 *   POST /rehearsal/faults {"action": "GetProducts", "code": "Silence", "times": 9}   no answer at all
 *   POST /rehearsal/faults {"action": "CreateVpc", "code": "LostAnswer", "times": 1}    AWS does it, and nobody hears of it
 *   DELETE /rehearsal/faults
 *   PUT /rehearsal/quotas {"vcpus": 4, "addresses": 1}
 *   GET /rehearsal/calls     by access key, as IAM names them
 */
export class Control {
  quotas: Quotas = {};
  readonly seen = new Seen();
  private readonly faults = new Map<string, Fault>();

  /** Makes the next calls of an action fail with AWS's code. */
  refuse(action: string, code: string, times = 1, message = "made to fail by a test"): void {
    this.faults.set(action, { code, message, left: times });
  }

  /** @throws AwsRefusal, or Silence, when a test wants this call to fail */
  fault(action: string): void {
    const fault = this.faults.get(action);
    if (fault === undefined || fault.left === 0 || fault.code === LOST) return;
    fault.left -= 1;
    if (fault.code === "Silence") throw new Silence(action);
    const isServers = fault.code.startsWith("Internal") || fault.code === "Unavailable";
    throw new AwsRefusal(fault.code, fault.message, isServers ? 500 : 400);
  }

  /** @throws Silence when a test wants the answer to this call, which AWS has followed, to be lost */
  afterwards(action: string): void {
    const fault = this.faults.get(action);
    if (fault === undefined || fault.left === 0 || fault.code !== LOST) return;
    fault.left -= 1;
    throw new Silence(action);
  }

  /** Takes a test's wish; undefined when the call is none. */
  tell(call: Call): { status: number; body: string } | undefined {
    const done = { status: 204, body: "" };
    switch (`${call.method} ${call.url}`) {
      case "POST /rehearsal/faults": {
        const { action, code, times, message } = JSON.parse(call.body.toString("utf8")) as {
          action: string;
          code: string;
          times?: number;
          message?: string;
        };
        this.refuse(action, code, times, message);
        return done;
      }
      case "GET /rehearsal/calls":
        return { status: 200, body: JSON.stringify(this.seen.all()) };
      case "DELETE /rehearsal/faults":
        this.faults.clear();
        return done;
      case "PUT /rehearsal/quotas":
        this.quotas = JSON.parse(call.body.toString("utf8")) as Quotas;
        return done;
      default:
        return undefined;
    }
  }
}
