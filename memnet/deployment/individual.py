# SPDX-License-Identifier: GPL-3.0-or-later
"""Individual deployment: the analog stages of a chip that is built for one architecture alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from memnet.deployment.stages import BIAS_RAIL, INPUT, Plan, Stage, Term, TermKind, bias_window
from memnet.errors import NetworkError
from memnet.network import Layer, Network, global_window, layer_window
from memnet.operators import Shape, Window


def individual_plan(network: Network) -> Plan:
    """Return the plan of a chip for `network` alone; each edge has the circuit of its operation and no other.

    The pointwise crossbars of all edges into a node run into one rank of TIAs, which sums them to the node's state;
    pools and skips run into the same virtual grounds through scale resistors. All edges that pool one state at one
    stride, with windows of one size, share one max pool.

    Raises
    ------
    NetworkError
        an edge has layers for which chips have no circuit; the layer is named
    """
    planner = _Planner(network)
    for layer in network.layers:
        planner.add(layer)
    return Plan(image_shape=network.image_shape, stages=with_copies(planner.stages, planner.joins), joins=planner.joins)


def with_copies(stages: Collection[Stage], joins: dict[str, tuple[str, ...]]) -> tuple[Stage, ...]:
    """Return the stages with `raw` and `rectified` set to the copies of their outputs that other stages read."""
    copies: dict[str, set[bool]] = {}  # by stage: False where its raw output is read, True for the rectified one
    for stage in stages:
        for term in stage.terms:
            for driver in joins.get(term.source, (term.source,)):
                copies.setdefault(driver, set()).add(term.rectified)
    # An output that no stage reads (the classes) is raw.
    return tuple(
        replace(stage, raw=False in copies.get(stage.name, {False}), rectified=True in copies.get(stage.name, set()))
        for stage in stages
    )


def bias_term(unit: str, layers: tuple[str, ...], *, rows: int | None = None, select: str = "") -> Term:
    """Return a term of bias rows that carry the sum of the folded biases of `layers`.

    Parameters
    ----------
    rows : number of bias rows; None for as many as the largest bias needs
    """
    return Term(
        unit=unit,
        source=BIAS_RAIL,
        rectified=False,
        window=bias_window(rows or 1),
        kind="bias",
        layers=layers,
        bias_rows=rows,
        select=select,
    )


class _Planner:
    """Turns the layers of a network, in order, into the stages of a chip."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = {layer.name: layer for layer in network.layers}
        self.stages: list[Stage] = []
        self.joins: dict[str, tuple[str, ...]] = {}
        self.pools: dict[tuple[str, int, int], str] = {}
        # The last layers of edges: they have no TIAs of their own and run into those of their node.
        self.merged = {name for layer in network.layers if layer.kind == "sum" for name in layer.inputs}

    def add(self, layer: Layer) -> None:
        if layer.kind == "concat":
            self.joins[layer.name] = layer.inputs
        elif layer.kind == "sum":
            self._node(layer)
        elif layer.kind == "global_pool":
            source = layer.inputs[0]
            term = self._term(layer, window=global_window(self._shape(source)), kind="average")
            self.stages.append(
                Stage(name=layer.name, kind="average", terms=(term,), shape=layer.shape, layer=layer.name)
            )
        elif layer.name not in self.merged:
            if not layer.weight:
                raise NetworkError(
                    f"net/{layer.name}: a {layer.kind} layer stands inside an edge, where chips have circuits for "
                    "convolutions only; build the edge so that it is the last layer"
                )
            self._crossbar(layer, (self._weights(layer),), [layer])

    def _node(self, layer: Layer) -> None:
        edges = [self.layers[name] for name in layer.inputs]
        terms = tuple(term for edge in edges for term in self._edge(edge))
        self._crossbar(layer, terms, edges)

    def _crossbar(self, layer: Layer, terms: tuple[Term, ...], carriers: list[Layer]) -> None:
        """Append a crossbar stage: its terms, and bias rows for the folded biases of the layers `carriers`."""
        biased = tuple(carrier.name for carrier in carriers if carrier.batch_norm or carrier.bias)
        if biased:
            terms += (bias_term(f"{layer.name}/bias", biased),)
        self.stages.append(Stage(name=layer.name, kind="crossbar", terms=terms, shape=layer.shape, layer=layer.name))

    def _edge(self, edge: Layer) -> tuple[Term, ...]:
        if edge.kind == "zero":
            return ()
        if edge.kind in ("conv", "factorized_reduce"):
            return (self._weights(edge),)
        if edge.kind == "avg_pool":
            return (self._term(edge, window=layer_window(edge), kind="average"),)
        if edge.kind not in ("max_pool", "identity"):
            raise NetworkError(
                f"net/{edge.name}: a {edge.kind} layer ends this edge, for which chips have no circuit; "
                "end it with a convolution, a pool or an identity"
            )
        source = self._max_pool(edge) if edge.kind == "max_pool" else edge.inputs[0]
        return (replace(self._term(edge, window=Window(offsets=((0, 0),)), kind="copy"), source=source),)

    def _max_pool(self, edge: Layer) -> str:
        """Return the name of the max pool of an edge's state, stride and window, adding its stage at the first use."""
        key = (edge.inputs[0], edge.stride, edge.kernel)
        if key not in self.pools:
            cell = edge.name.split("/")[0]
            size = "" if edge.kernel == 3 else f"-{edge.kernel}x{edge.kernel}"
            name = f"{cell}/max_pool-{edge.inputs[0].replace('/', '.')}-stride{edge.stride}{size}"
            term = self._term(edge, window=layer_window(edge), kind="copy")
            self.stages.append(Stage(name=name, kind="max_pool", terms=(term,), shape=edge.shape))
            self.pools[key] = name
        return self.pools[key]

    def _weights(self, layer: Layer) -> Term:
        return self._term(layer, window=layer_window(layer), kind="weights")

    def _term(self, layer: Layer, *, window: Window, kind: TermKind) -> Term:
        return Term(
            unit=layer.name,
            source=layer.inputs[0],
            rectified=layer.relu,
            window=window,
            kind=kind,
            layers=(layer.name,),
        )

    def _shape(self, name: str) -> Shape:
        return self.network.image_shape if name == INPUT else self.layers[name].shape
