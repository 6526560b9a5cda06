/**
 * The `pulumi` CLI with its language host for Node: what REHEARSAL_PULUMI or PATH has, else what
 * npm's launcher downloads, else built from Go modules pinned by go.sum.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { contentHash, refusals } from "./cache.mjs";
import { SetupError } from "./errors.mjs";
import { answers, isExecutable, run, which } from "./run.mjs";

/** Oldest CLI that runs the program's SDK. */
const OLDEST = "3.220.0";
/** The version of npm's package `pulumi`, which is the version of the CLI it downloads. */
const LAUNCHER = "3.265.0";
const DOWNLOAD_HOST = "get.pulumi.com";
/** What the CLI starts for a program's dynamic providers; beside it where the CLI is whole. */
const DYNAMIC_PROVIDERS = "pulumi-resource-pulumi-nodejs";

/** The Go modules, and what is built of each. */
const MODULES = [
  {
    folder: "rehearsal/pulumi-cli",
    tool: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3",
    program: "pulumi",
  },
  {
    folder: "rehearsal/language-host",
    tool: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    module: "github.com/pulumi/pulumi/sdk/v3",
    program: "pulumi-language-nodejs",
  },
];

/**
 * Whether a version such as "v3.220.0" is at least another one. What follows a hyphen is ignored.
 *
 * @param {string} version
 * @param {string} oldest
 */
