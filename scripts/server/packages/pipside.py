"""pip: what it would do, its errors in a person's words, downloading, and putting in."""

import concurrent.futures
import http.client
import json
import os
import re
import urllib.request
import zipfile

from problem import Problem, last_lines, name_of, nearest, normal, run

ADD = "npm run package -- add"
# What people type is often the name that notebooks import.
KNOWN_AS = {
    "cv2": "opencv-python-headless",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "pil": "pillow",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "osgeo": "gdal (with --conda)",
    "gdal": "gdal (with --conda)",
    "mpl-toolkits": "matplotlib",
    "dateutil": "python-dateutil",
}
COMMON = """affine altair bokeh cartopy contextily dask earthengine-api fiona flopy folium geopandas
geemap gstools h5py holoviews hvplot ipyleaflet ipywidgets jupyter leafmap lmfit matplotlib netcdf4
networkx numba numpy openpyxl opencv-python-headless osmnx panel pandas pastas pillow plotly polars
pyarrow pyemu pykrige pyproj pyshp pytest pyvista rasterio requests rioxarray scikit-image
scikit-learn scipy seaborn shapely statsmodels sympy torch tqdm voila xarray xgboost""".split()
# pip gives up on a set that cannot be solved, but only after it has tried a great many.
SOLVE_SECONDS = 300
# So many downloads at a time.
AT_ONCE = 4
UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Name or service not known|NameResolution"
    r"|connection broken by|Could not fetch URL|SSLError|Temporary failure in name resolution"
)


