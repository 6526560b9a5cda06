"""What of a machine's system belongs into an image of it.

All is kept but what belongs to the workshop, to a person, or to this one machine. Paths are without the
first slash. Pure.
"""

import re
from fnmatch import fnmatchcase

# Of these the folder is kept, and nothing that is in it.
EMPTY = [
    "etc/apt/auth.conf.d",
    "etc/letsencrypt",
    "etc/ssl/private",
    "home",
    "lost+found",
    "media",
    "mnt",
    "opt/tljh/config",
    "opt/tljh/state",
    "proc",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "var/crash",
    "var/lib/amazon",
    "var/lib/cloud",
    "var/lib/dhcp",
    "var/lib/NetworkManager",
    "var/lib/snapd/device",
    "var/lib/systemd/coredump",
    "var/lib/systemd/linger",
    "var/tmp",
]
# Of these all folders are kept, since services want theirs, and no file.
FOLDERS_ONLY = [
    "var/backups",
    "var/cache",
    "var/lib/apt/lists",
    "var/lib/private",
    "var/log",
    "var/mail",
    "var/snap",
    "var/spool",
]
# The answers that packages were installed with; passwords among them are in a third file.
NEVERTHELESS = ["var/cache/debconf/config.dat", "var/cache/debconf/templates.dat"]
# Patterns of files and folders that are left out.
DROPPED = [
    "etc/.git*",
    "etc/apt/auth.conf",
    # Made anew, see accounts.py.
    "etc/group",
    "etc/gshadow",
    "etc/passwd",
    "etc/shadow",
    "etc/subgid",
    "etc/subuid",
    # What they were before.
    "etc/group-",
    "etc/gshadow-",
    "etc/passwd-",
    "etc/shadow-",
    "etc/subgid-",
    "etc/subuid-",
    "etc/git-credentials*",
    "etc/gitconfig*",
    "etc/hostname",
    "etc/machine-id",
    "etc/netplan/50-cloud-init.yaml",
    "etc/netrc",
    "etc/ssh/ssh_host_*",
    "etc/sudoers.d/90-cloud-init-users",
    "etc/sudoers.d/jupyterhub-admins",
    "etc/udev/rules.d/70-persistent-net.rules",
    "etc/workshop",
    "opt/tljh/installer.log",
    "opt/tljh/user.before*",
    "opt/tljh/user/etc/gitconfig*",
    # Downloads; what was unpacked of them stays.
    "opt/tljh/user/pkgs/*.conda",
    "opt/tljh/user/pkgs/*.tar.bz2",
    # Memory of a machine.
    "swap.img",
    "swapfile",
    # By it, steps see that TLJH is here and its hub answers; the bootstrap makes it anew.
    "usr/bin/tljh-config",
    "usr/local/sbin/workshop-attendance",
    "usr/local/sbin/workshop-data",
    "var/lib/dbus/machine-id",
    "var/lib/systemd/credential.secret",
    "var/lib/systemd/random-seed",
]
# TLJH's units are made by its bootstrap, and the workshop's by `pulumi up`, with the new data volume;
# until then nothing listens. The one that a new machine needs from its first moment stays.
UNITS = re.compile(r"^(jupyter|traefik|workshop-)")
UNIT_STAYS = "workshop-block-metadata.service"
SYSTEMD = "etc/systemd/system/"
# What `up` has to know of packages that are there.
STEPS = "var/lib/workshop/"
STEPS_KEPT = ["packages.json", "packages-script"]


def is_in(path, folders):
    """Whether it is inside one of the folders."""
    return any(path.startswith(f"{folder}/") for folder in folders)


def is_kept(path, is_folder):
    """Whether a file or folder belongs into the image. What is in a folder that does not, does neither."""
    if is_in(path, EMPTY) or any(fnmatchcase(path, pattern) for pattern in DROPPED):
        return False
    if is_in(path, FOLDERS_ONLY) and path not in NEVERTHELESS:
        return is_folder
    if path.startswith(SYSTEMD):
        name = path[len(SYSTEMD) :].split("/")[-1]
        first = path[len(SYSTEMD) :].split("/")[0]
        return UNIT_STAYS in (name, first) or not (UNITS.match(name) or UNITS.match(first))
    if path.startswith(STEPS):
        return path[len(STEPS) :] in STEPS_KEPT
    return True
