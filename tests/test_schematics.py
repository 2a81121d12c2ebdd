# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/circuit.md has each primitive and each drawing, and the drawings are those of their script."""

from __future__ import annotations

import re
from pathlib import Path

from needed import needs

from memnet.genotype.operations import PRIMITIVES

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "circuit.md").read_text(encoding="utf-8")


def test_each_primitive_and_each_drawing_is_on_the_page():
    assert not [name for name in PRIMITIVES if f"`{name}`" not in PAGE]
    assert sorted(re.findall(r"\]\(schematics/(\w+)\.svg\)", PAGE)) == sorted(
        path.stem for path in (DOCS / "schematics").iterdir()
    )


def test_drawings_are_those_of_the_script():
    needs("schemdraw")
    from schematics import SCHEMATICS, draw

    for name in SCHEMATICS:
        assert draw(name) == (DOCS / "schematics" / f"{name}.svg").read_bytes(), f"run scripts/schematics.py: {name}"
