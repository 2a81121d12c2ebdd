# SPDX-License-Identifier: GPL-3.0-or-later
"""Every two options of a chip together: refused in a sentence, or the circuit gives what the numeric engine does."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from needed import needs

from memnet.devices import DeviceSpread
from memnet.errors import MemnetError, SetupError
from memnet.flow.chip import Chip

NEAR = 1e-4  # of full scale
WIRED = {"wires": True, "wire_ohm": 20.0}
OPTIONS = {
    "sinh": {"memristor": "sinh"},
    "yakopcic": {"memristor": "yakopcic:aguirre"},
    "jart": {"technology": "jart-130nm"},
    "sky130": {"technology": "sky130-reram"},
    "compensated": {"compensated": True},
    "1T1R": {"cell": "1T1R"},
    "1S1R": {"cell": "1S1R"},
    "0T1R": {"cell": "0T1R"},
    "variation": {"variation": 0.1},
    "stuck": {"stuck": 0.01},
    "offset": {"offset_v": 1e-3},
    "patches": {"array": "32x32", "patches": True},
    "wires": WIRED | {"array": "16x16"},
    "capacitance": WIRED | {"wire_farad": 1e-15},
    "feedback": WIRED | {"remedies": "feedback"},
    "conductances": WIRED | {"remedies": "conductances"},
    "both-ends": WIRED | {"remedies": "both-ends"},
    "strapped": WIRED | {"remedies": "strapped"},
    "driver wires": WIRED | {"driver_wires": True, "driver_ohm": 100.0},
    "bias rail": {"bias_rail_ohm": 10.0},
    "supply rail": {"supply_rail_ohm": 1.0},
    "shared": {"on": "shared"},
    "slotted": {"on": "slotted"},
    "duplicated": {"on": "duplicated"},
    "flat": {"flat": True},
    "ideal": {"ideal": True},
    "one bit": {"bits": 1},
}
SPREAD = ("variation", "stuck", "offset_v")
# Three at once where two do not show how they meet.
TRIPLES = [("sinh", "wires", "offset"), ("sinh", "compensated", "driver wires"), ("feedback", "strapped", "variation")]
QUICK = [("offset", "wires"), ("offset", "driver wires"), ("1T1R", "strapped"), ("0T1R", "one bit")]


def together(names):
    """Return the settings of some options; None where they give one setting two values that exclude each other."""
    found = {}
    for name in names:
        for setting, value in OPTIONS[name].items():
            if setting == "remedies" and setting in found:
                found[setting] += f",{value}"
            elif found.setdefault(setting, value) != value:
                return None
    return found


def check(names, genotype, digits):
    """Hold the circuit against the numeric engine, unless the options are refused."""
    settings = together(names)
    flat = settings.pop("flat", False)
    spread = DeviceSpread(**{name: settings.pop(name) for name in SPREAD if name in settings})
    try:
        chip = Chip.of(genotype, channels=1, dataset=digits, devices=spread, **settings)
        solved = chip.simulate(images=2, workers=1, flat=flat).outputs_v
    except MemnetError as error:
        assert "\n" not in str(error)
        return
    scale = chip.deployment.scales[chip.deployment.plan.stages[-1].name]
    found = chip.evaluate(images=2, workers=1).samples[0].logits * scale
    assert np.abs(found - solved).max() <= NEAR * np.abs(solved).max()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("names", QUICK, ids=" + ".join)
def test_options_together_are_refused_or_right(names, small_genotype, small_digits):
    needs("ngspice")
    check(names, small_genotype, small_digits)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "names", [pair for pair in combinations(OPTIONS, 2) if together(pair) is not None] + TRIPLES, ids=" + ".join
)
def test_all_pairs_of_options_are_refused_or_right(names, small_genotype, small_digits):
    needs("ngspice")
    check(names, small_genotype, small_digits)


def test_maps_that_do_not_fit_into_memory_are_refused_with_their_size(small_genotype, small_digits, monkeypatch):
    settings, spread = OPTIONS["sinh"] | OPTIONS["wires"], DeviceSpread(variation=0.1)
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, devices=spread, **settings)
    monkeypatch.setattr("memnet.flow.run_evaluation.available_bytes", lambda: 1e4)
    with pytest.raises(SetupError, match=r"maps of [\d,]+ tiles take \S+ GB, and 1e-05 GB are free"):
        chip.evaluate(images=2)
    chip.change(devices=DeviceSpread()).evaluate(images=2)
