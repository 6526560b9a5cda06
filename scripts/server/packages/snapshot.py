"""The user environment as it was, kept beside it while it is changed, and put back if need be.

Kept as hard links: in a second or two, without another copy on the disk, and putting back needs
neither network nor resolver. pip and conda replace files, and write into none that is there (conda
hard-links its own store in the same way); what they do write into is copied.
"""

import os
import shutil
import subprocess

# conda's store of packages and not the environment; it may be larger than all the rest.
LEFT_OUT = {"pkgs"}
# Written into in place.
COPIED = ("conda-meta/history", "etc")


class Snapshot:
    """`folder` is on the same volume as `environment`, and is there only while something changes."""

    def __init__(self, environment, folder):
        self.environment = environment
        self.folder = folder

    def is_kept(self):
        return os.path.isdir(self.folder)

    def keep(self):
        part = f"{self.folder}.part"
        shutil.rmtree(part, ignore_errors=True)
        os.mkdir(part, 0o700)
        names = sorted(set(os.listdir(self.environment)) - LEFT_OUT)
        paths = [os.path.join(self.environment, name) for name in names]
        subprocess.run(["cp", "-al", "--", *paths, part], check=True)
        for name in COPIED:
            source, target = os.path.join(self.environment, name), os.path.join(part, name)
            if os.path.isdir(source):
                shutil.rmtree(target)
                shutil.copytree(source, target, symlinks=True)
            elif os.path.isfile(source):
                os.unlink(target)
                shutil.copy2(source, target)
        # Complete, or not there.
        os.rename(part, self.folder)

    def forget(self):
        part = f"{self.folder}.part"
        if self.is_kept():
            os.rename(self.folder, part)
        shutil.rmtree(part, ignore_errors=True)

    def put_back(self):
        """Makes the environment what it was. Each file at once, for those who use it meanwhile."""
        for base, folders, files in os.walk(self.folder):
            place = os.path.join(self.environment, os.path.relpath(base, self.folder))
            if base != self.folder:
                self._folder(base, place)
            links = [name for name in folders if os.path.islink(os.path.join(base, name))]
            for name in files + links:
                self._file(os.path.join(base, name), os.path.join(place, name))
        for base, folders, files in os.walk(self.environment):
            kept = os.path.join(self.folder, os.path.relpath(base, self.environment))
            if base == self.environment:
                folders[:] = [name for name in folders if name not in LEFT_OUT]
            for name in [*folders, *files]:
                if not os.path.lexists(os.path.join(kept, name)):
                    remove(os.path.join(base, name))
            folders[:] = [name for name in folders if os.path.lexists(os.path.join(kept, name))]
        self.forget()

    def _folder(self, kept, place):
        if os.path.islink(place) or (os.path.lexists(place) and not os.path.isdir(place)):
            os.unlink(place)
        os.makedirs(place, exist_ok=True)
        shutil.copystat(kept, place)

    def _file(self, kept, place):
        if os.path.lexists(place):
            if os.lstat(place).st_ino == os.lstat(kept).st_ino:
                return
            if os.path.isdir(place) and not os.path.islink(place):
                shutil.rmtree(place)
        part = f"{place}.workshop-part"
        if os.path.lexists(part):
            os.unlink(part)
        os.link(kept, part, follow_symlinks=False)
        os.replace(part, place)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