class Pip:
    def __init__(self, python, folder, options=()):
        self.python = python
        self.folder = folder
        # Lines of a requirements file that say where packages come from.
        self.options = list(options)

    def _run(self, *arguments, seconds=1800):
        options = ["--disable-pip-version-check", "--no-input", "--no-color"]
        env = {"PIP_ROOT_USER_ACTION": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
        return run(self.python, "-I", "-m", "pip", *options, *arguments, env=env, seconds=seconds)

    def _write(self, name, lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        return path

    def solve(self, wanted, dists, held):
        """What pip would install for `wanted` (requirements) into what is there (`dists`).

        Everything that is there stays as it is, or, where that cannot be, only what is `held`. All
        that is there is asked for as well: else pip would not see whom a change breaks.
        """
        names = {name_of(line) for line in wanted}
        there = [dist["name"] for name, dist in dists.items() if name not in names]
        as_is = [
            f"{dist['name']}=={dist['version']}"
            for name, dist in dists.items()
            if name not in names | {name_of(line) for line in held}
        ]
        said = ""
        for kind, more in (("as-is", as_is), ("held", [])):
            report = os.path.join(self.folder, f"report-{kind}.json")
            status, out, said = self._run(
                *("install", "--dry-run", "--report", report),
                *("--retries", "2", "--timeout", "20"),
                *("-c", self._write(f"held-{kind}.txt", [*held, *more])),
                *("-r", self._write("wanted.txt", [*self.options, *wanted, *there])),
                seconds=SOLVE_SECONDS,
            )
            if status == 0:
                with open(report, encoding="utf-8") as file:
                    return [planned(item) for item in json.load(file)["install"]]
            # Who wants what stands there, among much else.
            said = "\n".join(line for line in out.splitlines() if "satisfied" not in line) + said
            if "ResolutionImpossible" not in said and status != 124:
                break
        raise self.solve_problem(status, said, wanted, dists)

    def solve_problem(self, status, said, wanted, dists):
        if UNREACHABLE.search(said):
            return Problem(
                "Python's package index (PyPI) cannot be reached from the server; nothing was changed",
                last_lines("\n".join(re.findall(r"after (connection broken by .*)", said)) or said, 1),
                "an answer",
                "the same command once more, in some minutes; on the server: curl -sI https://pypi.org",
            )
        missing = re.search(r"No matching distribution found for (.+)", said)
        if missing:
            return missing_problem(missing[1].strip(), said, dists)
        if status == 124 or "ResolutionImpossible" in said:
            return conflict_problem(status, said, wanted)
        invalid = re.search(r"Invalid requirement: '?(.+?)'?(?::|$)", said, re.MULTILINE)
        if invalid:
            return Problem(
                "A package's name or version is not written as pip takes it; nothing was changed",
                invalid[1],
                "a name, a version if need be: flopy, flopy==3.9.2, 'pandas>=2,<3'",
                f"{ADD} 'NAME==VERSION'",
            )
        built = re.search(r"Failed to build '?([\w.-]+)", said)
        if built:
            return Problem(
                f"{built[1]} has no file for this Python, and cannot be built from source here; "
                "nothing was changed",
                last_lines(said, 4, 600),
                "a version with a wheel for this server, or conda's",
                f"npm run package -- add {built[1]} --conda",
            )
        return Problem(
            "pip cannot work out what to install; nothing was changed",
            last_lines(said, 4, 600),
            "packages that go together",
            "mend what pip says; then the same command once more",
        )

    def fetch(self, items):
        """All files, some at a time, into a folder; packages without a wheel are built on the way."""
        wheels = os.path.join(self.folder, "wheels")
        os.makedirs(wheels, exist_ok=True)
        shares = [items[start::AT_ONCE] for start in range(AT_ONCE) if items[start::AT_ONCE]]

        def share(number, mine):
            lines = [*self.options, *(item["line"] for item in mine)]
            file = self._write(f"fetch-{number}.txt", lines)
            return self._run(
                *("wheel", "--quiet", "--no-deps", "--no-cache-dir", "--wheel-dir", wheels),
                *("--retries", "3", "--timeout", "30", "-r", file),
            )

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for status, _, said in pool.map(share, range(len(shares)), shares):
                if status != 0:
                    raise fetch_problem(said)
        return [os.path.join(wheels, name) for name in sorted(os.listdir(wheels))]

    def put_in(self, items):
        """From the fetched files alone. Only what comes from an address of its own is asked there."""
        wheels = os.path.join(self.folder, "wheels")
        index = ["--no-index", "--find-links", wheels]
        own = [item["line"] for item in items if item["direct"]]
        others = [item["line"] for item in items if not item["direct"]]
        for lines, source in ((others, index), (own, [])):
            if not lines:
                continue
            file = self._write("put-in.txt", lines)
            status, _, said = self._run(
                *("install", "--quiet", "--no-deps", "--no-compile", *source, "-r", file)
            )
            if status != 0:
                raise Problem(
                    "pip could not put the packages in; the environment is as it was",
                    last_lines(said, 3, 600),
                    "it succeeds",
                    "pulumi up; if it goes on, the same with sudo /opt/tljh/user/bin/pip on the server",
                )

    def compile(self, files):
        """Participants cannot write there: each of their kernels would compile it all again."""
        _, out, _ = run(self.python, "-Ic", "import sysconfig; print(sysconfig.get_paths()['purelib'])")
        tops = set()
        for path in files:
            with zipfile.ZipFile(path) as wheel:
                tops |= {name.split("/")[0] for name in wheel.namelist() if name.endswith(".py")}
        paths = [os.path.join(out.strip(), top) for top in sorted(tops)]
        # Templates and files for other Pythons do not compile, and that is no fault.
        run(self.python, "-Im", "compileall", "-q", "-q", "-j", "0", *filter(os.path.exists, paths))

    def take_out(self, names):
        status, _, said = self._run("uninstall", "--quiet", "--yes", *names)
        if status != 0:
            raise Problem(
                f"pip could not remove {', '.join(names)}; the environment is as it was",
                last_lines(said),
                "it succeeds",
                "pulumi up",
            )

    def complaints(self):
        """What `pip check` finds, a line each."""
        status, out, _ = self._run("check")
        return set() if status == 0 else {line for line in out.splitlines() if line.strip()}


def planned(item):
    """A package of pip's report."""
    name, version = item["metadata"]["name"], item["metadata"]["version"]
    origin = item["download_info"]
    if not item.get("is_direct"):
        line = f"{name}=={version}"
    elif "vcs_info" in origin:
        vcs = origin["vcs_info"]
        line = f"{name} @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}"
    else:
        line = f"{name} @ {origin['url']}"
    direct = bool(item.get("is_direct"))
    return {"name": name, "version": version, "line": line, "direct": direct, "url": origin["url"]}


def download_mib(items):
    """Of what is to be downloaded, as the servers say; those that do not say are left out."""

    def size(item):
        try:
            request = urllib.request.Request(item["url"], method="HEAD")
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.headers.get("Content-Length") or 0)
        except (OSError, ValueError, http.client.HTTPException):
            return 0

    with concurrent.futures.ThreadPoolExecutor(2 * AT_ONCE) as pool:
        return sum(pool.map(size, items)) / 2**20


def unpacked_mib(files):
    """Room that wheels take once they are in, with Python's compiled files."""
    size = 0
    for path in files:
        with zipfile.ZipFile(path) as wheel:
            size += sum(
                one.file_size * (2 if one.filename.endswith(".py") else 1) + 4096
                for one in wheel.infolist()
            )
    return size // 2**20 + 1


def missing_problem(spec, said, dists):
    name = name_of(spec)
    versions = re.search(r"\(from versions: ([^)]*)\)", said)
    versions = [] if versions is None or versions[1] == "none" else versions[1].split(", ")
    if versions:
        wrong = f"{name} has no such version for Python here"
        allowed = f"one of its versions: {', '.join(versions[-6:])}"
        return Problem(
            f"{wrong}; nothing was changed", spec, allowed, f"{ADD} {name}=={versions[-1]}"
        )
    meant = KNOWN_AS.get(name) or nearest(name, {*COMMON, *dists})
    allowed = "a name that PyPI has, as on its page at https://pypi.org/project/NAME"
    if meant:
        return Problem(
            f"There is no package {name} at PyPI; {meant} is meant? Nothing was changed",
            spec,
            allowed,
            f"{ADD} {meant.replace(' (with --conda)', ' --conda')}",
        )
    return Problem(f"There is no package {name} at PyPI; nothing was changed", spec, allowed, f"{ADD} NAME")


def conflict_problem(status, said, wanted):
    """pip's own words, shortened to those that say who wants what."""
    if status == 124:
        received = f"no answer after {SOLVE_SECONDS} s"
    else:
        block = re.search(r"The conflict is caused by:\n((?:    .*\n?)+)", said)
        lines = [line.strip() for line in block[1].splitlines()] if block else []
        # The names without a version only say what is installed.
        lines = [line for line in lines if not re.fullmatch(r"The user requested [\w.-]+", line)]
        received = "; ".join(lines)[:600] or last_lines(said)
        received = received.replace("The user requested (constraint)", "held here:")
        received = received.replace("The user requested", "asked for:")
    asked = [line for line in wanted if name_of(line) in normal(received)] or wanted
    return Problem(
        f"Packages do not go together: {', '.join(asked[:4])}; nothing was changed",
        received,
        "versions that all of them accept; what conda and TLJH have put in stays",
        f"{ADD} '{name_of(asked[0]) if asked else 'NAME'}==VERSION', one that goes with the rest",
    )


def fetch_problem(said):
    if "No space left" in said:
        return Problem(
            "The disk is full; nothing was changed",
            last_lines(said, 1),
            "room for the packages",
            "pulumi config set diskGiB 40, then pulumi up, then on the server, when nobody works: sudo reboot",
        )
    if UNREACHABLE.search(said):
        return Pip("", "").solve_problem(1, said, [], {})
    return Problem(
        "A package could not be downloaded or built; nothing was changed",
        last_lines(said, 3, 600),
        "it succeeds",
        "the same command once more",
    )
