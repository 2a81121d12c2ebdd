# SPDX-License-Identifier: GPL-3.0-or-later
"""What every memristor model is: a state, the current at a voltage and a state, and how fast the state moves.

A model is a frozen dataclass whose fields are its parameters (see `parameters`). Its law is here in NumPy and a second
time as expressions of netlists, in `templates/memristors/TEMPLATE.j2`; tests and `memnet memristor` hold one against
the other. All devices of a bank follow the same model; the differences between devices are in `devices.spread`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from memnet.devices.memristors.parameters import ParameterSet, Values, refuse_foreign, refuse_impossible
from memnet.errors import SetupError, choices
from memnet.units import Floats

SAFE_EXPONENT = 20.0  # at most this is put into exp() where Newton's method may overshoot
EDGE = 0.005  # of the range of a state: within this of its end a state slows down
ROUNDING = 1e-7  # relative, of single precision: a conductance this little out of range is in it
BOLTZMANN_PER_CHARGE = 1.380649e-23 / 1.602176634e-19  # V/K


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What moves in a device: its symbol, its unit ('' for a share), and what it is in words.

    `parameter` is what an instance of the subcircuit is programmed with: the state at the beginning.
    """

    symbol: str
    unit: str
    text: str
    parameter: str


class MemristorModel:
    """The law of a memristor. Subclasses are frozen dataclasses; the methods below that raise are theirs to write.

    Attributes
    ----------
    name : what `MODELS` and `--memristor` call it
    title, law, source : its name in words, its equations in one line, and who published them
    state : what moves
    sets : published parameters by name, the default first
    separable : whether I = G f(V): devices of different conductance then have currents of one shape, `shape`
    moves : whether voltage moves the state; a law for reading alone has a fixed one, the conductance itself
    fitted : parameters that curves of current against voltage determine, in `devices.memristors.fit`
    template : of a device in a netlist: its variables are `id`, `row`, `column` and those of `values`, in simulation
        decks also `select`, the net that controls a switch in series with the device, or ""
    expressions : name of the file in `templates/memristors` with the law as expressions
    not_in : dialects that cannot express it, each with the reason
    """

    name: ClassVar[str]
    title: ClassVar[str]
    law: ClassVar[str]
    source: ClassVar[str]
    state: ClassVar[State]
    sets: ClassVar[Mapping[str, ParameterSet]]
    separable: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    fitted: ClassVar[tuple[str, ...]] = ()
    template: ClassVar[str] = "memristor_instance"
    not_in: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        """Raise `SetupError` for a parameter that is impossible, alone or beside the others."""
        refuse_impossible(self, self.name)
        reason = self.contradiction()
        if reason:
            raise SetupError(f"{self.name}: {reason}")

    @classmethod
    def of(cls, name: str | None = None) -> Self:
        """Return the model with a published set of parameters, by default the first.

        Raises
        ------
        SetupError
            there is no set of that name
        """
        chosen = next(iter(cls.sets)) if name is None else name
        if chosen not in cls.sets:
            raise SetupError(f"memristor model {cls.name} has no set {name!r}: {choices(chosen, cls.sets)}")
        return cls.given(cls.sets[chosen].values, f"{cls.name}:{chosen}")

    @classmethod
    def given(cls, values: Values, where: str) -> Self:
        """Return the model with these parameters.

        Raises
        ------
        SetupError
            one is unknown, missing or impossible; the message begins with `where` or with the model's name
        """
        refuse_foreign(cls, values, where)
        return cls(**values)

    @property
    def subcircuit(self) -> str:
        """Return the name of its subcircuit in netlists; its pins are `p` and `n`."""
        return f"memristor_{self.expressions()}"

    @classmethod
    def expressions(cls) -> str:
        """Return the name of the file with its expressions, without folder and suffix."""
        return cls.name.replace("-", "_")

    def contradiction(self) -> str:
        """Return what is impossible about the parameters together; '' if nothing is."""
        return ""

    def constants(self) -> Mapping[str, float | str]:
        """Return what its expressions in netlists are written with: the parameters, and what follows from them."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | self.derived()  # type: ignore[arg-type]

    def derived(self) -> dict[str, float]:
        """Return constants that follow from the parameters, by name."""
        return {}

    # --- the law ---

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return the currents from p to n, amperes; `volts` and `state` are arrays that broadcast."""
        raise NotImplementedError

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return how fast states move, units of the state a second; arrays that broadcast."""
        return np.zeros(np.broadcast(volts, state).shape)

    def conductance(self, state: Floats) -> Floats:
        """Return dI/dV at 0 V, from the side of positive voltages, siemens."""
        raise NotImplementedError

    def state_of(self, siemens: Floats) -> Floats:
        """Return the states that have these conductances, the inverse of `conductance`; may lie outside `limits`."""
        raise NotImplementedError

    def limits(self) -> tuple[float, float]:
        """Return the smallest and the largest state."""
        raise NotImplementedError

    def shape(self, volts: Floats) -> Floats:
        """Return f of I = G f(V), volts; only where the law is `separable`."""
        state = np.asarray(self.state_of(np.asarray(1e-6)))
        return np.asarray(self.current(volts, state) / 1e-6)

    def scaled_to(self, siemens: float) -> Self:
        """Return the model whose largest conductance is `siemens`, where parameters can say that; else itself.

        `fit` uses it: a curve determines the conductance of its state, not the largest that a device can have.
        """
        return self

    # --- what follows from it ---

    def conductances(self) -> tuple[float, float]:
        """Return the smallest and the largest conductance, siemens."""
        ends = [float(self.conductance(np.asarray(end))) for end in self.limits()]
        return min(ends), max(ends)

    def programmed(self, siemens: Floats) -> Floats:
        """Return the states of devices that are programmed to some conductances, siemens, of any shape.

        Raises
        ------
        SetupError
            a conductance is out of reach
        """
        low, high = self.conductances()
        wrong = ~((siemens >= low * (1 - ROUNDING)) & (siemens <= high * (1 + ROUNDING)))
        if np.any(wrong):
            raise SetupError(
                f"memristor model {self.name}: no state has a conductance of {np.asarray(siemens)[wrong].flat[0]:.6g} "
                f"S; it reaches {low:.6g} to {high:.6g} S"
            )
        return np.clip(self.state_of(np.asarray(siemens)), *self.limits())

    def checked_state(self, state: float) -> float:
        """Return a state; SetupError if it lies outside the limits."""
        low, high = self.limits()
        if not low <= state <= high:
            raise SetupError(
                f"memristor model {self.name}: state {self.state.symbol} = {state:g}: give {self.state.text} from "
                f"{low:g} to {high:g} {self.state.unit}".rstrip()
            )
        return float(state)

    def current_a(self, volts: Floats, siemens: Floats) -> Floats:
        """Return the currents through devices of some programmed conductances, amperes; arrays that broadcast."""
        return self.current(volts, self.programmed(siemens))

    def heat_w(self, volts: Floats, siemens: Floats) -> float:
        """Return the total power that devices turn into heat, watts; (devices,) each."""
        return float(volts @ self.current_a(volts, siemens))

    def values(self, ohm: Floats) -> dict[str, Floats]:
        """Return the values for the variables of the template, each (devices,).

        Parameters
        ----------
        ohm : (devices,) inverse of the programmed conductances
        """
        return {"state": self.programmed(1.0 / ohm)}


class ReadLaw(MemristorModel):
    """A law for reading alone: I = G f(V) with a conductance that no voltage moves, of any size."""

    state: ClassVar[State] = State(symbol="G", unit="S", text="a conductance", parameter="g")
    moves: ClassVar[bool] = False

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return G f(V), amperes."""
        return np.asarray(state * self.shape(volts))

    def shape(self, volts: Floats) -> Floats:
        """Return f(V), volts."""
        raise NotImplementedError

    def conductance(self, state: Floats) -> Floats:
        """Return the state, which is the conductance."""
        return state

    def state_of(self, siemens: Floats) -> Floats:
        """Return the conductances, which are the states."""
        return siemens

    def limits(self) -> tuple[float, float]:
        """Return 0 and infinity: such a law says nothing of a range."""
        return 0.0, np.inf


def scaled_sinh(volts: Floats, per_v: float) -> Floats:
    """Return sinh(b V) / b, volts, in one new array, since whole networks are read by it; b is `per_v`, 1/V."""
    found = np.asarray(volts * per_v)
    np.sinh(found, out=found)
    found /= per_v
    return found


def edge(distance: Any) -> Any:  # noqa: ANN401 - an array or a number
    """Return the factor that slows a state down near an end of its range: 1 - exp(-distance / EDGE).

    It is 0 at the end and negative beyond, so that a state that a simulator has put beyond it comes back. Published
    models cut the state off instead, which no solver of differential equations can follow.

    Parameters
    ----------
    distance : from that end, as a share of the range
    """
    return 1.0 - np.exp(np.minimum(-distance / EDGE, SAFE_EXPONENT))
