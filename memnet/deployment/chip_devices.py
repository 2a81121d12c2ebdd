# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands on a chip: the target and the real conductance of every memristor, and the offset of every op-amp.

The SPICE circuit, the numeric engine, the placement table, power and counts all read this one value. Where no device
differs from another of the same weight, one conductance for each element of a kernel stands for all pixels; else every
device has its own.

Real conductances are sampled in the layout that the numeric engine computes with (see `row_groups`): (crossings,) for
rows that a window reads channel by channel, (pixels, out, in * taps) for dense windows (0 where a tap falls on padding
and there is no device), and (channels, pixels, rows) for bias rows. `listed` gives them in the order of crossings, in
which circuits and tables list devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memnet.deployment.mapping import Deployment
from memnet.deployment.moving_law import MovingLaw, reach_of
from memnet.deployment.scales import term_crossings
from memnet.deployment.stages import BIAS_RAIL, Stage, Term
from memnet.deployment.wiring import Wiring
from memnet.devices import DEFAULT_MODEL, Access, Cell, DeviceSpread, MemristorModel, level_conductances
from memnet.operators import Crossings, dense_pieces, inside
from memnet.units import Floats

Values = npt.NDArray[Any]
LEAST_SIEMENS = 1e-15  # of a listed device: a circuit cannot have a resistor of 0 S
SIDES = ("plus", "minus")
Place = tuple[str, str, str]  # stage, unit and side


class Programming(Protocol):
    """Says what devices are programmed to where that is not their targets."""

    def programmed(self, stage: Stage, term: Term) -> tuple[Values, Values]:
        """Return the conductances that a term's plus and minus devices are programmed to, siemens.

        They are in the layout of the head of this file, dense windows without padding also (out, in * taps).
        """


