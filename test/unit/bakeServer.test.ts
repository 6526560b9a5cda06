/** What of a system belongs into an image: scripts/server/bake by a real python, on folders and disks here. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const PROGRAMS = path.join(__dirname, "../../scripts/server/bake");

/** Runs lines of Python beside the programs, with an argument in JSON; what they print, from JSON. */
function python<T>(lines: string, argument: unknown): T {
  const head = `import json, sys; sys.path.insert(0, ${JSON.stringify(PROGRAMS)}); asked = json.loads(sys.argv[1])`;
  const ran = spawnSync("python3", ["-B", "-c", `${head}\n${lines}`, JSON.stringify(argument)], {
    encoding: "utf8",
  });
  assert.equal(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout) as T;
}

describe("what belongs into an image", () => {
  const kept = (paths: readonly string[]) =>
    python<string[]>(
      "from keep import is_kept; print(json.dumps([p for p in asked if is_kept(p.rstrip('/'), p.endswith('/'))]))",
      paths,
    );

  it("is the system, TLJH's environments and the packages", () => {
    const paths = [
      "usr/bin/python3",
      "opt/tljh/",
      "opt/tljh/hub/bin/python3",
      "opt/tljh/user/lib/python3.12/site-packages/tabulate.py",
      "opt/modflow/bin/mf6",
      "usr/local/bin/mf6",
      "var/lib/dpkg/status",
      "var/lib/workshop/packages.json",
      "var/lib/workshop/packages-script",
      "var/cache/debconf/config.dat",
      "etc/ssh/sshd_config.d/10-workshop.conf",
      "etc/systemd/system/workshop-block-metadata.service",
      "etc/systemd/system/multi-user.target.wants/workshop-block-metadata.service",
      "etc/systemd/system/multi-user.target.wants/ssh.service",
      "etc/apt/apt.conf.d/52-workshop",
    ];
    assert.deepEqual(kept(paths), paths);
  });

  it("is no file of a person, of the workshop or of this machine, and no log, history or backup of one", () => {
    const paths = [
      "home/jupyter-maria/x.ipynb",
      "home/ubuntu/.ssh/authorized_keys",
      "root/.bash_history",
      "root/.ssh/id_ed25519",
      "srv/workshop/home/x",
      "opt/tljh/config/config.yaml",
      "opt/tljh/state/passwords.dbm",
      "opt/tljh/user/etc/gitconfig",
      "opt/tljh/installer.log",
      "etc/git-credentials",
      "etc/git-credentials.tmp",
      "etc/.git/objects/pack/x",
      "etc/gitconfig",
      "etc/workshop/",
      "etc/machine-id",
      "etc/passwd",
      "etc/shadow",
      "etc/shadow-",
      "etc/ssh/ssh_host_ed25519_key",
      "etc/sudoers.d/90-cloud-init-users",
      "etc/sudoers.d/jupyterhub-admins",
      "etc/letsencrypt/live/x/privkey.pem",
      "etc/systemd/system/jupyterhub.service",
      "etc/systemd/system/traefik.service.d/workshop-acme.conf",
      "etc/systemd/system/workshop-data.service",
      "etc/systemd/system/multi-user.target.wants/workshop-data.service",
      "etc/systemd/system/multi-user.target.wants/jupyterhub.service",
      "var/lib/cloud/instances/i-0/user-data.txt",
      "var/lib/workshop/tljh-installed",
      "var/lib/systemd/random-seed",
      "var/log/journal/x/system.journal",
      "var/backups/shadow.bak",
      "var/cache/debconf/passwords.dat",
      "var/cache/apt/archives/x.deb",
      "var/mail/nicolas",
      "var/spool/cron/crontabs/nicolas",
      "tmp/x",
      "var/tmp/x",
      "swapfile",
    ];
    assert.deepEqual(kept(paths), []);
  });

  it("are the folders that services want theirs of, without what is in them", () => {
    const paths = [
      "home/",
      "root/",
      "var/log/",
      "var/log/apt/",
      "var/spool/cron/crontabs/",
      "tmp/",
    ];
    assert.deepEqual(kept(paths), paths);
  });
});

