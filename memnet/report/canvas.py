# SPDX-License-Identifier: GPL-3.0-or-later
"""Plots as inline SVG: a pair of axes with ticks, and lines, dots, bars and texts in data units.

A plot is complete by itself. Attributes tell `templates/report/pictures.js` its axes, so that a page with scripts can
zoom in, show values under the pointer, and draw the same plot at the width of a narrow screen. That script is written
here, and no plotting library is bundled: Plotly would be by far the largest part of a page, uPlot and Chart.js draw on
a canvas, and all of them leave nothing to see where scripts are off, and nothing to read for a screen reader.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from memnet.files import one_line

PALETTE = (
    "#3367c8",
    "#d9822b",
    "#2a8f6c",
    "#c23b5e",
    "#7b4fc0",
    "#8a6d3b",
    "#d667a8",
    "#66727f",
    "#9aa522",
    "#1d9bb3",
)
# Pictures that stand alone: the colours of the pages' style sheet, as values, since few programs read its variables.
_COLOURS = {
    "ink": "#1f2933",
    "muted": "#5a6674",
    "rule": "#e3e7ec",
    "accent": "#3367c8",
    "alarm": "#c23b5e",
    "card": "#ffffff",
}
_ALONE = (
    "svg{font-family:system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif}"
    ".grid{stroke:#e3e7ec}.axis{stroke:#5a6674}.tick{fill:#5a6674;font-size:11px}.label{fill:#1f2933;font-size:12px}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A linear axis from `low` to `high`, in data units; `ticks` are its marked values, `names` their texts.

    `kind` says what a closer look may mark in between: any `number` or whole `count`, any `share` in percent, or, with
    `name`, nothing.
    The unit stands in brackets at the end of the label.
    """

    low: float
    high: float
    label: str
    ticks: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    kind: str = "name"

    @staticmethod
    def over(low: float, high: float, label: str, *, pad: float = 0.05, marks: int = 5, kind: str = "number") -> Axis:
        """Return an axis from low to high with round ticks, longer by the share `pad` of its span at both ends."""
        span = (high - low) or abs(high) or 1.0
        low, high = low - pad * span, high + pad * span
        ticks = tuple(tick for tick in round_ticks(low, high, marks) if kind != "count" or tick.is_integer())
        names = tuple(f"{tick:g}" for tick in ticks)
        return Axis(low=low, high=high, label=label, ticks=ticks, names=names, kind=kind)

    @staticmethod
    def shares(high: float, label: str, step: float = 0.2) -> Axis:
        """Return an axis of shares from 0 to high, with a tick each `step`, in percent."""
        ticks = tuple(round(index * step, 12) for index in range(int(high / step + 1e-9) + 1))
        return Axis(low=0.0, high=high, label=label, ticks=ticks, names=tuple(f"{t:.0%}" for t in ticks), kind="share")

    def attributes(self, name: str) -> str:
        """Return what a page's script must know of the axis called `name`, as attributes of an element."""
        marked = "" if self.kind != "name" else escaped(json.dumps(list(zip(self.ticks, self.names, strict=True))))
        return (
            f'data-{name}="{self.low:g} {self.high:g}" data-{name}-kind="{self.kind}" '
            f'data-{name}-label="{escaped(self.label)}"' + (f' data-{name}-ticks="{marked}"' if marked else "")
        )