@dataclass(frozen=True, slots=True)
class ChipDevices:
    """All memristors and op-amps of one chip.

    Attributes
    ----------
    spread : how real devices differ from their targets; its seed tells one chip from another
    given : conductances that were measured or changed by hand, (crossings,) siemens by stage, unit and side, in the
        order of `listed`; they replace what `spread` gives
    wiring : the arrays that the memristors stand on and their wires; None for wires without resistance and capacitance
    memristor : the law of all memristors, or the cell that each stands in; None for I = G V. Where levels are
        compensated, None stands for what they are compensated for: I = G m V, with m the mean slope of a row
    programming : what devices are programmed to so that their targets are what counts; None where they are programmed
        to their targets
    bias_share : share of the bias voltage that a bias rail which resists leaves for bias rows
    reach : the smallest and the largest conductance that the model of the memristors has, siemens, where a sample of
        `spread` ends; None where no model was named
    """

    deployment: Deployment
    spread: DeviceSpread = field(default_factory=DeviceSpread)
    given: Mapping[Place, Floats] = field(default_factory=dict)
    wiring: Wiring | None = None
    memristor: MemristorModel | None = None
    programming: Programming | None = None
    bias_share: float = 1.0
    reach: tuple[float, float] | None = None

    @property
    def bias_rail_v(self) -> float:
        """Return the voltage of bias rows."""
        return self.deployment.scales[BIAS_RAIL] * self.bias_share

    @property
    def cell(self) -> Cell | None:
        """Return the cell that each memristor stands in; None where there is no access device."""
        return self.memristor if isinstance(self.memristor, Cell) else None

    @property
    def access(self) -> Access | None:
        """Return what is in series with each memristor; None where nothing is."""
        return None if self.cell is None else self.cell.access

    @property
    def has_transistors(self) -> bool:
        """Whether each memristor has a transistor, whatever switches it."""
        return self.access is not None and self.access.has_gate

    @property
    def device(self) -> MemristorModel | None:
        """Return the law of the memristors alone; None for I = G V."""
        if self.cell is None:
            return self.memristor
        return None if self.cell.memristor == DEFAULT_MODEL else self.cell.device

    @property
    def per_device(self) -> bool:
        """Whether devices of the same weight may have different conductances."""
        return self.own_devices or self.programming is not None

    @property
    def own_devices(self) -> bool:
        """Whether devices of the same weight may differ on tiles that are the same."""
        return self.spread.per_device or bool(self.given)

    @property
    def moving(self) -> MovingLaw | None:
        """Return the law of memristors if its shape moves with the state; None where it is I = G f(V)."""
        if self.memristor is None or self.memristor.separable:
            return None
        technology, given = self.deployment.technology, list(self.given.values())
        reach = reach_of(self.memristor, technology, self.spread, given)
        return MovingLaw(model=self.memristor, technology=technology, reach=reach, bias_v=self.bias_rail_v)

    @property
    def any_offset(self) -> bool:
        """Whether op-amps have offsets."""
        return self.spread.offset_v > 0.0 or self.deployment.technology.opamp.offset_v != 0.0

    def targets(self, stage: Stage, term: Term) -> tuple[Floats, Floats]:
        """Return the conductances that a term's plus and minus devices are to have, (out, in, taps) siemens each.

        Bias rows are (out, 1, rows).
        """
        device, program = self.deployment.technology.memristor, self.deployment.programs[stage.name]
        pair, least = program.pairs[term.unit], device.g_min_siemens
        sides = level_conductances(device, pair.plus), level_conductances(device, pair.minus)
        if program.full_share == 1.0:
            return sides
        plus, minus = (least + program.full_share * (side - least) for side in sides)
        return plus, minus

    def aimed(self, stage: Stage, term: Term) -> tuple[Values, Values] | None:
        """Return what every device of a term is programmed to, plus and minus; None where that is its target.

        Rows that are switched out stay at their targets, since what their open switches let through does not depend on
        them.
        """
        if self.programming is None or not self.deployment.plan.on(term.select):
            return None
        return self.programming.programmed(stage, term)

    def real(self, stage: Stage, term: Term) -> tuple[Values, Values] | None:
        """Return the conductances of every device of a term, plus and minus; None where they are those of the targets.

        Rows that are switched out stay at their targets: see `aimed`.
        """
        if not self.own_devices or not self.deployment.plan.on(term.select):
            return self.aimed(stage, term)
        if self.given:
            plus, minus = (self._placed(stage, term, self.given[stage.name, term.unit, side]) for side in SIDES)
            return plus, minus
        wide = self.aimed(stage, term) or [self._wide(stage, term, target) for target in self.targets(stage, term)]
        plus, minus = (self._sampled(stage, term, side, aim) for side, aim in zip(SIDES, wide, strict=True))
        return plus, minus

    def listed(self, stage: Stage, term: Term, *, target: bool = False) -> tuple[Floats, Floats]:
        """Return the conductances of a term's plus and minus devices, (crossings,) siemens each, in their order.

        Parameters
        ----------
        target : what the devices are programmed to instead of what really stands there
        """
        if self.given and not target:
            plus, minus = (self.given[stage.name, term.unit, side] for side in SIDES)
            return plus, minus
        crossings = self._crossings(stage, term)
        real = self.aimed(stage, term) if target else self.real(stage, term)
        if real is None:
            plus, minus = self.targets(stage, term)
            return plus.reshape(-1)[crossings.weight], minus.reshape(-1)[crossings.weight]
        place = self._place(stage, term, crossings)
        if term.window.dense and term.kind != "bias" and real[0].ndim == 2:
            place = place[1:]  # all pixels share a kernel
        plus, minus = (np.maximum(np.asarray(side[place], dtype=np.float64), LEAST_SIEMENS) for side in real)
        return plus, minus

    def sides(self, stage: Stage, *, target: bool = False) -> list[Floats]:
        """Return what `listed` has of all memristors of a stage: plus and minus of each term in turn, siemens."""
        return [side for term in stage.memristor_terms for side in self.listed(stage, term, target=target)]

    @property
    def curved(self) -> bool:
        """Whether `read_v` returns anything else than the voltages themselves."""
        return self.memristor is not None or bool(self.deployment.slopes)

    def read_v(self, volts: Values, source: str, rectified: bool = False) -> Values:
        """Return f(V) of memristors with the law I = G f(V), volts, in the shape and precision of `volts`.

        A virtual ground is within microvolts of 0 V, so a row at V gives the currents of resistors at f(V).

        Parameters
        ----------
        volts : (channels, pixels, images) on the rows of a stage, join or rail, its output raw or rectified
        """
        if self.memristor is None:
            slopes = self.deployment.scale_rows().mean_slopes(source, rectified)
            return np.asarray(volts * slopes[:, None, None], dtype=volts.dtype)
        return self.law_v(volts)

    def law_v(self, volts: Values) -> Values:
        """Return f(V) of memristors that have the law I = G f(V), volts, in the shape and precision of `volts`."""
        assert self.memristor is not None
        return np.asarray(self.memristor.shape(volts), dtype=volts.dtype)

    @property
    def bias_v(self) -> float:
        """Return the voltage of bias rows, or with which resistors give the currents of devices with I = G f(V)."""
        volts = self.bias_rail_v
        return volts if self.moving else self.read_v(np.full((1, 1, 1), volts), BIAS_RAIL).item()

    def offsets(self, stage: Stage, bank: str, shape: tuple[int, ...]) -> Floats:
        """Return the input offsets of some op-amps of a stage, volts, in a given shape.

        Parameters
        ----------
        bank : `plus` and `minus` for the TIAs of a pair, `follower`, `average` or `copy`
        """
        return self.spread.offsets(shape, self.deployment.technology.opamp.offset_v, stage.name, bank)

    def _crossings(self, stage: Stage, term: Term) -> Crossings:
        return term_crossings(stage, term, self.deployment.plan, self.deployment.programs[stage.name])

    def _wide(self, stage: Stage, term: Term, target: Floats) -> Values:
        """Return targets (out, in, taps) in the layout of the head of this file, but for padding."""
        channels, pixels = stage.shape[0], stage.shape[1] * stage.shape[2]
        if term.kind == "bias":
            return np.broadcast_to(target.reshape(channels, 1, -1), (channels, pixels, target.shape[2]))
        if not term.window.dense:
            return np.asarray(target.reshape(-1)[self._crossings(stage, term).weight])
        return target.reshape(len(target), -1).astype(np.float32)

    def _sampled(self, stage: Stage, term: Term, side: str, aim: Values) -> Values:
        """Return sampled conductances of one side of a term, in the layout of the head of this file."""
        if term.kind == "bias" or not term.window.dense:
            return self._programmed(aim, stage, term, side)
        wide = np.broadcast_to(aim, (stage.shape[1] * stage.shape[2], *aim.shape[-2:]))
        return np.asarray(self._programmed(wide, stage, term, side) * self._present(stage, term))

    def _programmed(self, target: Floats, stage: Stage, term: Term, side: str) -> Values:
        """Return the conductances of devices after programming, in the shape of `target`; they end where states do."""
        device = self.deployment.technology.memristor
        real = self.spread.programmed(target, device, stage.name, term.unit, side)
        reach = self.reach if self.moving is None else self.moving.reach
        return real if reach is None else np.clip(real, *reach)

    def _placed(self, stage: Stage, term: Term, listed: Floats) -> Values:
        """Return conductances (crossings,) in the layout of the head of this file."""
        channels, pixels = stage.shape[0], stage.shape[1] * stage.shape[2]
        crossings = self._crossings(stage, term)
        if term.kind == "bias":
            placed = np.zeros((channels, pixels, self.targets(stage, term)[0].shape[2]))
        elif not term.window.dense:
            return listed
        else:
            target = self.targets(stage, term)[0]
            placed = np.zeros((pixels, len(target), target[0].size), dtype=np.float32)
        placed[self._place(stage, term, crossings)] = listed
        return placed

    def _place(self, stage: Stage, term: Term, crossings: Crossings) -> Any:  # noqa: ANN401 - an index of an array
        """Return where each crossing stands in the layout of the head of this file."""
        channel, pixel = np.divmod(crossings.columns, stage.shape[1] * stage.shape[2])
        if term.kind == "bias":
            rows = self.deployment.programs[stage.name].pairs[term.unit].plus.shape[2]
            return channel, pixel, crossings.weight - channel * rows
        if not term.window.dense:
            return slice(None)
        width = self.deployment.programs[stage.name].pairs[term.unit].plus[0].size
        return pixel, channel, crossings.weight - channel * width

    def _present(self, stage: Stage, term: Term) -> Values:
        """Return 1 where a dense window has a device, 0 on padding, (pixels, out or 1, in * taps or 1)."""
        source, pixels = self.deployment.plan.shape(term.source), stage.shape[1] * stage.shape[2]
        pieces = dense_pieces(term.window, stage.shape[0])
        masks = [inside(piece.window, source, stage.shape) for piece in pieces]
        if all(mask.all() for mask in masks):
            return np.ones((pixels, 1, 1), dtype=np.float32)
        wide = []
        for piece, mask in zip(pieces, masks, strict=True):
            shape = (pixels, piece.last - piece.first, source[0] * len(mask))
            wide.append(np.broadcast_to(np.tile(mask.T, source[0])[:, None, :], shape))
        return np.concatenate(wide, axis=1).astype(np.float32)
