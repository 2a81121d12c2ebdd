# SPDX-License-Identifier: GPL-3.0-or-later
"""What a memristor model of one's own is made of, and the two registries that it goes into.

`MODELS` has all models by name; `TEMPLATES`, empty at first, takes the text of one's own as expressions of SPICE, by
the name `memristors/NAME.j2`. Other kinds of additions are made of what stands inside the packages; CONTRIBUTING.md
lists them.

Examples
--------
>>> sorted(MODELS)[:3]
['cubic', 'jart-vcm-v1b', 'linear']
>>> "memristors/mine.j2" in TEMPLATES
False
"""

from memnet.devices.memristors import MODELS, MemristorModel, ParameterSet, Pulses, Sine, State, edge, parameter
from memnet.flow import run_memristor
from memnet.netlist import TEMPLATES

__all__ = [
    "MODELS",
    "TEMPLATES",
    "MemristorModel",
    "ParameterSet",
    "Pulses",
    "Sine",
    "State",
    "edge",
    "parameter",
    "run_memristor",
]
