"""How a machine's root disk is laid out, and the same on a blank one."""

import os
import re
import stat
import subprocess

SECTOR = 512
# Ubuntu's images have the boot loader's partitions before the root's, and after it only the copy of the
# partition table.
MOST_BEHIND = 64 * 1024 * 1024
PART = 4 * 1024 * 1024
# Features of ext4 that are of the file system itself, and not of its present state. A boot loader reads
# what it has read before.
FEATURES = set(
    """has_journal ext_attr resize_inode dir_index filetype extent 64bit flex_bg sparse_super sparse_super2
    large_file huge_file dir_nlink extra_isize metadata_csum metadata_csum_seed uninit_bg large_dir orphan_file
    inline_data""".split()
)


class NotThisWay(Exception):
    """A disk that cannot be copied here: wrong, received, allowed, mend."""


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def number(path):
    with open(path, encoding="ascii") as file:
        return int(file.read())


def node(name, device):
    """A device file of our own, since those in /dev may be missing or named otherwise."""
    path = f"/dev/workshop-bake-{name}"
    if os.path.exists(path):
        os.unlink(path)
    major, minor = map(int, device.split(":"))
    os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(major, minor))
    return path


def size_of(device):
    with open(device, "rb") as file:
        return file.seek(0, os.SEEK_END)


class Layout:
    """Of the live root disk. `start` and `size` are the root file system's, in bytes."""

    def __init__(self):
        device, kind = said("findmnt", "-n", "-o", "MAJ:MIN,FSTYPE", "/").split()
        system = os.path.realpath(f"/sys/dev/block/{device}")
        if kind != "ext4" or os.path.exists(f"{system}/dm"):
            raise NotThisWay(
                "The machine's root file system cannot be copied",
                kind,
                "ext4 on a partition of its own volume",
                "a machine from Canonical's image",
            )
        self.root = node("root", device)
        self.start, self.disk = 0, self.root
        self.size = number(f"{system}/size") * SECTOR
        if os.path.exists(f"{system}/partition"):
            self.start = number(f"{system}/start") * SECTOR
            with open(f"{os.path.dirname(system)}/dev", encoding="ascii") as file:
                self.disk = node("disk", file.read().strip())
        self.whole = size_of(self.disk)
        behind = self.whole - self.start - self.size
        if self.start and behind > MOST_BEHIND:
            raise NotThisWay(
                "The root partition is not the last of its volume",
                f"{behind // 2**20} MiB behind it",
                "nothing but the copy of the partition table",
                "pulumi up, which lets it grow",
            )

    def forget(self):
        for path in {self.root, self.disk}:
            os.unlink(path)

    def make(self, device):
        """Makes the root file system on a blank volume, of the same kind, name and place."""
        if size_of(device) != self.whole:
            raise NotThisWay(
                "The image's volume has another size than the root volume",
                f"{size_of(device)} bytes",
                f"{self.whole} bytes",
                os.environ.get("AGAIN", ""),
            )
        text = said("dumpe2fs", "-h", self.root)

        def field(name):
            found = re.search(rf"^{name}: +(.*)$", text, re.MULTILINE)
            return found.group(1) if found else ""

        features = [one for one in field("Filesystem features").split() if one in FEATURES]
        block = int(field("Block size"))
        label = field("Filesystem volume name")
        said(
            *["mkfs.ext4", "-q", "-F", "-O", ",".join(["none", *features])],
            *["-b", str(block), "-I", field("Inode size")],
            *["-U", field("Filesystem UUID"), "-L", "" if label == "<none>" else label],
            *["-E", f"offset={self.start},lazy_itable_init=1,nodiscard", device, str(self.size // block)],
        )

    def mount(self, device, folder):
        inside = ["loop", f"offset={self.start}", f"sizelimit={self.size}"] if self.start else []
        said("mount", "-t", "ext4", "-o", ",".join(["nosuid", "nodev", "noexec", *inside]), device, folder)

    def check(self, device):
        """Raises CalledProcessError when the file system is not whole."""
        said("e2fsck", "-f", "-n", f"{device}?offset={self.start}" if self.start else device)

    def boot(self, device):
        """
        Copies partition table and boot loader, all that is not the root's. Last: from then on the volume
        looks like the machine's own root volume, to a machine that starts with it attached.
        """
        if not self.start:
            return
        with open(self.disk, "rb") as old, open(device, "r+b") as new:
            for begin, end in [(self.start + self.size, self.whole), (0, self.start)]:
                for at in range(begin, end, PART):
                    old.seek(at)
                    data = old.read(min(PART, end - at))
                    # A blank volume is zeros, and what is not written is not paid for.
                    if data.strip(b"\0"):
                        new.seek(at)
                        new.write(data)
            new.flush()
            os.fsync(new.fileno())
