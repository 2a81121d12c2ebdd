# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads every import inside a package as a graph of its files and folders, and prints figures of that graph.

    scripts/import_graph.py [FOLDER]        FOLDER is a checkout; by default this one

All imports count: at the top of a file, inside functions, under `TYPE_CHECKING` and through `import_module`. The face
of a package is the set of names that its `__init__.py` offers, read from its stub (`__init__.pyi`) or, without one,
from the imports of `__init__.py`. An import of such a name counts as an import of the file that defines it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import networkx as nx

PACKAGE = "memnet"
# The first row of the table of packages: one place in a chain.
VALUES = ("errors", "units", "files", "ranges", "sections", "technology")


class ImportGraph:
    """The imports between the modules of one package, by dotted names below it: `simulation.sweep`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = {self._dotted(path): path for path in sorted(root.rglob("*.py"))}

    def _dotted(self, path: Path) -> str:
        names = path.relative_to(self.root).with_suffix("").parts
        return ".".join(names[:-1] if names[-1] == "__init__" else names)

    def is_package(self, name: str) -> bool:
        """Tell whether a dotted name is a folder; '' is the package itself."""
        return name in self.files and self.files[name].name == "__init__.py"

    @cached_property
    def faces(self) -> dict[str, dict[str, str]]:
        """Return for each package its names and the module that each comes from."""
        return {name: self._face(name) for name in self.files if self.is_package(name)}

    def _face(self, name: str) -> dict[str, str]:
        stub = self.files[name].with_suffix(".pyi")
        path = stub if stub.exists() else self.files[name]
        found: dict[str, str] = {}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                inside = node.module.removeprefix(PACKAGE).strip(".")
                module = f"{name}.{inside}".strip(".") if node.level else inside
                found.update({alias.asname or alias.name: module for alias in node.names})
        return found

    def imports(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield each (module, imported name) below the package that a module's text names, as written."""
        for node in ast.walk(ast.parse(self.files[name].read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                if node.level:
                    raise ValueError(f"{self.files[name]}: line {node.lineno}: relative import")
                if node.module and node.module.split(".")[0] == PACKAGE:
                    yield from ((node.module.removeprefix(PACKAGE).strip("."), alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from (
                    (alias.name.removeprefix(PACKAGE).strip("."), "")
                    for alias in node.names
                    if alias.name.split(".")[0] == PACKAGE
                )
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
                yield from self._loaded(node.args[0])

    @staticmethod
    def _loaded(argument: ast.expr) -> Iterator[tuple[str, str]]:
        """Yield what an `import_module` call loads, where its text says it."""
        loaded = argument.value if isinstance(argument, ast.Constant) else None
        if isinstance(loaded, str) and loaded.split(".")[0] == PACKAGE:
            yield loaded.removeprefix(PACKAGE).strip("."), ""

    def home(self, module: str, imported: str) -> str:
        """Return the module that defines what is imported, through faces of faces."""
        inner = f"{module}.{imported}".strip(".")
        if inner in self.files and not self.is_package(inner):
            return inner
        if self.is_package(module) and imported in self.faces[module]:
            return self.home(self.faces[module][imported], imported)
        return module

    @cached_property
    def modules(self) -> nx.DiGraph:
        """Return the graph of modules; an edge runs from a module to what it imports."""
        graph = nx.DiGraph()
        graph.add_nodes_from(self.files)
        for name in self.files:
            homes = (self.home(*found) for found in self.imports(name))
            graph.add_edges_from((name, home) for home in homes if home in self.files and home not in (name, ""))
        return graph

    @cached_property
    def tops(self) -> nx.DiGraph:
        """Return the graph of top-level files and folders."""
        graph = nx.DiGraph()
        graph.add_nodes_from(name.split(".")[0] for name in self.files if name)
        graph.add_edges_from(
            (user.split(".")[0], used.split(".")[0])
            for user, used in self.modules.edges
            if user and user.split(".")[0] != used.split(".")[0]
        )
        return graph

    def longest_chain(self, graph: nx.DiGraph) -> list[str]:
        """Return the longest chain of imports, the values of the first row as one."""
        joined = nx.relabel_nodes(graph, {name: "values" for name in VALUES if name in graph})
        joined.remove_edges_from(list(nx.selfloop_edges(joined)))
        return list(nx.dag_longest_path(joined))


def main(folder: Path) -> None:
    """Print the figures of one checkout."""
    graph = ImportGraph(folder / PACKAGE)
    tops, files = graph.longest_chain(graph.tops), graph.longest_chain(graph.modules)
    print(f"top-level names: {len(graph.tops)}; modules: {len(graph.files)}")
    print(
        f"arrows between top-level names: {graph.tops.number_of_edges()}; imports between modules: "
        f"{graph.modules.number_of_edges()}"
    )
    print(f"longest chain of top-level names: {len(tops)}: {' > '.join(tops)}")
    print(f"longest chain of modules: {len(files)}: {' > '.join(files)}")
    circles = list(nx.simple_cycles(graph.modules))
    print(f"circles: {len(circles)} {circles[:3]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