describe("accounts of an image", () => {
  const texts = {
    passwd: [
      "root:x:0:0:root:/root:/bin/bash",
      "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin",
      "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin",
      "ubuntu:x:1000:1000::/home/ubuntu:/bin/bash",
      "jupyter-maria:x:1001:1002::/home/jupyter-maria:/bin/bash",
    ],
    shadow: [
      "root:$6$salt$hash:1::::::",
      "daemon:*:1::::::",
      "nobody:!:1::::::",
      "ubuntu:!:1::::::",
      "jupyter-maria:$y$hash:1::::::",
    ],
    group: [
      "root:x:0:",
      "sudo:x:27:ubuntu,daemon",
      "nogroup:x:65534:",
      "ubuntu:x:1000:",
      "jupyterhub-users:x:1001:jupyter-maria",
    ],
    gshadow: ["root:*::", "sudo:*:ubuntu:ubuntu,daemon", "ubuntu:!::"],
    subuid: ["ubuntu:100000:65536", "jupyter-maria:165536:65536"],
    subgid: ["ubuntu:100000:65536"],
  };

  it("are the system's, none with a password; persons are in no list", () => {
    const asked = Object.fromEntries(
      Object.entries(texts).map(([name, lines]) => [name, `${lines.join("\n")}\n`]),
    );
    const [made, gone] = python<[Record<string, string>, string[]]>(
      "from accounts import without_people; print(json.dumps(without_people(asked)))",
      asked,
    );
    assert.deepEqual(gone, ["jupyter-maria", "ubuntu"]);
    assert.deepEqual(made, {
      passwd: `${texts.passwd.slice(0, 3).join("\n")}\n`,
      shadow: "root:!:1::::::\ndaemon:*:1::::::\nnobody:!:1::::::\n",
      group: "root:x:0:\nsudo:x:27:daemon\nnogroup:x:65534:\n",
      gshadow: "root:*::\nsudo:*::daemon\n",
      subuid: "",
      subgid: "",
    });
  });
});

describe("a search through an image", () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "bake-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  };
  const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n";
  const found = (secrets: Record<string, string> = {}) =>
    python<[string, string][]>(
      "from search import search; print(json.dumps(sorted(search(asked[0], asked[1], ['jupyter-maria']))))",
      [folder, secrets],
    );

  it("finds secrets anywhere, also in binary files and with signs that mean something to grep", () => {
    write("opt/tljh/user/lib/x.pyc", "\0\0tok.n[1]\\x\0");
    write("etc/plain", "nothing");
    assert.deepEqual(found({ "tok.n[1]\\x": "the git token" }), [
      ["opt/tljh/user/lib/x.pyc", "the git token"],
    ]);
    assert.deepEqual(found({ "tokxn[1]\\x": "the git token" }), []);
  });

  it("finds keys and names where people put files, and not those of programs' own tests", () => {
    write("usr/lib/python3/test/key.pem", KEY);
    write("opt/tljh/user/lib/jupyter-maria/x", "jupyter-maria");
    write("opt/somebody/id", KEY);
    write("etc/cron.d/x", "0 0 * * * jupyter-maria true");
    write("opt/jupyter-maria/x", "");
    write("etc/jupyter-mariae", "jupyter-mariae");
    assert.deepEqual(found(), [
      ["etc/cron.d/x", "somebody's name"],
      ["opt/jupyter-maria", "somebody's name"],
      ["opt/somebody/id", "a private key"],
    ]);
  });

  it("knows the secrets of a machine from its files", () => {
    const hash = `$2b$12$${"h".repeat(53)}`;
    write("etc/machine-id", `${"0123456789abcdef".repeat(2)}\n`);
    write("etc/shadow", "root:*:1::::::\nubuntu:$y$j9T$abcdefghijk:1::::::\n");
    write("etc/git-credentials", "https://x-access-token:github_pat_abc@github.com\n");
    write("opt/tljh/state/passwords.dbm.db", `\0\0${hash}\0`);
    write("opt/tljh/state/jupyterhub_cookie_secret", `${"c".repeat(64)}\n`);
    write("home/ubuntu/.ssh/authorized_keys", "ssh-ed25519 AAAAC3Nz1234 me\n");
    const own = python<Record<string, string>>(
      "from search import machines_own; print(json.dumps(machines_own(asked)))",
      folder,
    );
    assert.deepEqual(own, {
      ["0123456789abcdef".repeat(2)]: "the machine's id",
      AAAAC3Nz1234: "an authorized key",
      $y$j9T$abcdefghijk: "the hash of a password",
      [hash]: "the hash of a password",
      ["c".repeat(64)]: "what is in jupyterhub_cookie_secret",
      github_pat_abc: "the git token",
    });
  });
});

