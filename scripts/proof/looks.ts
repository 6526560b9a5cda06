/** What a proof looks at, in the order in which a participant meets it. */
import { LETS_ENCRYPT } from "../../components/httpsConfig";
import { nameProblem } from "../../providers/dnsFindings";
import { lookUpName } from "../../providers/dnsLook";
import type { Kernel } from "../participant/kernel";
import { Participant, type Account } from "../participant/participant";
import type { Answer } from "../participant/site";
import type { ShownConfig } from "../stackAws";
import { certificateFound, shownCertificate } from "./certificate";
import { firstVisit, SLOW_MBIT } from "./firstVisit";
import { importsFound, packagesOf } from "./packages";
import type { Found, Look } from "./rows";

export interface Subject {
  stack: string;
  /** Of the hub, as participants type it. */
  url: string;
  publicIp: string;
  /** Name of each entry of the course material to its link. */
  links: Readonly<Record<string, string>>;
  config: ShownConfig;
}

/** What all participants' kernels must run on. */
const PYTHON = "/opt/tljh/user/bin/python";
/** Longer than a person waits before trying again. */
const SLOW_SECONDS = 30;

/** What is seen without an account. */
export function outsideLooks(subject: Subject, participant: Participant): Look[] {
  const { stack, url, publicIp } = subject;
  const { protocol, hostname } = new URL(url);
  const isSecure = protocol === "https:";
  const text = (key: string) => subject.config[`tljh-workshop:${key}`]?.value ?? "";
  const secure: Look[] = [
    {
      name: "name",
      look: () => nameFound(subject, hostname),
      mend: `pulumi up --stack ${stack}, which says what IT must do`,
    },
    {
      name: "certificate",
      look: async () => {
        const isStaging = [LETS_ENCRYPT.staging, "staging"].includes(text("acmeServer"));
        return certificateFound(await shownCertificate(hostname, publicIp), isStaging, stack);
      },
      mend: `pulumi up --stack ${stack}, which says why the site is not open`,
      isGate: true,
    },
  ];
  const open: Look = {
    name: "encryption",
    look: () =>
      Promise.resolve<Found>({
        state: "warn",
        found: "none: passwords travel in plain",
        mend: `pulumi config --stack ${stack} set domain jupyter.example.org (a name of yours), then pulumi up`,
      }),
    mend: "",
  };
  return [
    ...(isSecure ? secure : [open]),
    {
      name: "page",
      look: async () => {
        const page = await participant.site.visit("/hub/login");
        if (page.status !== 200) throw new Error(`${page.url.href}: status ${page.status}`);
        return page.url.href;
      },
      mend: `pulumi up --stack ${stack}; if it goes on, on the server: sudo journalctl -u jupyterhub -u traefik -n 50`,
      isGate: true,
    },
  ];
}

async function nameFound({ config, publicIp, stack }: Subject, hostname: string): Promise<Found> {
  const { value = "[]" } = config["tljh-workshop:dnsResolvers"] ?? {};
  const resolvers = JSON.parse(value || "[]") as string[];
  const answers = await lookUpName(hostname, resolvers);
  const record = `${hostname}. IN A ${publicIp}`;
  const problem = nameProblem(answers, { address: publicIp, record, isManaged: false });
  if (problem === undefined) return `${hostname} leads to ${publicIp}`;
  return {
    state: "bad",
    found: `${problem.wrong} (${problem.received ?? "no answer"})`,
    mend: problem.mend.replace("pulumi up", `pulumi up --stack ${stack}`),
  };
}

/** What a participant does, from log-in on. */
export function insideLooks(subject: Subject, participant: Participant): Look[] {
  const { stack, links, config } = subject;
  let lab: Answer | undefined;
  let kernel: Kernel | undefined;
  const running = (): Kernel => {
    if (!kernel) throw new Error("there is no kernel");
    return kernel;
  };
  const log = "on the server: sudo journalctl -u jupyterhub -n 50";
  const ownLog = `on the server: sudo journalctl -u jupyter-${participant.account.name} -n 50`;
  return [
    {
      name: "log-in",
      look: async () => {
        await participant.logIn();
        return "with account and password";
      },
      mend: `pulumi up --stack ${stack}; if it goes on, ${log}`,
      isGate: true,
    },
    {
      name: "server",
      look: async () => {
        const begin = performance.now();
        await participant.startServer();
        lab = await participant.openLab();
        const seconds = (performance.now() - begin) / 1000;
        if (seconds < SLOW_SECONDS) return "JupyterLab";
        const mend = `a larger machine: pulumi config --stack ${stack} set instanceType TYPE, then pulumi up`;
        return { state: "warn", found: "JupyterLab, but late", mend };
      },
      mend: `free memory and disk on the server: free -m; df -h; then ${log}, and ${ownLog}`,
      isGate: true,
    },
    {
      name: "kernel",
      look: async () => {
        kernel = await participant.startKernel();
        const { text, error } = await kernel.run("print(5 * 4)");
        if (text.trim() !== "20") throw new Error(`5 * 4 gave ${error ?? JSON.stringify(text)}`);
        return "computes 5 * 4 = 20, over a websocket";
      },
      mend: ownLog,
    },
    {
      name: "python",
      look: async () => {
        const { text } = await running().run("import sys; print(sys.executable)");
        const python = text.trim();
        // The kernel may name the interpreter by its version.
        if (python === PYTHON || new RegExp(`^${PYTHON}[\\d.]+$`).test(python)) return python;
        const mend = `pulumi up --stack ${stack}; a kernel of one's own in ~/.local/share/jupyter comes first`;
        return { state: "bad", found: `${python}, not ${PYTHON}`, mend };
      },
      mend: `pulumi up --stack ${stack}`,
    },
    {
      name: "imports",
      look: () => importsFound(running(), packagesOf(config), stack),
      mend: `pulumi up --stack ${stack}, which installs what is missing`,
    },
    ...Object.entries(links).map(([name, link]): Look => ({
      name: `link ${name}`,
      look: () => linkFound(participant, link),
      mend: `pulumi preview --stack ${stack}, which looks at token, repository and path`,
    })),
    {
      name: "first visit",
      look: async () => {
        if (!lab) throw new Error("there is no page");
        const { bytes, slowSeconds, isCompressed } = await firstVisit(participant, lab);
        const found = `${(bytes / 1e6).toFixed(1)} MB, ${slowSeconds.toFixed(0)} s at ${SLOW_MBIT} Mbit/s`;
        if (isCompressed) return found;
        return {
          state: "warn",
          found: `${found}: not compressed`,
          mend: `pulumi up --stack ${stack}`,
        };
      },
      mend: ownLog,
    },
  ];
}

async function linkFound(participant: Participant, link: string): Promise<Found> {
  const lines: string[] = [];
  const { path } = await participant
    .pull(link, (line) => lines.push(line))
    .catch((error: Error) => {
      const said = lines.findLast((line) => /fatal|error/i.test(line));
      throw new Error(said === undefined ? error.message : `${error.message} (${said.trim()})`);
    });
  if (!(await participant.has(path))) throw new Error(`${path} is not in the repository`);
  const page = await participant.site.visit(link);
  if (page.status !== 200) throw new Error(`the link answers ${page.status}`);
  return path;
}

/** Somebody whose account does not matter: any certificate will do, and the row about it tells. */
export function visitorOf({ url, publicIp }: Subject, account: Account): Participant {
  return new Participant(url, account, { address: publicIp, anyCertificate: true });
}
