# SPDX-License-Identifier: GPL-3.0-or-later
"""Single nets and stages of a chip for scripts: waveforms, netlist text, a `Circuit` of PySpice."""

import warnings
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest
from needed import needs
from small_results import SMALL

from memnet import Crossbar, compare, crossbar, estimate, sweep
from memnet.errors import DataError, SetupError
from memnet.flow.chip import Chip
from memnet.netlist import Deck
from memnet.numeric import NumericCircuit
from memnet.simulation.engines import find_engine

NODE = "cell0/node2"
PLACE = "c0y1x2"


@cache
def chip():
    return Chip.of(SMALL, channels=1)


@cache
def waves():
    nets = ["stem/rectified", "stem/plus", f"net/stem/middle_{PLACE}", "input"]  # messages write net/ before a name
    return chip().waveforms(nets, images=(2, 1), stop_s=2e-6, workers=1)


def test_waveforms_go_from_one_dc_solution_to_the_other():
    needs("ngspice")
    images_v = chip().input_volts(chip().dataset.test_images[[2, 1]])
    rest = NumericCircuit(chip().devices).run(images_v, keep=["stem/rectified"]).volts["stem/rectified"]
    found = waves()
    assert found["input"][[0, -1]] == pytest.approx(images_v, abs=1e-9)
    assert np.ptp(rest, axis=0).max() > 0.01
    assert found["stem/rectified"][[0, -1]] == pytest.approx(rest, abs=2e-5)
    assert found["net/stem/rectified"].shape == (len(found.time_s), rest.shape[1])


def test_nets_inside_blocks_obey_their_amplifiers():
    """A virtual ground is off by the output over the gain: v(plus) = -v(middle) / gain at rest."""
    needs("ngspice")
    gain, at = chip().technology.opamp.gain, waves().names.index(f"stem/plus_{PLACE}")
    middle = waves()[f"stem/middle_{PLACE}"][[0, -1]]
    assert np.abs(middle).min() > 1e-4
    assert waves().volts[[0, -1], at] == pytest.approx(-middle / gain, rel=1e-2, abs=1e-9)


def test_a_table_has_a_column_a_net():
    needs("ngspice")
    table = waves().to_pandas()
    assert table.index.name == "time_s"
    assert list(table.columns) == list(waves().names)
    assert table["stem/rectified_c0y0x3"].to_numpy() == pytest.approx(waves()["stem/rectified_c0y0x3"])


@pytest.mark.parametrize(
    ("nets", "options", "error", "says"),
    [
        (["cell0/node9"], {}, SetupError, "cell0/node9: no net"),
        (["classifier_c10"], {}, SetupError, "its nets are classifier_c0 to classifier_c9"),
        ("classifier", {}, SetupError, "give a list"),
        (["classifier"], {"images": (0, 10**6)}, DataError, "images"),
        (["classifier"], {"stop_s": -1.0}, SetupError, "stop_s"),
    ],
)
def test_what_is_not_there_is_refused(nets, options, error, says):
    needs("ngspice")
    with pytest.raises(error, match=says):
        chip().waveforms(nets, **options)


def bench():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bench = chip().pyspice_circuit("classifier")
    for row in range(16):
        bench.V(row, f"in0_c{row}", bench.gnd, 0.01 * row)
    return bench


def test_the_text_of_a_stage_computes_what_the_stage_does():
    needs("ngspice")
    circuit, read = chip().circuit, chip().deployment.scales["global_pool"]
    text = str(bench()) + ".op\n.end\n"
    deck = Deck(name="bench", text=text, vectors=tuple(f"v(out_c{at})" for at in range(10)), points=1)
    found = find_engine("ngspice").run(deck).values[0]
    kernel, bias = (each["classifier"] for each in (chip().parameters.kernels, chip().parameters.biases))
    expected = kernel.reshape(10, 16) @ (0.01 * np.arange(16) / read) + bias
    assert found == pytest.approx(expected * circuit.output_scale_v, rel=1e-3, abs=1e-6)


def test_text_of_a_stage_that_is_not_there_is_refused():
    with pytest.raises(SetupError, match="clasifier: no stage"):
        chip().netlist_text("clasifier")


@pytest.mark.parametrize("dialect", ["ngspice", "xyce", "spectre"])
def test_text_of_a_stage_is_its_subcircuit_alone(dialect):
    text = chip().netlist_text(NODE, dialect=dialect)
    assert "subckt cell0_node2" in text
    assert "subckt network" not in text
    assert "include" not in text


def test_notebooks_show_a_table_of_rows():
    compared = compare([SMALL], on=["shared"], counts_only=True, channels=1)
    swept = sweep(SMALL, {"bits": [2, 8]}, channels=1, images=2)
    disturbed = chip().change(memristor="yakopcic:aguirre").disturb(inferences=1.0, images=2)
    for shown, caption, rows in (
        (compared, f"Comparison at C=1, L=3, {chip().dataset.name}, hfox-130nm:", compared.rows()),
        (swept, "Sweep over bits", swept.rows),
        (disturbed, repr(disturbed).splitlines()[0], disturbed.rows()),
    ):
        table = ElementTree.fromstring(shown._repr_html_())
        assert table.findtext("caption/b") == caption
        assert [cell.text for cell in table.iter("th")] == list(rows[0])
        assert len(list(table.iter("tr"))) == 1 + len(rows) > 1
        assert len(list(table.iter("td"))) == sum(map(len, rows))


def test_notebooks_show_a_table_of_what_repr_says(dc_result):
    for shown in (chip(), dc_result, chip().evaluate(images=2), estimate(SMALL, images=2), crossbar([[1.0, -0.5]])):
        table = ElementTree.fromstring(shown._repr_html_())
        first, *others = repr(shown).splitlines()
        assert table.findtext("caption/b") == first
        assert [cell.text for cell in table.iter("td")] == [line.strip() for line in others]
        assert others or isinstance(shown, Crossbar)
