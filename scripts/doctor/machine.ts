/** The machine itself: disks, memory, processors, services, updates, clock. */
import { isKnown, type Disk, type Facts, type ServerFacts } from "./facts";
import {
  ago,
  green,
  here,
  judged,
  onServer,
  percent,
  red,
  size,
  worst,
  yellow,
  type RowId,
  type Verdict,
} from "./rows";
import {
  CLOCK_SECONDS,
  DISK,
  HOME,
  INODES,
  LOAD,
  MEMORY,
  STEAL,
  UPDATES_SECONDS,
} from "./thresholds";

export function machineRows(facts: Facts, server: ServerFacts): [RowId, Verdict][] {
  const look = (command: string) => onServer(facts, command);
  return [
    ["ssh server", judged(server.sshd, (it) => sshd(facts, it), look("sudo sshd -T"))],
    ["root disk", judged(server.disks, (it) => disk(facts, "/", it.root), look("df -h"))],
    ["data disk", judged(server.disks, (it) => disk(facts, "/home", it.data), look("df -h"))],
    ["homes", judged(server.homes, (it) => homes(facts, it, server), look("sudo du -sh /home/*"))],
    ["memory", judged(server.memory, (it) => memory(facts, it), look("free -h"))],
    ["load", judged(server.load, (it) => load(facts, it), look("uptime"))],
    ["services", judged(server.units, (it) => services(facts, it), look("systemctl --failed"))],
    [
      "restart",
      judged(server.reboot, (it) => restart(facts, it), look("cat /run/reboot-required")),
    ],
    ["updates", judged(server.updates, (it) => updates(facts, it), look("systemctl list-timers"))],
    ["clock", judged(server.clock, (it) => clock(facts, it), look("timedatectl"))],
  ];
}

type Of<K extends keyof ServerFacts> = Exclude<ServerFacts[K], { error: string }>;

function sshd(facts: Facts, { ports, passwords, root, wrong }: Of<"sshd">): Verdict {
  const again = here(facts, "pulumi up");
  if (wrong !== "") return red(`its configuration is not valid: ${wrong}`, again);
  if (passwords || root) {
    return red(`it takes ${passwords ? "passwords" : "root"}, which it must not`, again);
  }
  if (!ports.includes(facts.stack.sshPort)) {
    return red(`it listens on ${ports.join(", ")} and not on ${facts.stack.sshPort}`, again);
  }
  return green(`keys only, nobody as root, ports ${ports.join(" and ")}`);
}

function disk(
  facts: Facts,
  path: "/" | "/home",
  { bytes, free, inodes, freeInodes }: Disk,
): Verdict {
  const key = path === "/" ? "diskGiB" : "dataGiB";
  const larger = Math.ceil(bytes / 1024 ** 3) + 20;
  const grow = here(facts, `pulumi config set ${key} ${larger}, then pulumi up`);
  const share = free / bytes;
  const says = `${size(free)} of ${size(bytes)} are free (${percent(share)})`;
  // A small volume may be well with less than what a large one needs.
  if (share < DISK.redShare || free < Math.min(DISK.redBytes, bytes * DISK.yellowShare)) {
    return red(says, grow);
  }
  const inodeShare = inodes > 0 ? freeInodes / inodes : 1;
  const files = `room for ${freeInodes} more files (${percent(inodeShare)})`;
  if (inodeShare < INODES.redShare) return red(files, grow);
  if (share < DISK.yellowShare) return yellow(says, grow);
  if (inodeShare < INODES.yellowShare) return yellow(files, grow);
  return green(says);
}

function homes(
  facts: Facts,
  { count, measured, limit, held }: Of<"homes">,
  server: ServerFacts,
): Verdict {
  if (count === 0) return green("nobody has logged in yet");
  const top = measured.slice(0, 3).map(({ name, bytes }) => `${name} ${size(bytes)}`);
  const left = count - measured.length;
  const says = `${count} homes${left > 0 ? ` (${left} not measured in time)` : ""}, the largest: ${top.join(", ")}`;
  if (held.length > 0 && limit !== null) {
    const look = onServer(facts, `sudo du -xh --max-depth=2 /home/jupyter-${held[0] ?? ""}`);
    return yellow(
      `${says}; with more than their limit of ${size(limit)}, and so with small files only: ${held.join(", ")}`,
      `${look}; a higher limit for all: ${here(facts, "pulumi config set homeGiB GIB, then pulumi up")}`,
    );
  }
  const volume = isKnown(server.disks) ? server.disks.data.bytes : Infinity;
  const [first] = measured;
  if (first && first.bytes > volume * HOME.yellowShare) {
    const command = onServer(facts, `sudo du -xh --max-depth=2 /home/jupyter-${first.name}`);
    return yellow(`${says}; ${first.name} has more than a quarter of the data volume`, command);
  }
  return green(says);
}

