/**
 * The days between: stopping the machine when nobody works, and starting it again.
 *
 *   npm run stop                 says who works now; asks before it ends anybody's kernel
 *   npm run stop -- --yes        does not ask
 *   npm run start                ends when the hub answers
 *
 * With `--stack NAME`. Address, home folders, accounts and certificate stay. A stopped instance costs
 * nothing; its volumes and its Elastic IP go on costing:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html
 */
import { createInterface } from "node:readline/promises";
import { StartInstancesCommand, StopInstancesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { formatProblem } from "../components/text";
import { awsProblem } from "./awsProblem";
import { hubAnswers } from "./hubHealth";
import { tryToLogIn } from "./logInTo";
import { notRunning, seeMachine, type MachineState } from "./machineState";
import { parsePowerArguments, type PowerRequest } from "./powerArguments";
import {
  startedText,
  stoppedText,
  stopWarning,
  unconfirmed,
  workersOf,
  type Worker,
} from "./powerText";
import { awsOf, shownConfig } from "./stackAws";
import { daysOf, nextStartText, nextStopText } from "./stackDays";
import { selectedStack, stackServer, type StackServer } from "./stackServer";

/** AWS stops a machine within a minute mostly; one that does not shut down takes some. */
const STATE_SECONDS = 600;
/** From a running machine to a hub that answers. */
const HUB_SECONDS = 300;
const POLL_SECONDS = 1;

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

class Power {
  private readonly ec2: EC2Client;
  private readonly region: string;
  private readonly begun = Date.now();

  constructor(
    private readonly server: StackServer,
    private readonly request: PowerRequest,
  ) {
    const config = shownConfig(server.stack);
    const aws = awsOf(config);
    this.days = daysOf(config);
    this.ec2 = aws.ec2();
    this.region = aws.region;
    this.asked = {
      stack: server.stack,
      region: aws.region,
      ...(aws.profile && { profile: aws.profile }),
    };
  }

  private readonly asked;
  private readonly days;

  private get next(): string | undefined {
    return nextStartText(this.days, new Date());
  }

  private get instanceId(): string {
    return this.server.outputs.instanceId;
  }

  private get seconds(): number {
    return Math.round((Date.now() - this.begun) / 1000);
  }

  /** @throws Error in the one shape */
  private async ask<T>(what: string, work: Promise<T>): Promise<T> {
    const again = `npm run ${this.request.do} -- --stack ${this.server.stack}`;
    return work.catch((error: unknown) => {
      const doing = `${what} ${this.instanceId}`;
      throw new Error(formatProblem(awsProblem(error, doing, this.asked, again)), { cause: error });
    });
  }

  /** @throws Error when there is no machine */
  private async state(): Promise<MachineState> {
    const seen = await this.ask("look at", seeMachine(this.ec2, this.instanceId));
    if (seen.state !== "gone") return seen.state;
    const where = { stack: this.server.stack, instanceId: this.instanceId, region: this.region };
    const problem = notRunning(seen, where);
    throw new Error(problem && formatProblem(problem));
  }

  private async waitFor(wanted: MachineState): Promise<void> {
    const end = Date.now() + STATE_SECONDS * 1000;
    let state = await this.state();
    while (state !== wanted) {
      if (Date.now() > end) {
        throw new Error(
          formatProblem({
            wrong: `The instance does not become ${wanted}`,
            received: `${this.instanceId}: ${state} for ${STATE_SECONDS / 60} minutes`,
            allowed: wanted,
            mend: `the same command once more; if it goes on: aws ec2 stop-instances --force --instance-ids ${this.instanceId} --region ${this.region}`,
          }),
        );
      }
      await sleep(POLL_SECONDS);
      state = await this.state();
    }
  }

  async stop(): Promise<void> {
    const { stack } = this.server;
    const before = await this.state();
    if (before === "stopped") return console.log(stoppedText(stack, undefined, this.next));
    if (before !== "stopping") {
      await this.confirm(await this.workers());
      console.error(`Stopping ${this.instanceId}`);
      const stop = new StopInstancesCommand({ InstanceIds: [this.instanceId] });
      await this.ask("stop", this.ec2.send(stop));
    }
    await this.waitFor("stopped");
    console.log(stoppedText(stack, this.seconds, this.next));
  }

  /** Undefined: the server cannot be asked. */
  private async workers(): Promise<Worker[] | undefined> {
    try {
      const ran = await this.server.run("servers", {}, { limitSeconds: 20 });
      return workersOf(ran.stdout);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      return undefined;
    }
  }

  private async confirm(workers: Worker[] | undefined): Promise<void> {
    if (workers?.length === 0) return console.error("Nobody's server runs");
    console.error(stopWarning(workers, new Date()));
    if (this.request.yes) return;
    if (!process.stdin.isTTY) throw unconfirmed(workers, this.server.stack);
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question("Stop it nevertheless? yes or no: ");
    prompt.close();
    if (!/^y(es)?$/i.test(answer.trim())) throw unconfirmed(workers, this.server.stack);
  }

  async start(): Promise<void> {
    const before = await this.state();
    if (before === "stopping") await this.waitFor("stopped");
    if (before === "stopped" || before === "stopping") {
      console.error(`Starting ${this.instanceId}`);
      const start = new StartInstancesCommand({ InstanceIds: [this.instanceId] });
      await this.ask("start", this.ec2.send(start));
    } else console.error(`${this.instanceId} runs already; waiting for the hub`);
    await this.waitFor("running");
    await this.waitForHub();
  }

  private sayStarted(fromOutside: boolean): void {
    const { url } = this.server.outputs;
    const next = nextStopText(this.days, new Date());
    console.log(startedText(url, this.seconds, fromOutside, next));
  }

  /** From outside, as participants reach it; on the server, where the page is still closed. */
  private async waitForHub(): Promise<void> {
    const { url, publicIp } = this.server.outputs;
    const end = Date.now() + HUB_SECONDS * 1000;
    for (;;) {
      if (await hubAnswers(url, publicIp)) return this.sayStarted(true);
      const attempt = await tryToLogIn(this.server.machine);
      if (attempt.kind === "in") {
        attempt.client.end();
        await this.server.run("hub-answers", {}, { limitSeconds: 180 });
        const isOutside = await hubAnswers(url, publicIp);
        return this.sayStarted(isOutside);
      }
      if (Date.now() > end) {
        throw new Error(
          formatProblem({
            wrong: "The instance runs, but its hub does not answer",
            received: `no answer at ${url} (${publicIp}) for ${HUB_SECONDS / 60} minutes`,
            allowed: "an answer",
            mend: `pulumi up --stack ${this.server.stack}`,
          }),
        );
      }
      await sleep(POLL_SECONDS);
    }
  }
}

async function main(): Promise<void> {
  const request = parsePowerArguments(process.argv.slice(2));
  const server = stackServer(request.stack ?? selectedStack());
  const power = new Power(server, request);
  return request.do === "stop" ? power.stop() : power.start();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
