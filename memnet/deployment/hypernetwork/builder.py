# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the nodes of a hypercell, a cell that holds the circuits of many operations behind select nets.

`HypernetworkBuilder` has what the structures share; its subclasses choose the convolution units of a node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from memnet.deployment.hypernetwork.units import DILATIONS, UNIT_KERNEL, fits_units, unit_taps
from memnet.deployment.individual import bias_term
from memnet.deployment.stages import Stage, Term, middle_of
from memnet.errors import GenotypeError
from memnet.genotype import find_operation
from memnet.network import refuse_odd, strided
from memnet.operators import Shape, Window

BIAS_ROWS = 2  # bias rows of every unit; a bias too large for them raises the weight limit of its channel
ONE = Window(offsets=((0, 0),))
POINTWISE = Window(offsets=((0, 0),), dense=True)
FACTORIZED = Window(offsets=((0, 0), (1, 1)), stride=2, dense=True, per_output=True)


@dataclass(slots=True)
class HypernetworkBuilder:
    """Collects the stages and select nets of a hypernetwork; subclasses add the convolution units of a node."""

    stages: dict[str, Stage] = field(default_factory=dict)  # by name, in topological order
    joins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    selects: dict[str, bool] = field(default_factory=dict)
    bias_rows: int = BIAS_ROWS
    cell: str = ""
    reduction: bool = False
    state_shape: Shape = (0, 0, 0)
    lends: bool = True  # idle convolution units buffer max pools: see `memnet.deployment.stages`
    kernel: int = UNIT_KERNEL  # side of the windows of convolution units

    def shape(self, name: str) -> Shape:
        """Return the shape of a stage or join built so far."""
        drivers = [self.stages[driver] for driver in self.joins.get(name, (name,))]
        return (sum(stage.shape[0] for stage in drivers), *drivers[0].shape[1:])

    def add(self, stage: Stage) -> None:
        """Append a stage."""
        self.stages[stage.name] = stage

    def begin_cell(self, name: str, reduction: bool, state_shape: Shape) -> None:
        """Start a cell whose two input states have `state_shape`."""
        self.cell, self.reduction, self.state_shape = name, reduction, state_shape

    def node(self, node: int, ops: dict[int, str]) -> None:
        """Add one node with the convolutions, pools and skips of all its edges.

        Parameters
        ----------
        node : 2 to 5
        ops : the operation of each edge by its source state; edges left out have none
        """
        terms = [term for source in range(node) for term in self._pools_and_skip(node, source, ops.get(source, "none"))]
        terms += self._convolutions(node, ops)
        name = f"{self.cell}/node{node}"
        self.add(Stage(name=name, kind="crossbar", terms=tuple(terms), shape=self.node_shape, layer=name))

    @property
    def node_shape(self) -> Shape:
        """Return the shape of this cell's nodes."""
        channels, height, width = self.state_shape
        return (channels, *strided(height, width, 2)) if self.reduction else self.state_shape

    def state(self, source: int) -> str:
        """Return the name of the stage whose output is a state of this cell: 0 and 1 are its inputs."""
        return f"{self.cell}/preprocess{source}" if source < 2 else f"{self.cell}/node{source}"

    def stride(self, source: int) -> int:
        """Return the stride of edges from a state."""
        return 2 if self.reduction and source < 2 else 1

    def switch(self, name: str, on: bool) -> str:
        """Add a select net and return its name; added again, as by units that share it, it is on if it ever was."""
        self.selects[name] = self.selects.get(name, False) or on
        return name

    def layer(self, node: int, source: int, op: str, sublayer: str = "") -> str:
        """Return the name of the network layer of an edge."""
        name = f"{self.cell}/node{node}/edge{source}-{op}"
        return f"{name}/{sublayer}" if sublayer else name

    def _convolutions(self, node: int, ops: dict[int, str]) -> list[Term]:
        raise NotImplementedError

    def _max_pool(self, node: int, source: int, on: bool) -> str:
        """Return the name of the max pool that all edges from a state share, adding its stage at its first use."""
        return self._pool(f"{self.cell}/max_pool-state{source}", source, on)

    def _pool(self, name: str, source: int, on: bool) -> str:
        gate = self.switch(f"{name}/on", on)
        if name not in self.stages:
            window = Window.square(3, stride=self.stride(source), padding=1)
            term = Term(unit=name, source=self.state(source), rectified=False, window=window, kind="copy")
            self.add(
                Stage(
                    name=name, kind="max_pool", terms=(term,), shape=self.node_shape, gate=gate, buffered=not self.lends
                )
            )
        return name

    def _serves(self, op: str) -> bool:
        """Tell whether convolution units serve an operation: convolutions and, if they lend amplifiers, max pools."""
        family = find_operation(op).family
        return family in DILATIONS or (self.lends and family == "max_pool")

    def _pools_and_skip(self, node: int, source: int, op: str) -> list[Term]:
        edge = f"{self.cell}/node{node}/edge{source}"
        state, stride, family = self.state(source), self.stride(source), find_operation(op).family
        pool = self._max_pool(node, source, family == "max_pool")
        average, skip = (
            self.switch(f"{edge}/{name}", family == served) for name, served in (("avg", "avg_pool"), ("skip", "skip"))
        )
        terms = [] if self.lends else [self._pool_resistors(edge, pool, family == "max_pool")]
        terms += [
            Term(
                unit=average,
                source=state,
                rectified=False,
                kind="average",
                select=average,
                window=Window.square(3, stride=stride, padding=1),
            ),
        ]
        if stride == 1:
            return [*terms, Term(unit=skip, source=state, rectified=False, window=ONE, kind="copy", select=skip)]
        # A stride-2 skip is FactorizedReduce: two shifted pointwise convolutions, which have weights.
        refuse_odd(skip, *self.state_shape[1:])
        layers = (self.layer(node, source, op),) if family == "skip" else ()
        return [
            *terms,
            Term(unit=skip, source=state, rectified=True, window=FACTORIZED, layers=layers, select=skip),
            bias_term(f"{skip}/bias", layers, rows=self.bias_rows, select=skip),
        ]

    def _pool_resistors(self, unit: str, source: str, on: bool) -> Term:
        """Return the scale resistors that bring a max pool, or the middle that buffers it, into the node."""
        select = self.switch(f"{unit}/max", on)
        return Term(unit=select, source=source, rectified=False, window=ONE, kind="copy", select=select)

    def _separable(
        self,
        unit: str,
        edges: list[tuple[int, int]],
        active: tuple[int, int, str] | None,
        *,
        kernel: int | None = None,
        separable: bool = True,
        dilated: bool = True,
    ) -> list[Term]:
        """Add one convolution unit and return its terms in the node.

        A unit has two halves. The first is a depthwise and a pointwise crossbar; the second is a depthwise crossbar,
        with rows from the first half and rows of dilation 2 from the states, and a pointwise crossbar in the node. A
        separable convolution uses both halves, a dilated one the second half only. A unit that lends amplifiers serves
        max pools too: see `memnet.deployment.stages`.

        Parameters
        ----------
        edges : (node, source) of the edges this unit can serve; with several, the unit is a slot, in which the rows
            from one predecessor are switched in and the others out
        active : the (node, source, op) that it serves in this architecture, a convolution or a max pool; None if idle
        kernel : side of the windows; by default that of all units
        separable, dilated : whether the unit has the circuits of these convolutions
        """
        kernel = kernel or self.kernel
        served_op = find_operation(active[2]) if active else None
        if active and served_op and not fits_units(served_op, kernel):
            raise GenotypeError(
                f"net/{self.layer(*active)}: the windows of {kernel}x{kernel} in {unit} cannot carry {served_op.name}; "
                "deploy it individually, or on a structure with wider windows"
            )
        pooled = active if served_op and served_op.family == "max_pool" else None
        if pooled:
            active = served_op = None
        taps = unit_taps(served_op.kernel, kernel) if served_op else None
        sep, conv = served_op is not None and served_op.family == "separable", served_op is not None
        sep_on, conv_on = self.switch(f"{unit}/sep", sep), self.switch(f"{unit}/conv", conv)
        depthwise = partial(self._depthwise, edges, taps=taps, kernel=kernel)
        terms: list[Term] = []
        if separable:
            served = active if sep else None
            first = depthwise(f"{unit}/dw1", active=served, sublayer="dw1", dilation=1, select=sep_on)
            pointwise = self._first_half(unit, first, served, sep_on)
            terms.append(
                Term(
                    unit=f"{unit}/dw2",
                    source=pointwise,
                    rectified=True,
                    layers=(self.layer(*served, "dw2"),) if served else (),
                    taps=taps,
                    select=sep_on,
                    window=Window.square(kernel, padding=kernel // 2),
                )
            )
        if dilated:
            dil_on, served = self.switch(f"{unit}/dil", conv and not sep), None if sep else active
            terms += depthwise(f"{unit}/dil", active=served, sublayer="dw", dilation=2, select=dil_on)
        sublayer = "dw2" if sep else "dw"
        layer = self.layer(*active, sublayer) if active else ""
        if self.lends:
            powered = self.switch(f"{unit}/powered", conv or pooled is not None)
            grounded = self.switch(f"{unit}/grounded", pooled is None)
            terms += self._follow_terms(unit, edges, pooled)
            self._crossbar(f"{unit}/dw2", tuple(terms), powered, layer, grounded)
        else:
            self._crossbar(f"{unit}/dw2", tuple(terms), conv_on, layer)
        pool = [self._pool_resistors(unit, middle_of(f"{unit}/dw2"), pooled is not None)] if self.lends else []
        carried = (self.layer(*active, "pw2" if sep else "pw"),) if active else ()
        return [*pool, *self._pointwise(unit, carried, conv_on)]

    def _pointwise(self, unit: str, carried: tuple[str, ...], conv_on: str) -> list[Term]:
        """Return the rows in a node from the second half of a unit, and their bias; `carried` is the layer on them."""
        return [
            Term(
                unit=f"{unit}/pw2",
                source=f"{unit}/dw2",
                rectified=False,
                window=POINTWISE,
                layers=carried,
                select=conv_on,
            ),
            bias_term(f"{unit}/pw2/bias", carried, rows=self.bias_rows, select=conv_on),
        ]

    def _first_half(self, unit: str, rows: list[Term], active: tuple[int, int, str] | None, select: str) -> str:
        """Add the first depthwise and pointwise crossbars of a unit; return the name of the pointwise one."""
        self._crossbar(f"{unit}/dw1", tuple(rows), select, self.layer(*active, "dw1") if active else "")
        carried = (self.layer(*active, "pw1"),) if active else ()
        name = f"{unit}/pw1"
        pointwise = Term(
            unit=name, source=f"{unit}/dw1", rectified=False, window=POINTWISE, layers=carried, select=select
        )
        bias = bias_term(f"{name}/bias", carried, rows=self.bias_rows, select=select)
        self._crossbar(name, (pointwise, bias), select, carried[0] if carried else "")
        return name

    def _follow_terms(self, unit: str, edges: list[tuple[int, int]], pooled: tuple[int, int, str] | None) -> list[Term]:
        """Return a `follow` term for the max pool of each state that a unit can serve; that of `pooled` is selected."""
        terms = []
        for edge in edges:
            on = pooled is not None and pooled[:2] == edge
            select = self.switch(f"{unit}/max/from{edge[1]}" if len(edges) > 1 else f"{unit}/max", on)
            source = self._max_pool(*edge, on)
            terms.append(Term(unit=select, source=source, rectified=False, window=ONE, kind="follow", select=select))
        return terms

    def _depthwise(
        self,
        edges: list[tuple[int, int]],
        unit: str,
        *,
        active: tuple[int, int, str] | None,
        sublayer: str,
        taps: tuple[int, ...] | None,
        kernel: int,
        dilation: int,
        select: str,
    ) -> list[Term]:
        """Return depthwise rows from the state before each edge; in a slot, each of these has a select net."""
        found = []
        for node, source in edges:
            chosen = active is not None and active[:2] == (node, source)
            name = f"{unit}/from{source}" if len(edges) > 1 else unit
            stride, padding = self.stride(source), dilation * (kernel // 2)
            found.append(
                Term(
                    unit=name,
                    source=self.state(source),
                    rectified=True,
                    window=Window.square(kernel, stride=stride, dilation=dilation, padding=padding),
                    select=self.switch(name, chosen) if len(edges) > 1 else select,
                    taps=taps if chosen else None,
                    layers=(self.layer(*active, sublayer),) if active and chosen else (),
                )
            )
        return found

    def _crossbar(self, name: str, terms: tuple[Term, ...], gate: str, layer: str, grounded: str = "") -> None:
        shape = self.node_shape
        self.add(Stage(name=name, kind="crossbar", terms=terms, shape=shape, gate=gate, layer=layer, grounded=grounded))
