"""Imports inside memnet run one way, along the list below, and the reference shares no code with circuits."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx
import pytest

import memnet

ROOT = Path(memnet.__file__).parent
ORDER = (
    "errors", "units", "technology", "genotype", "graph", "network", "datasets", "reference", "weights",
    "torch_network", "fused", "muon", "augmentation", "training", "checkpoint", "placement", "reference_quantised",
    "stages", "individual", "hypercell", "hypernetwork", "coverage", "conductances", "circuit", "deck", "netlist",
    "placement_table", "simulation", "numeric", "measurement", "assembly", "results", "comparison", "report", "flow",
    "comparing", "evaluation", "estimate", "testing", "commands", "cli", "__main__",
)  # fmt: skip
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def dotted(path: Path) -> str:
    """Return a file's module name below memnet: 'simulation.sweep'."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[str]:
    """Return the modules below memnet that a file imports anywhere, 'memnet' itself as ''."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "memnet":
                found += [alias.name for alias in node.names]
            elif node.module and node.module.startswith("memnet."):
                found.append(node.module.removeprefix("memnet."))
        elif isinstance(node, ast.Import):
            found += [alias.name.removeprefix("memnet").removeprefix(".") for alias in node.names
                      if alias.name.split(".")[0] == "memnet"]  # fmt: skip
    return found


def test_every_module_is_listed_once():
    tops = {dotted(path).split(".")[0] for path in MODULES}
    assert len(ORDER) == len(set(ORDER))
    assert tops - set(ORDER) == set()


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_run_one_way(path):
    mine = dotted(path).split(".")[0]
    for name in imports(path):
        theirs = name.split(".")[0]
        assert theirs in ORDER, f"{path}: imports memnet.{name}; import by module path"
        assert ORDER.index(theirs) <= ORDER.index(mine), f"{path}: {mine} may not import {theirs}"


def test_no_import_goes_in_a_circle():
    names = {dotted(path) for path in MODULES}
    graph = nx.DiGraph()
    for path in MODULES:
        graph.add_edges_from((dotted(path), name) for name in imports(path) if name in names)
    assert list(nx.simple_cycles(graph)) == []


def test_the_reference_shares_no_code_with_circuits():
    allowed = {
        "reference": {"errors", "network"},
        "reference_quantised": {"errors", "network", "placement", "reference"},
        "placement": {"errors"},
    }
    for name, known in allowed.items():
        assert {found.split(".")[0] for found in imports(ROOT / f"{name}.py")} <= known


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_files_say_what_they_do_and_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""'), f"{path}: the first line says what the file does and does not know"
    assert len(text.splitlines()) <= 300, f"{path}: over 300 lines"
