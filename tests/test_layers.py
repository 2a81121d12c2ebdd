# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports inside memnet run one way, through the faces of packages, and the judges share no code with circuits."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import networkx as nx
import pytest
from import_graph import ImportGraph

import memnet

ROOT = Path(memnet.__file__).parent
GRAPH = ImportGraph(ROOT)
# The table of packages in memnet/__init__.py, row by row: a package may import from the rows above its own, and from
# its own row only what stands before it there, unless the row is one of ROADS.
ROWS: tuple[tuple[str, ...], ...] = (
    ("errors", "units", "files", "ranges", "sections", "technology"),
    ("devices",),
    ("genotype",),
    ("operators",),
    ("network",),
    ("deployment",),
    ("arrays",),
    ("circuit",),
    ("netlist",),
    ("simulation", "numeric"),
    ("measurement",),
    ("flow", "testing", "results", "settings", "extending"),
    ("report", "commands", "__main__"),
)
PUBLIC = ("testing", "results", "settings", "extending")  # files that have names of packages for users
ROADS = ("simulation", "numeric")  # neither imports the other
LONGEST_CHAIN = 13
LICENCE = "# SPDX-License-Identifier: GPL-3.0-or-later"
# Imports that reach past the face of a package: (user, module) with the reason.
REACHES_PAST: dict[tuple[str, str], str] = {("commands.app", ""): "the version, which no package has"}
MODULES = sorted(name for name in GRAPH.files if name)
PACKAGES = [name for name in MODULES if GRAPH.is_package(name)]
SCRIPTS = sorted(
    path for folder in ("benchmarks", "examples", "scripts") for path in (ROOT.parent / folder).glob("*.py")
)


def row_of(name: str) -> int:
    return next(number for number, row in enumerate(ROWS) if name.split(".")[0] in row)


def test_every_package_stands_in_one_row():
    listed = [name for row in ROWS for name in row]
    assert len(listed) == len(set(listed))
    assert {name.split(".")[0] for name in MODULES} == set(listed)


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name):
    mine = name.split(".")[0]
    for theirs in {used.split(".")[0] for used in GRAPH.modules.successors(name)} - {mine, ""}:
        row = ROWS[row_of(name)]
        assert row_of(theirs) <= row_of(name), f"{name} may not import {theirs}"
        if theirs in row:
            assert row.index(theirs) < row.index(mine), f"{name} may not import {theirs}"
            assert theirs not in ROADS, f"{name} may not import {theirs}: two roads to the same volts"


def test_no_import_goes_in_a_circle():
    assert list(nx.simple_cycles(GRAPH.modules)) == []


def test_chains_of_packages_stay_short():
    assert len(GRAPH.longest_chain(GRAPH.tops)) <= LONGEST_CHAIN


@pytest.mark.parametrize("name", MODULES)
def test_packages_are_entered_by_their_faces(name):
    """Another package's names come from its face, or that of a package inside it; its own from the files."""
    for module, imported in GRAPH.imports(name):
        where = f"{name}: from memnet.{module} import {imported}"
        if module.split(".")[0] == name.split(".")[0]:
            inner = f"{module}.{imported}"
            assert not GRAPH.is_package(module) or inner in GRAPH.files, f"{where}: import from the file, not the face"
        elif (name, module) not in REACHES_PAST and module.split(".")[0] not in ROWS[0]:
            assert GRAPH.is_package(module), f"{where}: reaches past the face of its package"
            assert imported in GRAPH.faces[module], f"{where}: not in its face"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_use_faces(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "memnet":
            module = node.module.removeprefix("memnet").strip(".")
            ground = not module or module in ROWS[0] or module in PUBLIC
            where = f"{path.name}: line {node.lineno}"
            assert ground or GRAPH.is_package(module), f"{where}: reaches past a face"
            if GRAPH.is_package(module) and module:
                missing = {alias.name for alias in node.names} - set(GRAPH.faces[module])
                assert missing == set(), f"{where}: not in that face: {missing}"


@pytest.mark.parametrize("name", PACKAGES)
def test_a_face_lists_its_files_and_its_names(name):
    package = import_module(f"memnet.{name}")
    table = set(re.findall(r"`([\w/]+)`", " ".join(re.findall(r"^\| (.*?) \|", package.__doc__, re.MULTILINE))))
    table |= {word for line in re.findall(r"^\| `([\w ]+)` \|", package.__doc__, re.MULTILINE) for word in line.split()}
    folder = GRAPH.files[name].parent
    inside = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    inside |= {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    assert inside - table == set(), f"{name}: files that the docstring's table leaves out"
    assert table - inside == set(), f"{name}: files that are not there"
    assert set(package.__all__) == set(GRAPH.faces[name])
    for each in package.__all__:
        assert not each.startswith("_")
        assert getattr(package, each) is not None
        assert each not in inside, f"{name}: the name {each} hides the file of that name"


@pytest.mark.parametrize("name", MODULES)
def test_only_faces_load_lazily(name):
    text = GRAPH.files[name].read_text(encoding="utf-8")
    if not GRAPH.is_package(name):
        assert "lazy_loader" not in text
        assert not re.search(r"import_module\((?!\"pyarrow)", text), f"{name}: loads a module by name"


def test_the_judges_share_no_code_with_circuits():
    allowed = {
        "network.reference": {"errors", "network.layers"},
        "deployment.readback": {"errors", "network.layers", "network.reference", "deployment.placement"},
        "deployment.placement": {"errors"},
    }
    for name, known in allowed.items():
        assert set(GRAPH.modules.successors(name)) <= known


@pytest.mark.parametrize("name", MODULES)
def test_files_say_what_they_hold_and_stay_short(name):
    text = GRAPH.files[name].read_text(encoding="utf-8")
    assert text.startswith(f'{LICENCE}\n"""'), (
        f"{name}: a line with the licence, then one that says what the file holds"
    )
    assert len(text.splitlines()) <= 300, f"{name}: over 300 lines"
