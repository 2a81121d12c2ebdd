# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a network as netlists that an outside SPICE tool opens: one file a block, images, and what must come out.

python examples/netlist_for_another_tool.py [FOLDER]
"""

import sys
from pathlib import Path

from memnet import Chip

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out/darts_v1")

chip = Chip.of("DARTS_V1", channels=1)
manifest = chip.export(folder, dialect="ngspice", images=3)
print(chip)
print(f"{folder}: the manifest lists {', '.join(manifest)}")
for path in sorted(folder.rglob("*")):
    if path.is_file():
        print(f"  {path.relative_to(folder)}  {path.stat().st_size:,} bytes")
