# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a network as netlists that an outside SPICE tool opens: one file a block, images, and what must come out.

python examples/netlist_for_another_tool.py [FOLDER]
"""

import sys
from pathlib import Path

from memnet import Setup, assemble
from memnet.netlist import Export, table_pieces, write_export
from memnet.network import forward

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out/darts_v1")

chip = assemble(Setup(genotype="DARTS_V1", channels=1))
images = chip.dataset.test_images[:3]
expected = forward(chip.network, chip.parameters, images).logits * chip.circuit.output_scale_v
manifest = write_export(
    Export(
        circuit=chip.circuit,
        title=chip.title,
        images_v=chip.input_volts(images),
        expected_v=expected,
        labels=chip.dataset.test_labels[:3],
        extra={"placement.csv": table_pieces(chip.circuit, chip.placement)},
        dialect="ngspice",
    ),
    folder,
)
print(f"{folder}: the manifest lists {', '.join(manifest)}")
for path in sorted(folder.rglob("*")):
    if path.is_file():
        print(f"  {path.relative_to(folder)}  {path.stat().st_size:,} bytes")