export function isAtLeast(version, oldest) {
  /** @param {string} text */
  const numbers = (text) => (text.replace(/^v/, "").split("-")[0] ?? "").split(".").map(Number);
  const [have, want] = [numbers(version), numbers(oldest)];
  for (const [index, number] of want.entries()) {
    const difference = (have[index] ?? Number.NaN) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** @param {string} file @returns {string | undefined} version of a CLI, without the "v" */
function versionOf(file) {
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" };
    return execFileSync(file, ["version"], { encoding: "utf8", env }).trim().replace(/^v/, "");
  } catch {
    return undefined;
  }
}

/**
 * A CLI and the folder of its language host, if both are there.
 *
 * @param {string} file
 * @param {string} searchPath where the language host may be beside the CLI's own folder
 */
function complete(file, searchPath = "") {
  const host = which("pulumi-language-nodejs", `${path.dirname(file)}:${searchPath}`);
  if (!isExecutable(file) || !host) return undefined;
  return [...new Set([path.dirname(file), path.dirname(host)])];
}

/**
 * @param {import("./part.mjs").Context} context
 * @param {string} file the CLI
 * @param {string[]} folders of the CLI and of its language host
 */
function values({ root }, file, folders) {
  // The SDK's package has a launcher too, at its root; the CLI warns of one that is not its own.
  const whole = isExecutable(path.join(path.dirname(file), DYNAMIC_PROVIDERS));
  const sdk = path.join(root, "node_modules/@pulumi/pulumi");
  return { pulumi: file, pathDirs: whole ? folders : [...folders, sdk] };
}

/** Starts the dynamic providers of the program in whose folder it is run. */
const LAUNCH_DYNAMIC_PROVIDERS = `#!/bin/sh
server=$(node -p 'require.resolve("@pulumi/pulumi/cmd/dynamic-provider")') || exit
exec node "$server" "$@"
`;

/** @param {import("./part.mjs").Context} context */
function chosenByUser(context) {
  const setting = context.env.REHEARSAL_PULUMI;
  const file = setting ? path.resolve(setting) : which("pulumi", context.env.PATH);
  const folders = file && complete(file, context.env.PATH);
  const version = file && versionOf(file);
  if (file && folders && version && isAtLeast(version, OLDEST)) {
    const where = setting ? "REHEARSAL_PULUMI" : "PATH";
    return { took: `real, ${version} from ${where}`, values: values(context, file, folders) };
  }
  if (!setting) return undefined;
  throw new SetupError({
    wrong: "REHEARSAL_PULUMI is not a usable CLI",
    received: `${setting} (version ${version || "unknown"}${folders ? "" : ", no pulumi-language-nodejs beside it"})`,
    allowed: `a pulumi CLI of version ${OLDEST} or newer with pulumi-language-nodejs beside it`,
    mend: "unset REHEARSAL_PULUMI, then npm run setup",
  });
}

/** @param {import("./part.mjs").Context} context */
function launcher(context) {
  const home = path.join(context.cache, "pulumi-launcher");
  const file = path.join(home, "versions", LAUNCHER, "bin/pulumi");
  const folders = complete(file);
  return {
    had: folders && {
      took: `real, ${LAUNCHER} by npm's launcher`,
      values: values(context, file, folders),
    },
    download: () =>
      run(["npm", "exec", "--yes", "--", `pulumi@${LAUNCHER}`, "version"], {
        log: context.log("pulumi"),
        cwd: context.cache,
        env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" },
        limitSeconds: 180,
      }),
  };
}

/** @param {import("./part.mjs").Context} context */
function goBuild(context) {
  const sums = MODULES.flatMap(({ folder }) =>
    ["go.mod", "go.sum"].map((name) => fs.readFileSync(path.join(context.root, folder, name))),
  );
  const folder = path.join(context.cache, "pulumi", contentHash(sums));
  const file = path.join(folder, "pulumi");
  const launcher = path.join(folder, DYNAMIC_PROVIDERS);
  const folders = isExecutable(launcher) ? complete(file) : undefined;
  const took = `real, ${OLDEST} built from Go modules`;
  return {
    had: folders && { took, values: values(context, file, folders) },
    async build() {
      const missing = MODULES.filter(({ program }) => !isExecutable(path.join(folder, program)));
      if (missing.length > 0 && !which("go")) throw noGo();
      for (const module of missing) await buildModule(context, module, folder);
      fs.writeFileSync(launcher, LAUNCH_DYNAMIC_PROVIDERS, { mode: 0o755 });
      // Gigabytes of sources and objects that nobody asks for again.
      fs.rmSync(path.join(context.cache, "go"), { recursive: true, force: true });
      return { took, values: values(context, file, complete(file) ?? []) };
    },
  };
}

function noGo() {
  return new SetupError({
    wrong: "the pulumi CLI cannot be had",
    received: `none of version ${OLDEST} or newer on PATH, ${DOWNLOAD_HOST} does not answer, no go to build it with`,
    allowed: "one of the three",
    mend: "curl -fsSL https://get.pulumi.com | sh, or install Go 1.24 or newer (https://go.dev/dl), then npm run setup",
  });
}

/**
 * @param {import("./part.mjs").Context} context
 * @param {(typeof MODULES)[number]} module
 * @param {string} folder
 */
async function buildModule({ root, cache, log }, module, folder) {
  const source = path.join(root, module.folder);
  const text = fs.readFileSync(path.join(source, "go.mod"), "utf8");
  const version = text.split(`${module.module} `)[1]?.split(/\s/)[0];
  const program = path.join(folder, module.program);
  const stamp = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
  fs.mkdirSync(folder, { recursive: true });
  await run(
    // The program gets its name when it is whole: half a build is never taken for one.
    ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false"].concat([
      "-ldflags",
      `-s -w -X ${stamp}=${version}`,
      "-o",
      `${program}.part`,
      module.tool,
    ]),
    {
      cwd: source,
      log: log("pulumi"),
      env: {
        GOPATH: path.join(cache, "go/path"),
        GOCACHE: path.join(cache, "go/build"),
        // Without it nobody could delete the cache with a plain rm -r.
        GOFLAGS: `${process.env.GOFLAGS ?? ""} -modcacherw`.trim(),
        CGO_ENABLED: "0",
      },
    },
  );
  fs.renameSync(`${program}.part`, program);
}

/** @type {import("./part.mjs").Part} */
export const pulumi = {
  name: "pulumi CLI",
  needs: [],
  async look(context) {
    const byLauncher = launcher(context);
    const byGo = goBuild(context);
    const had = chosenByUser(context) ?? byLauncher.had ?? byGo.had;
    if (had) return had;
    return {
      what: `pulumi ${LAUNCHER} by npm's launcher, else ${OLDEST} from Go modules (3 min)`,
      async install() {
        const refused = refusals(context.cache);
        if (!refused.has(DOWNLOAD_HOST) && (await answers(DOWNLOAD_HOST))) {
          await byLauncher.download().catch(() => undefined);
          const downloaded = launcher(context).had;
          if (downloaded) return downloaded;
        }
        refused.add(DOWNLOAD_HOST);
        return byGo.build();
      },
    };
  },
};
