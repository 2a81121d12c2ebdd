# SPDX-License-Identifier: GPL-3.0-or-later
"""The law that a chip's memristors are read by, from its settings and its technology, and circuits with it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from memnet.circuit import Circuit, at_crosspoints, build_circuit
from memnet.deployment import MOST_READ, ChipDevices, Deployment, Place
from memnet.devices import MemristorModel
from memnet.devices.memristors import ROUNDING, ChosenMemristor, beyond_measured
from memnet.errors import LimitWarning, SetupError
from memnet.flow.measuring import measured_memristor
from memnet.flow.settings import Setup
from memnet.numeric import NumericCircuit
from memnet.technology import Technology
from memnet.units import Floats

NEAR = 1e-3  # relative: clamp diodes let outputs that much beyond
LINEAR_BELOW = 1e-9  # share of a read's current: a law that is nearer than this to I = G V changes no figure


def memristor_name(setup: Setup, technology: Technology) -> str | None:
    """Return the name of the model that a chip's memristors are: the settings', else the technology's; None without."""
    said = technology.memristor_model
    return setup.memristor or (None if said is None else said.name)


def memristor_note(
    setup: Setup, technology: Technology, model: MemristorModel | None, named: ChosenMemristor | None
) -> tuple[str, ...]:
    """Return what a reader must know of the law `model` of a chip's memristors; nothing where none were `named`."""
    name, said = memristor_name(setup, technology), technology.memristor_model
    if named is None or (model is None and setup.memristor is None):
        return ()
    other = f" (technology {technology.name} has {said.name})" if said and said.name != name else ""
    curved = "; the references have I = G V, so logit_error has the law"
    law = "; a read has I = G V" if model is None else curved
    device = technology.memristor
    beyond = beyond_measured(named, (device.g_min_siemens, device.g_max_siemens), device.read_limit_v)
    return (f"memristors are {name}{other}{law}", *([beyond] if beyond else []))


def memristor_of(setup: Setup, technology: Technology) -> MemristorModel | None:
    """Return the model whose law all memristors of a chip follow; None where they are linear.

    A level is the conductance dI/dV at 0 V, from the side of positive voltages: f of I = G f(V) has the slope 1 there.

    Raises
    ------
    SetupError
        there is no such model; it cannot have the conductances of the technology; the shape of its law moves with the
        state, beside wires, offsets or compensation; or the settings ask for I = G V in a fixed state where the
        technology says nothing else
    """
    name = memristor_name(setup, technology)
    if name is None:
        return None
    model, device = measured_memristor(name, technology.opamp.saturation_v), technology.memristor
    asked = f"memristor {name}" if setup.memristor else f"memristor {name} of technology {technology.name}"
    low, high = model.conductances()
    if device.g_min_siemens < low or device.g_max_siemens > high:
        raise SetupError(
            f"{asked}: it reaches {low:.6g} to {high:.6g} S, and technology {technology.name} has levels from "
            f"{device.g_min_siemens:g} to {device.g_max_siemens:g} S; give another technology or set"
        )
    limit = device.read_limit_v
    if not model.separable:
        refuse_moving(asked, setup, technology)
        return model
    if np.allclose(model.shape(np.array([-limit, limit])), [-limit, limit], rtol=LINEAR_BELOW, atol=0.0):
        if technology.memristor_model is None and not model.moves:
            raise SetupError(
                f"memristor = {name!r} has no effect: its law is I = G V, which is the default; leave it out"
            )
        return None  # a state that moves matters in exports and for read disturb
    return model


def refuse_unreached(
    given: Mapping[Place, Floats], table: str, law_name: str, reach: tuple[float, float] | None
) -> None:
    """Raise `SetupError` where a table has a conductance that the model of the memristors cannot have.

    Parameters
    ----------
    given : (crossings,) siemens by stage, unit and side, as `table` has them
    reach : smallest and largest conductance of the model, siemens; None where no model was named
    """
    if reach is None:
        return
    low, high = reach[0] * (1 - ROUNDING), reach[1] * (1 + ROUNDING)
    for (stage, _unit, side), siemens in given.items():
        wrong = siemens[(siemens < low) | (siemens > high)]
        if len(wrong):
            raise SetupError(
                f"{table}: block {stage} has a {side} device of {wrong[0]:.6g} S, and {law_name} reaches "
                f"{reach[0]:.6g} to {reach[1]:.6g} S; give another table or another memristor"
            )


def law_figures(devices: ChipDevices, name: str | None) -> dict[str, Any]:
    """Return what JSON says of the law of memristors: nothing where it is I = G V by default.

    Of a law whose shape moves with the state it has how many products the numeric engine computes it with, on rows of
    both signs and on rectified rows, and how far these are from it, as shares of the largest current of a read.
    """
    named: dict[str, Any] = {} if name is None else {"memristor": name}
    if devices.moving is None:
        return named
    found = {kind: devices.moving.expansion(kind == "rectified") for kind in ("signed", "rectified")}
    products = {
        kind: {"terms": len(each.at_v), "error": each.error, "error_beyond_read_limit": each.error_beyond}
        for kind, each in found.items()
    }
    return {**named, "memristor_products": products}