def round_ticks(low: float, high: float, marks: int) -> tuple[float, ...]:
    """Return about `marks` values between low and high, multiples of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / max(marks, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(round(index * step, 12) for index in range(first, last + 1))


def escaped(text: str) -> str:
    """Return text from outside as SVG and HTML can have it, between tags or as an attribute."""
    return escape(one_line(text))


def _named(name: str) -> str:
    return f' data-name="{escaped(name)}"' if name else ""


def _text(style: str, across: float, down: float, anchor: str, text: str) -> str:
    """Return a text at a position in the picture."""
    return f'<text class="{style}" x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}">{escaped(text)}</text>'


class Canvas:
    """A plot with one pair of axes; marks are given in data units, and later marks cover earlier ones."""

    def __init__(
        self,
        x: Axis,
        y: Axis,
        *,
        title: str,
        says: str = "",
        width: int = 520,
        height: int = 340,
        left: int = 62,
        bottom: int = 48,
        top: int = 14,
        right: int = 16,
        grid_x: bool = True,
        grid_y: bool = True,
        to_scale: bool = False,
    ) -> None:
        """Draw the axes; `left`, `bottom`, `top` and `right` are the margins around them, in units of the view box.

        Parameters
        ----------
        says : what the picture shows, for those who do not see it; by default what its axes are
        to_scale : whether its height goes with its width where a page draws it narrower
        """
        self.x, self.y, self.title = x, y, title
        self.says = says or f"{y.label or 'values'} over {x.label or 'names'}"
        self.grid_x, self.grid_y, self.to_scale = grid_x, grid_y, to_scale
        self.width, self.height = width, height
        self.left, self.right, self.top, self.bottom = left, width - right, top, height - bottom
        self.frame: list[str] = []  # axes, which a zoom draws anew
        self.marks: list[str] = []  # which a zoom enlarges
        self.notes: list[str] = []  # texts, which a zoom moves
        self.key: list[str] = []  # which a zoom leaves where it is
        self._frame(grid_x, grid_y)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the position of a data point in the picture: distances from its left and its upper edge."""
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = (y - self.y.low) / (self.y.high - self.y.low)
        return self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top)

    def dots(
        self,
        x: Sequence[float],
        y: Sequence[float],
        colour: str,
        *,
        size: float = 5.0,
        opacity: float = 0.7,
        name: str = "",
    ) -> None:
        """Draw round dots, all in one path; those with a name tell their values under the pointer."""
        positions = (self.at(a, b) for a, b in zip(x, y, strict=True))
        path = "".join(f"M{across:.1f} {down:.1f}h0" for across, down in positions)
        self.marks.append(
            f'<path{_named(name)} d="{path}" stroke="{colour}" stroke-width="{size}" stroke-linecap="round" '
            f'opacity="{opacity}"/>'
        )

    def line(
        self,
        x: Sequence[float],
        y: Sequence[float],
        colour: str,
        *,
        width: float = 1.6,
        dash: str = "",
        name: str = "",
    ) -> None:
        """Draw a polyline; one with a name tells its values under the pointer."""
        positions = [self.at(a, b) for a, b in zip(x, y, strict=True)]
        path = "M" + "L".join(f"{across:.1f} {down:.1f}" for across, down in positions)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.marks.append(
            f'<path{_named(name)} d="{path}" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"{dashed}/>'
        )

    def bar(
        self, x: tuple[float, float], y: tuple[float, float], colour: str, hint: str = "", *, round_by: float = 1.5
    ) -> None:
        """Draw a rectangle between two x and two y; `hint` is shown while the pointer rests on it."""
        (left, one), (right, other) = self.at(x[0], y[0]), self.at(x[1], y[1])
        top, bottom = sorted((one, other))
        self.marks.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 0.5):.1f}" '
            f'height="{max(bottom - top, 0.5):.1f}" rx="{round_by}" fill="{colour}">'
            f"<title>{escaped(hint)}</title></rect>"
        )

    def image(self, x: tuple[float, float], y: tuple[float, float], url: str) -> None:
        """Draw a picture between two x and two y, its pixels as rectangles; `url` is a data URL."""
        (left, above), (right, below) = self.at(x[0], y[0]), self.at(x[1], y[1])
        top, bottom = sorted((above, below))
        self.marks.append(
            f'<image x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
            f'preserveAspectRatio="none" style="image-rendering:pixelated" href="{url}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "start",
        dx: float = 0,
        dy: float = 4,
        style: str = "label",
    ) -> None:
        """Write a text at a data point, shifted by (dx, dy); `style` is a CSS class of the page."""
        across, down = self.at(x, y)
        self.notes.append(
            f'<text class="{style}" x="{across:.1f}" y="{down:.1f}" dx="{dx:g}" dy="{dy:g}" text-anchor="{anchor}">'
            f"{escaped(text)}</text>"
        )

    def entry(self, row: int, colour: str, text: str, *, across: float = 0.0) -> None:
        """Write a row of the key, counted from the upper left corner; `across` is how far right it stands."""
        x, y = self.left + 14 + across, self.top + 16 + 18 * row
        self.key.append(f'<path d="M{x:.1f} {y:.1f}h0" stroke="{colour}" stroke-width="8" stroke-linecap="round"/>')
        self.key.append(_text("label", x + 9, y + 4, "start", text))

    def body(self) -> str:
        """Return all that is drawn, in groups, without the element around it."""
        groups = (("frame", self.frame), ("marks", self.marks), ("notes", self.notes), ("key", self.key))
        return "\n".join(f'<g class="{name}">\n' + "\n".join(parts) + "\n</g>" for name, parts in groups if parts)

    def svg(self) -> str:
        """Return the picture as one `<svg>` element without ids, style sheets or links."""
        box = f"{self.left} {self.top} {self.right} {self.bottom}"
        flags = "".join(
            f' data-{name}=""' for name in ("grid-x", "grid-y", "to-scale") if getattr(self, name.replace("-", "_"))
        )
        return (
            f'<svg class="plot" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{escaped(f"{self.title}: {self.says}")}" data-box="{box}" {self.x.attributes("x")} '
            f'{self.y.attributes("y")}{flags} fill="none">\n{self.body()}\n</svg>'
        )

    def _frame(self, grid_x: bool, grid_y: bool) -> None:
        for value, name in zip(self.x.ticks, self.x.names, strict=True):
            across, _ = self.at(value, self.y.low)
            if grid_x:
                self.frame.append(f'<path class="grid" d="M{across:.1f} {self.top}V{self.bottom}"/>')
            self.frame.append(_text("tick", across, self.bottom + 17, "middle", name))
        for value, name in zip(self.y.ticks, self.y.names, strict=True):
            _, down = self.at(self.x.low, value)
            if grid_y:
                self.frame.append(f'<path class="grid" d="M{self.left} {down:.1f}H{self.right}"/>')
            self.frame.append(_text("tick", self.left - 8, down + 4, "end", name))
        self.frame.append(f'<path class="axis" d="M{self.left} {self.top}V{self.bottom}H{self.right}"/>')
        self.frame.append(_text("label", (self.left + self.right) / 2, self.height - 8, "middle", self.x.label))
        if self.y.label:
            down = (self.top + self.bottom) / 2
            self.frame.append(
                f'<text class="label" transform="translate(14 {down:.0f}) rotate(-90)" text-anchor="middle">'
                f"{escaped(self.y.label)}</text>"
            )


def stacked_svg(pictures: Sequence[Canvas], title: str) -> str:
    """Return several plots one below the other as a picture that stands alone, with its colours."""
    width, height = max(each.width for each in pictures), sum(each.height for each in pictures)
    parts, top = [], 0
    for each in pictures:
        body = each.body()
        parts.append(
            f'<svg y="{top}" width="{each.width}" height="{each.height}" viewBox="0 0 {each.width} {each.height}" '
            f'fill="none">\n{body}\n</svg>'
        )
        top += each.height
    inner = re.sub(r"var\(--(\w+)\)", lambda found: _COLOURS[found[1]], "\n".join(parts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escaped(title)}">\n<style>{_ALONE}</style>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{inner}\n</svg>\n'
    )
