# SPDX-License-Identifier: GPL-3.0-or-later
"""What a law of memristors changes at the class outputs, as commands, JSON and the report say it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from needed import needs

from memnet.commands.evaluate import show
from memnet.commands.figures import figures_table
from memnet.devices import DeviceSpread, memristor_model
from memnet.flow import Chip
from memnet.measurement import law_shift
from memnet.numeric import NumericCircuit
from memnet.report import report_html


@pytest.fixture(scope="module")
def chip(small_genotype, small_digits):
    return Chip.of(small_genotype, channels=1, dataset=small_digits, memristor="sinh")


def test_it_is_the_change_of_class_outputs_whatever_devices_vary(chip):
    volts = chip.input_volts(chip.dataset.test_images[:5])
    shift = law_shift(chip.devices, volts)
    linear = NumericCircuit(replace(chip.devices, memristor=None)).run(volts).outputs_v
    error = np.abs(NumericCircuit(chip.devices).run(volts).outputs_v - linear).max() / np.abs(linear).max()
    assert shift == pytest.approx(error, rel=1e-12) and shift > 1e-3
    varied = replace(chip.devices, spread=DeviceSpread(variation=0.2, read_noise=0.05))
    assert law_shift(varied, volts) == shift
    assert law_shift(replace(chip.devices, memristor=memristor_model("cubic")), volts) != pytest.approx(shift, rel=0.1)
    assert law_shift(chip.devices, volts[:0]) is None
    assert law_shift(replace(chip.devices, memristor=None), volts) is None


def test_it_stands_beside_the_logit_error(chip, capsys):
    needs("ngspice")
    found, result = chip.evaluate(images=5), chip.simulate(images=5, workers=1)
    assert result.law_shift == pytest.approx(result.accuracy.logit_error, rel=0.05)  # nothing else is off
    assert result.law_shift == pytest.approx(found.law_shift, rel=1e-3)
    assert json.loads(result.to_json())["law_shift"] == result.law_shift
    assert json.loads(found.to_json())["law_shift"] == found.law_shift
    show(found)
    assert "law shift" in capsys.readouterr().out
    assert "shift by the law of memristors" in "".join(figures_table([result]).columns[0].cells)
    linear = replace(result, law_shift=None)
    assert report_html([result]).count("law shift") > report_html([linear]).count("law shift") == 0
    assert "law_shift" not in linear.figures()
    assert "shift" not in "".join(figures_table([linear]).columns[0].cells)
