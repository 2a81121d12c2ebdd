# SPDX-License-Identifier: GPL-3.0-or-later
"""What every memristor model is: a state, the current at a voltage and a state, and how fast the state moves.

A model is a frozen dataclass whose fields are its parameters (see `parameters`). Its law is here in NumPy and a second
time as expressions of netlists, in `templates/memristors/TEMPLATE.j2`; tests and `memnet memristor` hold one against
the other. All devices of a bank follow the same model; the differences between devices are in `devices.spread`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import ClassVar, Self

import numpy as np

from memnet.devices.memristors.parameters import ParameterSet, Values, refuse_foreign, refuse_impossible
from memnet.devices.memristors.states import State
from memnet.errors import SetupError, choices
from memnet.units import Floats

ROUNDING = 1e-7  # relative, of single precision: a conductance this little out of range is in it


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

    Examples
    --------
    >>> import numpy as np
    >>> model = MODELS["vteam"].of()
    >>> model.name, model.state.symbol, model.moves
    ('vteam', 'x', True)
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

        Examples
        --------
        >>> sorted(MODELS["vteam"].sets)
        ['default', 'pt-hf-ti']
        >>> MODELS["sinh"].of().v0_v
        0.4
        """
        chosen = next(iter(cls.sets)) if name is None else name
        if chosen not in cls.sets:
            raise SetupError(f"memristor model {cls.name} has no set {name!r}: {choices(chosen, cls.sets)}")
        return cls.given(cls.sets[chosen].values, f"{cls.name}:{chosen}")

    @classmethod
    def given(cls, values: Values, where: str) -> Self:
        """Return the model with these parameters, numbers in their units or names.

        Raises
        ------
        SetupError
            one is unknown, missing or impossible; the message begins with `where` or with the model's name

        Examples
        --------
        >>> MODELS["sinh"].given({"v0_v": 0.5}, "mine").v0_v
        0.5
        """
        refuse_foreign(cls, values, where)
        return cls(**values)

    @property
    def subcircuit(self) -> str:
        """Return the name of its subcircuit in netlists; its pins are `p` and `n`.

        >>> model.subcircuit
        'memristor_vteam'
        """
        return f"memristor_{self.expressions()}"

    @classmethod
    def expressions(cls) -> str:
        """Return the name of the file with its expressions, without folder and suffix.

        >>> model.expressions()
        'vteam'
        """
        return cls.name.replace("-", "_")

    def contradiction(self) -> str:
        """Return what is impossible about the parameters together; '' if nothing is.

        >>> model.contradiction()
        ''
        """
        return ""

    def constants(self) -> Mapping[str, float | str]:
        """Return what expressions in netlists have: parameters, in their units, and what follows from them.

        >>> sorted(model.constants())[:3]
        ['a_off', 'a_on', 'k_off_m_per_s']
        """
        return {each.name: getattr(self, each.name) for each in fields(self)} | self.derived()  # type: ignore[arg-type]

    def derived(self) -> dict[str, float]:
        """Return constants that follow from the parameters, by name, in SI units.

        >>> sorted(model.derived())
        ['log_ratio', 'off_per_s', 'on_per_s', 'span_ohm']
        """
        return {}

    # --- the law ---

    def current(self, volts: Floats, state: Floats) -> Floats:
        """Return the currents from p to n, amperes; `volts` and `state` are arrays that broadcast.

        >>> model.current(np.array([0.0, 0.1]), np.array([0.0, 0.0])).shape
        (2,)
        """
        raise NotImplementedError

    def rate(self, volts: Floats, state: Floats) -> Floats:
        """Return how fast states move, units of the state a second; arrays that broadcast.

        >>> model.rate(np.array([0.0, 0.1]), np.array([0.0, 0.0])).shape
        (2,)
        """
        return np.zeros(np.broadcast(volts, state).shape)

    def conductance(self, state: Floats) -> Floats:
        """Return dI/dV at 0 V, from the side of positive voltages, siemens in the shape of `state`.

        >>> float(model.conductance(np.array(0.0)))
        0.02
        """
        raise NotImplementedError

    def state_of(self, siemens: Floats) -> Floats:
        """Return the states, in the shape of `siemens`, that have these conductances; may lie outside `limits`.

        >>> state = model.state_of(np.array([1e-3, 2e-3]))
        >>> model.conductance(state)
        array([0.001, 0.002])
        """
        raise NotImplementedError

    def limits(self) -> tuple[float, float]:
        """Return the smallest and the largest state, in the units of `state`.

        >>> model.limits()
        (0.0, 1.0)
        """
        raise NotImplementedError

    def shape(self, volts: Floats) -> Floats:
        """Return f of I = G f(V), volts in the shape of `volts`; only where the law is `separable`.

        >>> MODELS["sinh"].of().shape(np.array([0.0, 0.1])).round(3)
        array([0.   , 0.101])
        """
        state = np.asarray(self.state_of(np.asarray(1e-6)))
        return np.asarray(self.current(volts, state) / 1e-6)

    def scaled_to(self, siemens: float) -> Self:
        """Return the model whose largest conductance is `siemens`, where parameters can say that; else itself.

        `fit` uses it: a curve determines the conductance of its state, not the largest that a device can have.

        >>> model.scaled_to(1e-2).conductances()[1]
        0.02
        """
        return self

    # --- what follows from it ---

    def conductances(self) -> tuple[float, float]:
        """Return the smallest and the largest conductance, siemens.

        >>> model.conductances()
        (0.001, 0.02)
        """
        ends = [float(self.conductance(np.asarray(end))) for end in self.limits()]
        return min(ends), max(ends)

    def programmed(self, siemens: Floats) -> Floats:
        """Return the states of devices that are programmed to some conductances, siemens, of any shape.

        Raises
        ------
        SetupError
            a conductance is out of reach

        Examples
        --------
        >>> model.programmed(np.array([1e-3, 2e-3])).shape
        (2,)
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
        """Return a state, in units of `state`; SetupError if it lies outside the limits.

        >>> model.checked_state(model.limits()[0])
        0.0
        """
        low, high = self.limits()
        if not low <= state <= high:
            raise SetupError(
                f"memristor model {self.name}: state {self.state.symbol} = {state:g}: give {self.state.text} from "
                f"{low:g} to {high:g} {self.state.unit}".rstrip()
            )
        return float(state)

    def current_a(self, volts: Floats, siemens: Floats) -> Floats:
        """Return the currents through devices of some programmed conductances, amperes; arrays that broadcast.

        >>> model.current_a(np.array([0.1]), np.array([1e-3]))
        array([0.0001])
        """
        return self.current(volts, self.programmed(siemens))

    def heat_w(self, volts: Floats, siemens: Floats) -> float:
        """Return the total power that devices turn into heat, watts; `volts` and `siemens` are (devices,) each.

        >>> model.heat_w(np.array([0.1]), np.array([1e-3]))
        1e-05
        """
        return float(volts @ self.current_a(volts, siemens))

    def values(self, ohm: Floats) -> dict[str, Floats]:
        """Return the values for the variables of the template, each (devices,), states in the units of `state`.

        Parameters
        ----------
        ohm : (devices,) inverse of the programmed conductances

        Examples
        --------
        >>> sorted(model.values(np.array([1e3])))
        ['state']
        """
        return {"state": self.programmed(1.0 / ohm)}
