"""What an instructor changed in a file, and whether a participant's copy of the file has it.

Pure functions: texts in, lists out. A *fix* is what has changed in one cell of a notebook between
two commits of the course repository, or in a text file as a whole. Cells are told apart by their id
in nbformat, where there is none by their source. Outputs and metadata are no part of a fix.
"""

import collections
import difflib
import json

Cell = collections.namedtuple("Cell", "id source")


class NotANotebook(Exception):
    """The text cannot be opened as a notebook."""


def normal(source):
    """A source without what editors change by themselves: line ends, trailing spaces and lines."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip("\n")


def cells_of(text):
    """The cells of a notebook that are not empty, in order. Raises NotANotebook."""
    try:
        found = [
            Cell(one.get("id"), normal("".join(one["source"])))
            for one in json.loads(text)["cells"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotANotebook(str(error)) from error
    return [cell if isinstance(cell.id, str) else Cell(None, cell.source) for cell in found]


def units_of(path, text):
    """A file as a list of cells; a file that is no notebook is one cell."""
    return cells_of(text) if path.endswith(".ipynb") else [Cell("", normal(text))]


def lines_of(source):
    return {line for line in source.split("\n") if line.strip()}


def alike(source, sources):
    """The source that another one was most likely made from; None without one."""
    return next(iter(difflib.get_close_matches(source, sorted(sources), 1, 0.5)), None)


def fixes_between(path, before, after):
    """What the text `after` has and `before` (None: no such file) has not. JSON-ready."""
    old = [] if before is None else units_of(path, before)
    by_id = {cell.id: cell.source for cell in old if cell.id is not None}
    sources = {cell.source for cell in old}
    new = units_of(path, after)
    kept = {cell.source for cell in new}
    found = []
    for number, cell in enumerate(new, 1):
        earlier = by_id.get(cell.id)
        if cell.source == "" or cell.source == earlier:
            continue
        if earlier is None:
            # Some tools give every cell a new id when they save.
            if cell.source in sources:
                continue
            earlier = alike(cell.source, sources - kept) if cell.id is None else None
        old_lines = lines_of(earlier or "")
        new_lines = lines_of(cell.source)
        found.append(
            {
                "number": number,
                "id": cell.id,
                "source": cell.source,
                "added": sorted(new_lines - old_lines),
                "removed": sorted(old_lines - new_lines),
            }
        )
    return found


def told(fix):
    """The line of a fix that tells a person which one it is."""
    lines = [line.strip() for line in fix["source"].split("\n")]
    new = {line.strip() for line in fix["added"]}
    return next((line for line in lines if line in new), lines[0])[:60]


def has(source, fix):
    """Whether a cell has a fix: the same source, or its new lines and none of those it took out."""
    if source == fix["source"]:
        return True
    if not fix["added"] and not fix["removed"]:
        return False
    mine = lines_of(source)
    return mine.issuperset(fix["added"]) and mine.isdisjoint(fix["removed"])


def missing(path, fixes, ids, text):
    """The fixes that a participant's text does not have. Raises NotANotebook.

    ids: all ids of the course's own notebook; a cell with another id is the participant's
    """
    mine = units_of(path, text)
    known = set(ids)

    def stands_for(cell, fix):
        if fix["id"] is None:
            return cell.source == fix["source"] or (fix["added"] and has(cell.source, fix))
        if cell.id == fix["id"]:
            return has(cell.source, fix)
        # A cell that belongs to another one of the course cannot stand for this one.
        return cell.source == fix["source"] and cell.id not in known

    return [fix for fix in fixes if not any(stands_for(cell, fix) for cell in mine)]