function memory(facts: Facts, { bytes, free, killed, died }: Of<"memory">): Verdict {
  const share = free / bytes;
  const says = `${size(free)} of ${size(bytes)} are free (${percent(share)})`;
  const top = onServer(facts, "ps -eo rss,user,args --sort=-rss | head -n 15");
  if (share < MEMORY.redShare) return red(says, top);
  const since = (when: number) => ago(facts.now / 1000 - when);
  const last = died.at(-1);
  if (last) {
    const names = [...new Set(died.map(({ name }) => name))].join(", ");
    const count = died.length === 1 ? "1 kernel" : `${died.length} kernels`;
    return yellow(
      `${says}; in the last day ${count} of ${names} ended by themselves, mostly for want of memory, the last one ${since(last.when)}`,
      top,
    );
  }
  const program = killed.at(-1);
  if (program) {
    return yellow(
      `${says}; a program of ${program.unit} was ended for want of memory ${since(program.when)}`,
      top,
    );
  }
  return share < MEMORY.yellowShare ? yellow(says, top) : green(says);
}

function load(facts: Facts, { five, processors, idle, steal, uptime }: Of<"load">): Verdict {
  const says = `${(five / processors).toFixed(1)} programs a processor want to compute (${processors} processors, ${percent(idle)} idle now), up since ${ago(uptime).replace(" ago", "")}`;
  const top = onServer(facts, "top -b -n 1 | head -n 20");
  if (steal > STEAL.yellow) {
    return yellow(
      `${says}; AWS gives ${percent(steal)} of the time to others: a T instance has no CPU credits left`,
      here(facts, "pulumi config set cpuCredits unlimited, then pulumi up"),
    );
  }
  return five / processors > LOAD.yellow ? yellow(says, top) : green(says);
}

function services(facts: Facts, { failed, off }: Of<"units">): Verdict {
  const first = off[0] ?? failed[0];
  if (first === undefined) return green("all run, none has failed");
  const command = onServer(
    facts,
    `sudo systemctl status ${first}; sudo journalctl -u ${first} -n 50`,
  );
  return worst([
    ...off.map((one) => red(`${one} does not run`, command)),
    ...(failed.length > 0 ? [yellow(`failed: ${failed.join(", ")}`, command)] : []),
  ]);
}

function restart(facts: Facts, { asked, packages }: Of<"reboot">): Verdict {
  if (!asked) return green("none is pending");
  const why = packages.length > 0 ? ` (${packages.slice(0, 3).join(", ")})` : "";
  return yellow(
    `an update asks for a restart${why}; everybody is off for some minutes`,
    `when nobody works: ${onServer(facts, "sudo reboot")}`,
  );
}

function updates(facts: Facts, { last, timer }: Of<"updates">): Verdict {
  const start = onServer(facts, "sudo systemctl enable --now apt-daily-upgrade.timer");
  if (timer !== "active")
    return yellow("security updates do not install themselves any more", start);
  const age = facts.now / 1000 - last;
  const says = `security updates last installed ${ago(age)}`;
  if (age <= UPDATES_SECONDS.yellow) return green(says);
  return yellow(says, onServer(facts, "sudo unattended-upgrade -v"));
}

function clock(facts: Facts, { now, synchronized }: Of<"clock">): Verdict {
  const { from, to } = facts.here.asked ?? { from: facts.now, to: facts.now };
  const off = Math.max(0, from / 1000 - now, now - to / 1000);
  const says = `${Math.round(off)} s away from this computer's`;
  const mend = synchronized
    ? "this computer's clock is the wrong one: set it by the network"
    : onServer(facts, "sudo timedatectl set-ntp true");
  if (off > CLOCK_SECONDS.red) return red(says, mend);
  if (off > CLOCK_SECONDS.yellow) return yellow(says, mend);
  return green(`within ${CLOCK_SECONDS.yellow} s of this computer's`);
}
