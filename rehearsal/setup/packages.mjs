/** Programs of this computer's distribution that the machines and the checks need. */
import fs from "node:fs";
import { SetupError } from "./errors.mjs";
import { isExecutable, run, searchPath, which } from "./run.mjs";

/** @param {string} program */
const program = (program) => () => which(program, searchPath()) !== undefined;

/** @param {string} name */
const podmanHelper = (name) => () =>
  ["/usr/lib/podman", "/usr/libexec/podman", "/usr/local/lib/podman"].some((folder) =>
    isExecutable(`${folder}/${name}`),
  );

/**
 * Debian's package to the question whether this computer has what we need of it.
 *
 * @type {Record<string, () => boolean>}
 */
const REQUIRED = {
  podman: program("podman"),
  runc: program("runc"),
  netavark: podmanHelper("netavark"),
  "aardvark-dns": podmanHelper("aardvark-dns"),
  iptables: program("iptables"),
  nftables: program("nft"),
  debootstrap: program("debootstrap"),
  "debian-archive-keyring": () => fs.existsSync("/usr/share/keyrings/debian-archive-keyring.gpg"),
  shellcheck: program("shellcheck"),
  e2fsprogs: program("mke2fs"),
  iproute2: program("ip"),
  "openssh-client": program("ssh"),
  git: program("git"),
  openssl: program("openssl"),
};

/**
 * @param {Record<string, () => boolean>} required
 * @returns {string[]} names of missing packages
 */
export function missingSystemPackages(required = REQUIRED) {
  return Object.entries(required)
    .filter(([, isThere]) => !isThere())
    .map(([name]) => name);
}

/** @param {string[]} names */
function noApt(names) {
  return new SetupError({
    wrong: `this computer lacks ${names.join(", ")}`,
    received: "no apt-get to install them with",
    allowed: "Debian or Ubuntu, or the same programs from another distribution",
    mend: `install ${names.join(" ")} with your package manager, then npm run setup`,
  });
}

/** @type {import("./part.mjs").Part} */
export const systemPackages = {
  name: "system packages",
  needs: [],
  async look({ log }) {
    const names = missingSystemPackages();
    const had = { took: Object.keys(REQUIRED).join(" "), values: {} };
    if (names.length === 0) return had;
    return {
      what: `${names.join(" ")} (apt-get)`,
      async install() {
        if (!which("apt-get", searchPath())) throw noApt(names);
        await aptInstall(names, log("packages"));
        return had;
      },
    };
  },
};

/**
 * Installs packages of this computer's distribution, waiting for another installation to end.
 *
 * @param {string[]} names
 * @param {string} log
 */
export async function aptInstall(names, log) {
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"];
  const wait = ["-o", "DPkg::Lock::Timeout=300"];
  // One unreachable source of a person's own list need not matter: the installation tells.
  await run([...apt, ...wait, "update"], { log, asRoot: true }).catch(() => undefined);
  await run([...apt, ...wait, "install", "--no-install-recommends", ...names], {
    log,
    asRoot: true,
  });
}
