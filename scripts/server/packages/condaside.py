"""conda: what it would do, its errors in a person's words, and putting in.

Of conda's commands `install` alone is used, with --json, and conda rather than mamba: both have the
same resolver since conda 23.10, and conda's JSON is the documented one.
"""

import json
import os
import re

from problem import Problem, last_lines, name_of, run

ADD = "npm run package -- add"
SOLVE_SECONDS = 900


class Conda:
    def __init__(self, prefix):
        self.prefix = prefix
        self.program = os.path.join(prefix, "bin", "conda")

    def _install(self, specs, *options):
        status, out, said = run(
            *(self.program, "install", "--yes", "--json", "--prefix", self.prefix, *options, *specs),
            env={"PATH": f"{self.prefix}/bin:/usr/bin:/bin"},
            seconds=SOLVE_SECONDS,
        )
        try:
            answer = json.loads(out[out.index("{") :])
        except ValueError:
            answer = {}
        if status == 0 and answer.get("success", True) and "error" not in answer:
            return answer
        raise conda_problem(status, answer, said or out, specs)

    def solve(self, specs):
        """What conda would put in: name, version, build and size in bytes of each."""
        if not os.path.exists(self.program):
            raise Problem(
                "There is no conda on this server; nothing was changed",
                ", ".join(specs),
                "The Littlest JupyterHub with Miniforge, as its installer makes it",
                f"the same by pip: {ADD} {name_of(specs[0])}",
            )
        actions = self._install(specs, "--dry-run").get("actions") or {}
        sizes = {
            (one.get("name"), one.get("version")): one.get("size") or 0
            for one in actions.get("FETCH") or []
        }
        return [
            {
                "name": one["name"],
                "version": one["version"],
                "build": one.get("build_string") or one.get("build") or "",
                "size": sizes.get((one["name"], one["version"]), 0),
            }
            for one in actions.get("LINK") or []
        ]

    def put_in(self, items):
        """Exactly what was solved."""
        self._install(
            ["=".join(filter(None, (one["name"], one["version"], one["build"]))) for one in items]
        )


def conda_problem(status, answer, said, specs):
    kind = answer.get("exception_name") or ""
    message = answer.get("message") or answer.get("error") or said
    if kind in ("PackagesNotFoundError", "ResolvePackageNotFound"):
        missing = answer.get("packages") or specs
        missing = ", ".join(str(one) for one in missing)
        return Problem(
            f"conda's channel has no package {missing}; nothing was changed",
            ", ".join(specs),
            "a name that conda-forge has, as at https://anaconda.org/conda-forge/NAME",
            f"the same by pip: {ADD} {name_of(missing)}",
        )
    if re.search(r"CondaHTTPError|ConnectionFailed|HTTP 000|Connection(Error| failed)", kind + message):
        return Problem(
            "conda's channel cannot be reached from the server; nothing was changed",
            last_lines(message, 1),
            "an answer",
            "the same command once more, in some minutes",
        )
    if "Unsatisfiable" in kind or "conflict" in message.lower():
        return Problem(
            f"conda's packages do not go together: {', '.join(specs[:4])}; nothing was changed",
            last_lines(message, 8, 600),
            "versions that all of them accept",
            f"{ADD} {name_of(specs[0])}=VERSION --conda, one that goes with the rest",
        )
    if "NoSpaceLeft" in kind or "No space left" in message:
        return Problem(
            "The disk is full; the environment is as it was",
            last_lines(message, 1),
            "room for the packages",
            "pulumi config set diskGiB 40, then pulumi up, then on the server, when nobody works: sudo reboot",
        )
    received = f"no answer after {SOLVE_SECONDS} s" if status == 124 else last_lines(message, 4, 600)
    return Problem(
        "conda cannot do what is asked; nothing was changed",
        received,
        "it succeeds",
        f"mend what it says; or the same by pip: {ADD} {name_of(specs[0])}",
    )
