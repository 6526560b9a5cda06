/** The root filesystem of the rehearsal's machines: one ext4 file, copied for each machine. */
import fs from "node:fs";
import path from "node:path";
import { contentHash, folderHash } from "./cache.mjs";
import { run } from "./run.mjs";

/** Size of the file in GiB, like the root device of Ubuntu's AMI. Sparse: it takes some 0.6. */
const IMAGE_GIB = 8;

const DEBIAN_MIRROR = "http://deb.debian.org/debian";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Authorities that this computer trusts beside its distribution's own: a registry's certificate
 * may be signed by one of them, and machines here use the same registries.
 *
 * @param {string} trusted PEM text of all that this computer trusts
 * @param {string} distribution PEM text of the distribution's own list
 * @returns {string} PEM text, each authority once
 */
export function extraCertificates(trusted, distribution) {
  /** @param {string} pem */
  const plain = (pem) => pem.replace(/\s/g, "");
  const known = new Set((distribution.match(CERTIFICATE) ?? []).map(plain));
  const extra = new Map();
  for (const pem of trusted.match(CERTIFICATE) ?? []) {
    if (!known.has(plain(pem))) extra.set(plain(pem), pem);
  }
  return [...extra.values()].map((pem) => `${pem.replace(/\r/g, "")}\n`).join("");
}

/** @param {NodeJS.ProcessEnv} env */
function hostCertificates(env) {
  const bundle = env.SSL_CERT_FILE || "/etc/ssl/certs/ca-certificates.crt";
  const own = "/usr/share/ca-certificates";
  const distribution = fs.existsSync(own)
    ? fs
        .readdirSync(own, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".crt"))
        .map((name) => fs.readFileSync(path.join(own, name), "utf8"))
    : [];
  const trusted = fs.existsSync(bundle) ? fs.readFileSync(bundle, "utf8") : "";
  return extraCertificates(trusted, distribution.join("\n"));
}

/**
 * What the image is made of: Debian's packages, a tar, or an image that podman can pull.
 *
 * @param {string | undefined} setting REHEARSAL_MACHINE_IMAGE
 * @returns {{ kind: "debian" | "tar" | "reference", from: string }}
 */
export function imageSource(setting) {
  if (!setting) return { kind: "debian", from: DEBIAN_MIRROR };
  const isFile = fs.existsSync(setting) && fs.statSync(setting).isFile();
  return { kind: isFile ? "tar" : "reference", from: isFile ? path.resolve(setting) : setting };
}

/**
 * @param {{ kind: string, from: string }} source
 * @param {string} recipe folder
 * @param {string} certificates
 */
function imageHash({ kind, from }, recipe, certificates) {
  const parts = [kind, from, folderHash(recipe), certificates, String(IMAGE_GIB)];
  if (kind === "tar") parts.push(String(fs.statSync(from).mtimeMs), String(fs.statSync(from).size));
  return contentHash(parts);
}

/** @type {import("./part.mjs").Part} */
export const image = {
  name: "machine image",
  needs: ["system packages"],
  async look({ root, cache, env, log }) {
    const recipe = path.join(root, "rehearsal/image");
    const source = imageSource(env.REHEARSAL_MACHINE_IMAGE);
    const certificates = hostCertificates(env);
    const hash = imageHash(source, recipe, certificates);
    const file = path.join(cache, "images", `${hash}.ext4`);
    const took = source.kind === "debian" ? "Debian bookworm's packages" : source.from;
    const had = { took, values: { machineImage: file } };
    if (fs.existsSync(file)) return had;
    return {
      what: source.kind === "debian" ? "Debian bookworm (debootstrap)" : source.from,
      async install() {
        await build({ file, recipe, source, certificates, log: log("image") });
        return had;
      },
    };
  },
};

/**
 * @param {{ file: string, recipe: string, source: ReturnType<typeof imageSource>,
 *           certificates: string, log: string }} options
 */
async function build({ file, recipe, source, certificates, log }) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const pem = `${file}.pem`;
  fs.writeFileSync(pem, certificates);
  const script = [path.join(recipe, "build.sh"), file, String(IMAGE_GIB)];
  try {
    if (source.kind === "reference") await buildFromReference(script, source.from, pem, log);
    else if (source.kind === "tar")
      await run([...script, "--tar", source.from, pem], { log, asRoot: true });
    else await run([...script, source.from, pem], { log, asRoot: true });
  } finally {
    fs.rmSync(pem, { force: true });
  }
}

/**
 * @param {string[]} script
 * @param {string} reference
 * @param {string} pem
 * @param {string} log
 */
async function buildFromReference(script, reference, pem, log) {
  const container = `tljh-workshop-export-${process.pid}`;
  const tar = `${script[1]}.tar`;
  const podman = ["podman", "--runtime", "runc"];
  await run([...podman, "create", "--name", container, reference, "/sbin/init"], {
    log,
    asRoot: true,
  });
  try {
    await run([...podman, "export", "--output", tar, container], { log, asRoot: true });
    await run([...script, "--tar", tar, pem], { log, asRoot: true });
  } finally {
    await run([...podman, "rm", container], { log, asRoot: true });
    await run(["rm", "-f", tar], { log, asRoot: true });
  }
}
