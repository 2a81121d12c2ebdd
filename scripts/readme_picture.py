# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws docs/overview.svg, the picture in the README, from a simulation that it runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from memnet import simulate
from memnet.genotype import cell_graph_svg
from memnet.report import scatter, waveforms
from memnet.simulation import STEP_AT_S

WIDTH, PAD = 1240, 24
STYLE = """
svg { --ink:#1f2933; --muted:#6b7785; --rule:#e3e7ec; --accent:#3367c8; --alarm:#c23b5e; }
text { font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif; }
.grid { stroke:var(--rule); } .axis { stroke:var(--muted); } .tick { fill:var(--muted); font-size:11px; }
.label { fill:var(--ink); font-size:12px; } .title { fill:var(--ink); font-size:16px; font-weight:600; }
"""


def placed(svg: str, x: float, y: float, width: float) -> tuple[str, float]:
    """Return a picture as a nested element of that width, and its height."""
    _, _, wide, high = (float(part) for part in re.search(r'viewBox="([^"]+)"', svg)[1].split())
    height = width * high / wide
    head = f'<svg x="{x}" y="{y}" width="{width}" height="{height:.0f}" viewBox="0 0 {wide:g} {high:g}" fill="none">'
    return re.sub(r"^<svg[^>]*>", head, svg, count=1), height


def main(path: Path, channels: int) -> None:
    """Simulate and draw."""
    result = simulate("DARTS_V1", channels=channels, images=20, analysis="transient")
    measure, chip = result.transient, result.chip
    classes = chip.dataset.classes
    cells, cells_high = placed(cell_graph_svg(chip.network.genotype), PAD, 44, WIDTH - 2 * PAD)
    top = 44 + cells_high + 44
    reference_v = result.reference_logits * chip.circuit.output_scale_v
    left, _ = placed(scatter(reference_v, result.outputs_v, classes), PAD, top, 400)
    curves = waveforms(
        measure.time_s, measure.outputs_v, measure.dc_outputs_v, classes, step_s=STEP_AT_S, delay_s=measure.delay_s
    )
    right, high = placed(curves, PAD + 420, top, WIDTH - 2 * PAD - 420)
    total = top + max(high, 400 * 380 / 520) + 12
    counts = result.counts
    titles = (
        (PAD, 30, f"A genotype: {chip.title}"),
        (PAD, top - 12, "Circuit against reference"),
        (
            PAD + 430,
            top - 12,
            f"Its circuit, {counts.memristors:,} memristors and {counts.opamps:,} op-amps, from one digit to the next",
        ),
    )
    words = "".join(f'<text class="title" x="{x}" y="{y:.0f}">{text}</text>' for x, y, text in titles)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total:.0f}"><style>{STYLE}</style>'
        f'<rect width="{WIDTH}" height="{total:.0f}" rx="12" fill="#ffffff"/>{words}\n{cells}\n{left}\n{right}</svg>\n'
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/overview.svg"), int(sys.argv[2]) if len(sys.argv) > 2 else 4)
