# SPDX-License-Identifier: GPL-3.0-or-later
"""`StageTiles`: the tiles of one crossbar stage, and the crosspoint of each of its devices.

All memristors into the columns of some output pixels stand together: the rows are what these pixels read (all terms of
the stage one after the other, bias rows where the stage has them), the columns the plus and the minus column of every
channel, side by side. Channels that read other rows, as in a depthwise stage, have tiles of their own. What is larger
than an array is split evenly, by rows (the partial sums meet in one virtual ground) and by pairs of columns. Scale
resistors are no memristors and stand beside the arrays, at the virtual grounds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from memnet.arrays.patches import Integers, Patches, PatchRows
from memnet.arrays.size import ArraySize
from memnet.deployment import Plan, Stage, StageProgram, Term, term_crossings, term_window


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosspoints:
    """Where the plus devices of a term stand, (crossings,) each; a minus device is one column to the right.

    `tile` counts the tiles of the stage from 0, `row` and `column` the lines of the tile.
    """

    tile: Integers
    row: Integers
    column: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageTiles:
    """The tiles of one stage.

    Arrays are by group of channels that read the same rows and by patch of pixels, (groups, patches), unless said
    otherwise: the lines of such a unit are known before it is split into `row_parts` times `column_parts` tiles.
    """

    stage: Stage
    plan: Plan
    program: StageProgram | None
    size: ArraySize
    patches: Patches
    group: Integers  # (channels,) group of each channel
    place: Integers  # (channels,) its position among the channels of the group
    terms: dict[str, tuple[PatchRows, ...]]  # rows of each term by unit, one entry a group
    before: dict[str, Integers]  # rows of the terms before it, by unit
    rows: Integers
    pairs: Integers
    row_parts: Integers
    column_parts: Integers
    first: Integers  # number of the unit's first tile

    @staticmethod
    def of(
        stage: Stage, plan: Plan, program: StageProgram | None, size: ArraySize, patch: tuple[int, int] = (1, 1)
    ) -> StageTiles:
        """Lay out a stage on arrays of a size, `patch` (height, width) output pixels a tile.

        Parameters
        ----------
        program : what is programmed into the stage, which tells how many bias rows it has; without it one is taken
            where the plan leaves the number open
        """
        patches, (group, tapped) = Patches.of(stage.shape, *patch), channel_groups(stage)
        members = np.bincount(group)
        place = np.empty_like(group)
        for number in range(len(members)):
            place[group == number] = np.arange(members[number])
        rows, terms, before = np.zeros((len(members), len(patches.sizes)), dtype=np.int64), {}, {}
        for term in stage.memristor_terms:
            window, source = term_window(term, program), plan.shape(term.source)
            taps = tapped[term.unit]
            found = {tap: PatchRows.of(window, source, stage.shape, patches, tap) for tap in set(taps)}
            terms[term.unit], before[term.unit] = tuple(found[tap] for tap in taps), rows
            rows = rows + np.array([found[tap].rows for tap in taps])
        pairs = members[:, None] * patches.sizes
        row_parts, column_parts = -(-rows // size.rows), -(-pairs // (size.columns // 2))
        count = row_parts * column_parts
        first = (np.cumsum(count) - count.reshape(-1)).reshape(count.shape)
        return StageTiles(
            stage=stage,
            plan=plan,
            program=program,
            size=size,
            patches=patches,
            group=group,
            place=place,
            terms=terms,
            before=before,
            rows=rows,
            pairs=pairs,
            row_parts=row_parts,
            column_parts=column_parts,
            first=first,
        )

    @property
    def whole(self) -> bool:
        """Tell whether no unit is split; splitting patches of several pixels would leave tiles without a device."""
        return bool((self.row_parts <= 1).all() and (self.column_parts <= 1).all())

    def crosspoints(self, term: Term) -> Crosspoints:
        """Return where the plus devices of a term stand, in the order of its crossings."""
        crossings = term_crossings(self.stage, term, self.plan, self.program)
        channel, pixel = np.divmod(crossings.columns.astype(np.int64), self.stage.shape[1] * self.stage.shape[2])
        group, patch = self.group[channel], self.patches.number[pixel]
        if term.kind == "bias":
            row = crossings.weight.astype(np.int64) % max(1, len(term_window(term, self.program).offsets))
        else:
            row = np.empty_like(channel)
            for rows, groups in self._alike(term):
                chosen = np.isin(group, groups)
                row[chosen] = rows.ranks(patch[chosen], crossings.rows[chosen].astype(np.int64))
        row = row + self.before[term.unit][group, patch]
        pair = self.place[channel] * self.patches.sizes[patch] + self.patches.place[pixel]
        row_part, tile_row = part_of(row, self.rows[group, patch], self.row_parts[group, patch])
        column_part, tile_pair = part_of(pair, self.pairs[group, patch], self.column_parts[group, patch])
        tile = self.first[group, patch] + row_part * self.column_parts[group, patch] + column_part
        return Crosspoints(tile=tile, row=tile_row, column=2 * tile_pair)

    def places(self) -> Integers:
        """Return tile, row and column of all devices of the stage, (3, devices).

        Devices are counted term by term, in each term the plus devices before the minus devices.
        """
        found = [self.crosspoints(term) for term in self.stage.memristor_terms]
        sides = [np.stack([each.tile, each.row, each.column + side]) for each in found for side in (0, 1)]
        return np.concatenate([np.zeros((3, 0), dtype=np.int64), *sides], axis=1)

    def _alike(self, term: Term) -> list[tuple[PatchRows, Integers]]:
        """Return the different rows of a term, each with the groups that have them."""
        found: dict[int, tuple[PatchRows, list[int]]] = {}
        for group, rows in enumerate(self.terms[term.unit]):
            found.setdefault(id(rows), (rows, []))[1].append(group)
        return [(rows, np.array(groups)) for rows, groups in found.values()]

    def shapes(self) -> Counter[tuple[int, int]]:
        """Return the number of tiles by their rows and columns."""
        units = np.stack([self.rows, self.row_parts, self.pairs, self.column_parts]).reshape(4, -1)
        kinds, counts = np.unique(units, axis=1, return_counts=True)
        found: Counter[tuple[int, int]] = Counter()
        for (rows, row_parts, pairs, column_parts), count in zip(kinds.T.tolist(), counts.tolist(), strict=True):
            for high, down in part_sizes(rows, row_parts).items():
                for wide, across in part_sizes(pairs, column_parts).items():
                    found[high, 2 * wide] += count * down * across
        return found


def channel_groups(stage: Stage) -> tuple[Integers, dict[str, tuple[int | None, ...]]]:
    """Return the group of each channel, (channels,), and for each term the tap that each group reads, None for all.

    Channels of a group read the same rows in all terms: a window that is not dense has other rows for each channel, and
    one with a tap `per_output` for each tap's channels.
    """
    channels = np.arange(stage.shape[0])
    keys = np.zeros((1, len(channels)), dtype=np.int64)
    tap_of: dict[str, Integers] = {}
    for term in stage.memristor_terms:
        if not term.window.dense:
            keys = np.vstack([keys, channels])
        if term.window.per_output:
            tap_of[term.unit] = channels * len(term.window.offsets) // len(channels)
            keys = np.vstack([keys, tap_of[term.unit]])
    _, first, group = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    taps = {
        term.unit: tuple(tap_of[term.unit][first].tolist()) if term.unit in tap_of else (None,) * len(first)
        for term in stage.memristor_terms
    }
    return group.reshape(-1), taps


def part_of(index: Integers, count: Integers, parts: Integers) -> tuple[Integers, Integers]:
    """Return the part that each of `count` lines falls into, split evenly into `parts`, and its position there.

    The first parts have one line more than the others where the split does not come out even.
    """
    least, larger = np.divmod(count, parts)
    edge = larger * (least + 1)
    size = np.where(index < edge, least + 1, np.maximum(least, 1))
    part, place = np.divmod(np.where(index < edge, index, index - edge), size)
    return part + np.where(index < edge, 0, larger), place


def part_sizes(count: int, parts: int) -> dict[int, int]:
    """Return how many of the parts of `part_of` have how many lines."""
    if not parts:
        return {}
    least, larger = divmod(count, parts)
    return {size: number for size, number in ((least + 1, larger), (least, parts - larger)) if number}
