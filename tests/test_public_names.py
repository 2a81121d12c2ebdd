# SPDX-License-Identifier: GPL-3.0-or-later
"""Each public name has an example in its docstring, which runs and prints what it says, and shapes and units."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from needed import needs
from public_names import PUBLIC, Public, lacking, public_names

import memnet
from memnet.errors import EngineNotFound

NAMES = {public.name: public for public in public_names()}
NEEDS = {"to_pandas": "pandas", ".ac(": "ngspice", "waveforms(": "ngspice"}  # others that simulate: any engine
GLOBALS = {
    "memnet": memnet,
    **{name: getattr(import_module(at), name) for at in PUBLIC for name in import_module(at).__all__},
}


class Runner(doctest.DocTestRunner):
    """Lets a test without a simulator end as all others do."""

    def report_unexpected_exception(self, out, test, example, exc_info):
        if isinstance(exc_info[1], EngineNotFound):
            raise exc_info[1]
        super().report_unexpected_exception(out, test, example, exc_info)


def run(doc, globs, name):
    """Run the examples of a docstring in a namespace; return what did not come out as it says."""
    said = []
    test = doctest.DocTestParser().get_doctest(doc, globs, name, None, 0)
    test.globs = globs  # as it is left
    Runner(optionflags=doctest.ELLIPSIS).run(test, out=said.append, clear_globs=False)
    return "".join(said)


def owners():
    """Return every class and function, with its members: examples of these go on from those of the class."""
    found: dict[str, list[Public]] = {}
    for public in NAMES.values():
        found.setdefault(f"{public.module}.{public.path.split('.')[0]}", []).append(public)
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", owners())
def test_examples_of_a_public_name_and_its_members(name, keep_decks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, *members = owners()[name]
    for words, what in NEEDS.items():
        if words in first.doc:
            needs(what)
    globs = dict(GLOBALS)
    said = [run(first.doc, globs, first.name)]
    said += [run(each.doc, dict(globs), each.name) for each in members if "to_pandas" not in each.doc or _pandas()]
    assert not "".join(said), "".join(said)


def _pandas():
    return find_spec("pandas") is not None


@pytest.mark.parametrize("module", PUBLIC)
def test_examples_of_a_module(module):
    said = run(inspect.getdoc(import_module(module)), dict(GLOBALS), module)
    assert not said, said


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_an_example_shapes_and_units(name):
    assert lacking(NAMES[name]) == []


def half(x):
    """Return a half.

    >>> half(3)
    2
    """
    return x / 2


def mean_of(volts: np.ndarray, weight: float) -> float:
    """Return something.

    Parameters
    ----------
    volts : any

    Examples
    --------
    >>> mean_of([1], 2)
    """
    return float(np.mean(volts) * weight)


def test_what_is_wrong_is_found():
    assert "Got:\n    1.5" in run(half.__doc__, {"half": half}, "half")
    mean_of.__annotations__["volts"] = "Floats"
    assert lacking(Public("m", "mean_of", mean_of)) == [
        "the shape of volts",
        "the unit of weight",
        "the unit of return",
    ]
    assert lacking(Public("m", "nothing", lambda: None)) == ["an example"]


def test_what_pages_and_examples_import_is_public():
    root = Path(__file__).parent.parent
    texts = {path: path.read_text(encoding="utf-8") for path in (root / "examples").glob("*.py")}
    for path in (root / "notebooks").glob("*.ipynb"):
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
        texts[path] = "\n".join("".join(cell["source"]) for cell in cells)
    for path in (root / "README.md", *(root / "docs").rglob("*.md")):
        blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        texts[path] = "\n".join(blocks)
    for path, text in texts.items():
        for node in ast.walk(ast.parse("\n".join(line for line in text.splitlines() if not line.startswith("%")))):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            wrong = [each for each in modules if each and each.split(".")[0] == "memnet" and each not in PUBLIC]
            assert not wrong, f"{path.name}: {wrong[0]} is not public"
