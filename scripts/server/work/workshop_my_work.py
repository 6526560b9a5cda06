"""A plain link to all of one's own files as one archive: /user/NAME/my-work.

Beside jupyter-archive, which has folders in JupyterLab's file browser: no link leads to its address, and
one name that zip cannot have, or one link that leads nowhere, ends its whole archive.
"""

import asyncio
import os
import shutil
import stat
import sys
import zipfile

LIST = "NOT IN THIS ARCHIVE.txt"
PART = 1 << 18


def wanted(names):
    return sorted(name for name in names if not name.startswith("."))


def add(archive, path, name):
    """One file; why not, where it cannot be."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return "a link, or no file"
        # A name may have bytes that are no text; zip knows text only.
        info = zipfile.ZipInfo.from_file(
            path, name.encode("utf-8", "replace").decode(), strict_timestamps=False
        )
        info.compress_type = zipfile.ZIP_DEFLATED
        with open(path, "rb") as source, archive.open(info, "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, PART)
    except OSError as error:
        return error.strerror
    return ""


def pack(folder, out):
    """All files below a folder, but those whose names begin with a dot."""
    missing = []
    with zipfile.ZipFile(out, "w", compresslevel=6) as archive:
        for at, folders, files in os.walk(folder):
            folders[:] = wanted(folders)
            for name in wanted(files):
                path = os.path.join(at, name)
                inside = os.path.relpath(path, folder)
                if why := add(archive, path, inside):
                    missing.append(f"{inside}: {why}\n")
        if missing:
            archive.writestr(LIST, "".join(missing).encode("utf-8", "replace"))


def handler():
    from jupyter_server.base.handlers import JupyterHandler
    from tornado import iostream, web

    class MyWork(JupyterHandler):
        @web.authenticated
        async def get(self):
            root = os.path.expanduser(self.contents_manager.root_dir)
            self.set_header("Content-Type", "application/zip")
            name = os.path.basename(root.rstrip("/")).removeprefix("jupyter-")
            self.set_header("Content-Disposition", f'attachment; filename="{name}.zip"')
            self.set_header("Cache-Control", "no-store")
            # A process of its own: kernels go on being answered meanwhile.
            command = [sys.executable, "-I", __file__, root]
            packing = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            try:
                while part := await packing.stdout.read(PART):
                    self.write(part)
                    await self.flush()
                if await packing.wait() != 0:
                    # The browser shows that the download has failed, and keeps no half of it.
                    self.request.connection.stream.close()
            except iostream.StreamClosedError:
                pass
            finally:
                if packing.returncode is None:
                    packing.kill()
                    await packing.wait()

    return MyWork


def _jupyter_server_extension_points():
    return [{"module": "workshop_my_work"}]


def _load_jupyter_server_extension(app):
    from jupyter_server.utils import url_path_join

    address = url_path_join(app.web_app.settings["base_url"], "my-work")
    app.web_app.add_handlers(".*$", [(address, handler())])


if __name__ == "__main__":
    pack(sys.argv[1], sys.stdout.buffer)