def refuse_beyond(devices: ChipDevices, peaks_v: Mapping[str, float]) -> None:
    """Raise `SetupError` where rows carry more than the voltages at which a law whose shape moves is computed.

    Parameters
    ----------
    peaks_v : by net group, the largest magnitude, volts; that of the outputs, which no row reads, does not count
    """
    read = set(peaks_v) - {devices.deployment.plan.stages[-1].name}
    if devices.moving is None or not read:
        return
    most, net = devices.moving.most_read_v, max(read, key=lambda name: peaks_v[name])
    if peaks_v[net] > most * (1.0 + NEAR):
        raise SetupError(
            f"net/{net} reaches {peaks_v[net]:.3g} V, and memristors of {devices.moving.model.name} are computed up to "
            f"{most:.3g} V, {MOST_READ:g} times the read limit: give a technology with a higher read limit, or devices "
            "nearer to their targets"
        )


def computed_v(circuit: NumericCircuit, images_v: Floats) -> Floats:
    """Return the outputs of a chip by closed formulas, (images, outputs) volts; see `refuse_beyond`."""
    found = circuit.run(images_v)
    refuse_beyond(circuit.devices, found.peaks_v)
    return np.asarray(found.outputs_v)


def warn_beyond(circuit: NumericCircuit, images_v: Floats) -> None:
    """Warn of rows beyond the read limit, and of op-amps that saturate, by a `LimitWarning`.

    It points at the line that called the caller's caller.

    Parameters
    ----------
    images_v : (images, nets) inputs, volts
    """
    spread, limit_v = circuit.devices.spread, circuit.deployment.technology.memristor.read_limit_v
    if spread.read_noise:  # which is another at each read
        circuit = NumericCircuit(replace(circuit.devices, spread=replace(spread, read_noise=0.0)))
    clipped, most_v = sum(circuit.run(images_v).saturated.values()), float(np.abs(images_v).max())
    said = []
    if most_v > limit_v * (1.0 + NEAR):
        said.append(f"inputs put {most_v:.3g} V on rows, beyond the read limit of {limit_v:.3g} V")
    if clipped:
        said.append(f"op-amps saturate and clip results (outputs: {clipped}, samples: {len(images_v)})")
    advice = "make the crossbar with inputs= as large as these, or give smaller ones"
    if most_v <= limit_v * (1.0 + NEAR) and not spread.ideal:
        advice = "give smaller inputs, or devices and offsets nearer to their targets"
    if said:
        warnings.warn(f"{', and '.join(said)}: {advice}", LimitWarning, stacklevel=4)


def refuse_moving(asked: str, setup: Setup, technology: Technology) -> None:
    """Raise `SetupError` for what is not computed with a law whose shape moves with the state."""
    offset = technology.opamp.offset_v or setup.devices.offset_v
    chosen = {"wires": setup.wires, "offset_v": offset}
    for name, given in chosen.items():
        if given:
            raise SetupError(
                f"{asked} and {name}: give one of them; {name} is computed for laws I = G f(V), and the shape of this "
                "one moves with its state"
            )


def refuse_moving_transient(analysis: str, devices: ChipDevices, law_name: str) -> None:
    """Raise `SetupError` for a transient analysis with a law whose shape moves with the state."""
    if analysis == "transient" and devices.moving is not None:
        raise SetupError(
            f"analysis transient and {law_name}: give one of them; transients are computed with laws I = G f(V), and "
            "the shape of this one moves with its state; use analysis dc, or counts only in a comparison"
        )


def compensated_law(setup: Setup, model: MemristorModel | None) -> MemristorModel | None:
    """Return the law that levels are compensated for; None where they are not.

    Raises
    ------
    SetupError
        compensation is asked for, and memristors are linear
    """
    if setup.compensated and model is None:
        raise SetupError(
            "compensated = True has no effect where I = G V: leave it out, or add --memristor (memristor='sinh')"
        )
    return model if setup.compensated else None


def compensation_figures(deployment: Deployment) -> dict[str, Any]:
    """Return what JSON says of levels that are compensated for a law: nothing where they are not."""
    slopes = deployment.slopes.values()
    return {"compensated": True, "mean_slopes": [min(slopes), max(slopes)]} if slopes else {}


def compensation_note(deployment: Deployment) -> tuple[str, ...]:
    """Return what a reader must know of levels that are compensated for a law: nothing where they are not."""
    if not deployment.slopes:
        return ()
    low, high = min(deployment.slopes.values()), max(deployment.slopes.values())
    return (f"levels are compensated for rows that carry {low:g} to {high:g} times the current of I = G V",)


def deck_circuit(devices: ChipDevices, memristor: str | None) -> Circuit:
    """Return the circuit that simulation decks are made of.

    A source of f(V) at each row stands for a law I = G f(V), as long as all devices of a row are between its driver and
    0 V. With offsets or wires they are not, and each is a device by itself, which costs a simulator some ten times as
    much.
    """
    if memristor is None or not (devices.any_offset or devices.wiring):
        return build_circuit(devices.deployment, devices)
    return devices_circuit(devices, memristor, switches=False)


def devices_circuit(devices: ChipDevices, memristor: str, *, switches: bool) -> Circuit:
    """Return the circuit with a device of the model at each crosspoint; `switches` as in `at_crosspoints`."""
    if devices.moving:
        return build_circuit(devices.deployment, devices)
    linear = build_circuit(devices.deployment, replace(devices, memristor=None))
    return at_crosspoints(linear, memristor, switches=switches)