describe("the disk of an image", () => {
  const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "bake-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** As Ubuntu's: the boot loader's partitions first, the root's last; files instead of devices. */
  const MIB = 2 ** 20;
  const START = 8 * MIB;
  const WHOLE = 72 * MIB;
  const SIZE = 60 * MIB;
  const UUID = "5f1e7a52-0a9c-4c6b-9d3c-0123456789ab";
  const MAKE = `
import os
import layout
live = layout.Layout.__new__(layout.Layout)
live.disk, live.whole, live.start, live.size = asked["disk"], ${WHOLE}, ${START}, ${SIZE}
live.root = asked["root"]
live.make(asked["blank"])
live.check(asked["blank"])
live.boot(asked["blank"])
print("true")`;

  it("has the same partitions, boot loader and name of its file system, and none of the old blocks", function () {
    if (!has("mkfs.ext4") || !has("debugfs")) return this.skip();
    const [disk, root, blank] = ["disk", "root", "blank"].map((it) => path.join(folder, it));
    for (const [file, size] of [
      [disk, WHOLE],
      [root, SIZE],
      [blank, WHOLE],
    ] as const) {
      fs.writeFileSync(file, "");
      fs.truncateSync(file, size);
    }
    const made = spawnSync("mkfs.ext4", ["-q", "-F", "-U", UUID, "-L", "cloudimg-rootfs", root]);
    assert.equal(made.status, 0, made.stderr.toString());
    const whole = Buffer.alloc(WHOLE);
    whole.write("boot loader", 0);
    whole.write("boot partition", 5 * MIB);
    fs.readFileSync(root).copy(whole, START);
    whole.write("a deleted secret", START + 50 * MIB);
    whole.write("copy of the table", WHOLE - 512);
    fs.writeFileSync(disk, whole);
    python(MAKE, { disk, root, blank });
    const copy = fs.readFileSync(blank);
    assert.ok(copy.subarray(0, START).equals(whole.subarray(0, START)));
    assert.ok(copy.subarray(START + SIZE).equals(whole.subarray(START + SIZE)));
    assert.ok(!copy.includes("a deleted secret"));
    // Not of the volume's beginning, but of its root partition.
    const inside = path.join(folder, "inside");
    fs.writeFileSync(inside, copy.subarray(START, START + SIZE));
    const field = (file: string, name: string) =>
      new RegExp(`^${name}: +(.*)$`, "m").exec(
        spawnSync("dumpe2fs", ["-h", file], { encoding: "utf8" }).stdout,
      )?.[1];
    for (const name of [
      "Filesystem volume name",
      "Filesystem UUID",
      "Filesystem features",
      "Inode size",
      "Block size",
      "Block count",
    ]) {
      assert.equal(field(inside, name), field(root, name), name);
    }
    assert.equal(field(inside, "Filesystem UUID"), UUID);
  });
});
