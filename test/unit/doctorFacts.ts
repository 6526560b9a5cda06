/** A workshop that is well, as the doctor knows it; tests change what is wrong. */
import type { Facts, ServerFacts } from "../../scripts/doctor/facts";

export const GIB = 1024 ** 3;
export const NOW = Date.parse("2026-11-25T12:00:00Z");

export function serverFacts(changed: Partial<ServerFacts> = {}): ServerFacts {
  const disk = {
    bytes: 40 * GIB,
    free: 30 * GIB,
    reserved: 2 * GIB,
    inodes: 1000,
    freeInodes: 900,
  };
  const user = "/opt/tljh/user";
  return {
    disks: { root: disk, data: disk },
    memory: { bytes: 16 * GIB, free: 12 * GIB, killed: [], died: [] },
    load: { one: 1, five: 1, processors: 4, idle: 0.9, steal: 0, uptime: 3600 },
    units: { failed: [], off: [] },
    reboot: { asked: false, packages: [] },
    updates: { last: NOW / 1000 - 3600, timer: "active" },
    clock: { now: NOW / 1000, synchronized: true },
    sshd: { ports: [22, 993], passwords: false, root: false, wrong: "" },
    homes: { count: 1, measured: [{ name: "ana", bytes: GIB }], limit: 4 * GIB, held: [] },
    hub: { answers: true, version: "5.5.4" },
    people: { accounts: 24, servers: [] },
    hubErrors: { count: 0, last: [] },
    proxyErrors: { count: 0, last: [], certificate: [] },
    python: {
      pip: `${user}/bin/pip`,
      pipFor: `${user}/bin/python3`,
      pipVersion: "26.3",
      pipPlace: `${user}/lib/python3.11/site-packages/pip/__init__.py`,
      executable: `${user}/bin/python3`,
      kernel: "python",
      wrong: "",
    },
    packages: { count: 108, broken: [], log: true },
    ownPackages: { people: [] },
    git: { token: true, drift: [] },
    content: {
      found: [
        { name: "start", branches: ["main"], commit: "a", paths: ["lesson.ipynb"], folders: [] },
      ],
    },
    reading: { read: [{ repository: "https://github.com/river-lab/gw", wrong: "", lock: false }] },
    ...changed,
  };
}

export function facts(changed: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    stack: {
      stack: "dev",
      region: "ap-south-1",
      profile: "work",
      instanceId: "i-1",
      publicIp: "203.0.113.10",
      sshCommand: "ssh -i ~/.ssh/dev.pem ubuntu@203.0.113.10",
      sshPort: 22,
      domains: ["hub.example.org"],
      dnsRecord: "hub.example.org. 3600 IN A 203.0.113.10",
      isZoneManaged: false,
      gitHost: "github.com",
      token: { fingerprint: "abc", validUntil: "2027-01-31", access: "sealed" },
      configuredToken: "abc",
      content: [
        {
          name: "start",
          repo: "https://github.com/river-lab/gw",
          path: "river-lab/gw",
          host: "github.com",
          branch: "main",
          open: "lesson.ipynb",
          app: "lab",
        },
      ],
    },
    aws: {
      state: "running",
      systemCheck: "ok",
      instanceCheck: "ok",
      events: [],
      type: "t3.xlarge",
      doors: [{ cidr: "198.51.100.7/32", port: 22 }],
    },
    here: {
      address: "198.51.100.7",
      ports: [
        { port: 443, said: "" },
        { port: 80, said: "" },
      ],
      certificate: {
        issuer: "Let's Encrypt, R11",
        ends: NOW + 80 * 86_400_000,
        names: ["hub.example.org"],
      },
      names: [
        {
          name: "hub.example.org",
          servers: [{ server: "ns1", a: ["203.0.113.10"], aaaa: [] }],
        },
      ],
      keyFile: { file: "~/.ssh/dev.pem", wrong: "", mode: "600" },
    },
    server: serverFacts(),
    ...changed,
  };
}
