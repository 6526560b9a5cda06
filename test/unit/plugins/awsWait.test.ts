import { strict as assert } from "node:assert";
import { AwsError, awsError, isNotFound } from "../../../rehearsal/plugins/aws/errors";
import { duration, retryWhile, waitFor } from "../../../rehearsal/plugins/aws/wait";

function wait(states: string[], timeoutSeconds = 5) {
  const left = [...states];
  return waitFor({
    what: "EC2 Instance (i-1) create",
    wanted: ["running"],
    passing: ["pending"],
    timeoutSeconds,
    look: () =>
      Promise.resolve({
        state: left.length > 1 ? (left.shift() ?? "") : (left[0] ?? ""),
        reason: "Client.X: why",
      }),
  });
}

describe("AWS stand-in: waiting", () => {
  it("ends at the wanted state, quickly", async () => {
    const start = Date.now();
    await wait(["pending", "pending", "running"]);
    assert.ok(Date.now() - start < 1_000);
  });

  it("a state that leads nowhere ends it with AWS's reason", async () => {
    await assert.rejects(wait(["pending", "terminated"]), {
      message:
        "waiting for EC2 Instance (i-1) create: unexpected state 'terminated', " +
        "wanted target 'running'. last error: Client.X: why",
    });
  });

  it("the end of the time tells the last state and the limit", async () => {
    await assert.rejects(wait(["pending"], 0.1), /last state: 'pending', timeout: 0\.1s/);
  });

  it("repeats only what is refused for now, and only for a time", async () => {
    const busy = () => Promise.reject(new AwsError("DependencyViolation", "busy"));
    let tries = 0;
    const twice = () => (++tries < 3 ? busy() : Promise.resolve("done"));
    assert.equal(await retryWhile(["DependencyViolation"], 5, twice), "done");
    await assert.rejects(retryWhile(["DependencyViolation"], 0.1, busy), /busy/);
    tries = 0;
    await assert.rejects(retryWhile(["VolumeInUse"], 5, twice), /busy/);
    assert.equal(tries, 1);
  });

  it("writes times as the provider does", () => {
    assert.deepEqual([0.5, 45, 600, 90].map(duration), ["0.5s", "45s", "10m0s", "1m30s"]);
  });
});

describe("AWS stand-in: errors", () => {
  it("a refusal of AWS", () => {
    const $metadata = { httpStatusCode: 400, requestId: "r-1" };
    const failure = { name: "InvalidAMIID.NotFound", message: "no such image", $metadata };
    const error = awsError("EC2", "RunInstances", failure);
    assert.equal(
      error.message,
      "operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: r-1, " +
        "api error InvalidAMIID.NotFound: no such image",
    );
    assert.ok(isNotFound(error));
  });

  it("no answer at all, which is never taken for 'not found'", () => {
    const error = awsError("EC2", "DescribeVpcs", {
      code: "ENOTFOUND",
      message: "",
      $metadata: { attempts: 3 },
    });
    assert.match(error.message, /request send failed after 3 attempts: ENOTFOUND/);
    assert.equal(isNotFound(error), false);
  });

  it("an answer that isn't AWS's", () => {
    const failure = { message: "XML parse error", $metadata: { httpStatusCode: 500 } };
    assert.match(
      awsError("EC2", "MonitorInstances", failure).message,
      /StatusCode: 500.*none of AWS's/,
    );
  });
});
