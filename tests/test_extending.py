# SPDX-License-Identifier: GPL-3.0-or-later
"""Additions from outside the package, each registered for one test: what is added in a few lines works everywhere.

Each toy is compared with figures that share no code with it, and so is an altered toy, which must fail that comparison.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from deployments import deployed, hypercell, primitive
from needed import needs
from small_results import SMALL

from memnet.circuit import Bank, Block, Circuit, Inverters, Memristors, NetGroup, Tally
from memnet.commands import main
from memnet.deployment import quantised_parameters
from memnet.deployment.hypernetwork import STRUCTURES, SharedBuilder, Structure
from memnet.devices import MODELS
from memnet.devices.memristors import ParameterSet, ReadLaw
from memnet.errors import DataError, GenotypeError, SetupError, SimulationError
from memnet.flow import Chip, Setup, estimate, simulate
from memnet.genotype import OPERATIONS, PRIMITIVES, Operation, cell_graph_svg, read_genotype
from memnet.netlist import DIALECTS, ELEMENTS, TEMPLATES, Deck, Element, Export, find_dialect, write_export
from memnet.netlist.dialects import DialectError
from memnet.netlist.elements import element_of
from memnet.netlist.reading import read_export
from memnet.network import Recipe, fold, forward
from memnet.network.datasets import DATA_SOURCES, Dataset, DataSource, load_dataset
from memnet.simulation import column_partition, excerpt, sweep_images
from memnet.simulation.engines import ENGINES, BatchEngine, deck_dialect, find_engine, refuse_foreign
from memnet.simulation.engines.discover import environment, find_ngspice
from memnet.technology import load_technology
from memnet.testing import assert_matches_reference

MOST = 0.01  # of the largest logit: what circuits may deviate from a reference with the same conductances


@pytest.fixture
def register(monkeypatch):
    """Return a function that adds an entry to a registry, or replaces one, until the test ends."""
    return monkeypatch.setitem


def circuit_logits(case):
    """Return what the circuit of a deployed network makes of its images, in units of logits, (images, classes)."""
    needs("engine")
    volts = case.images.reshape(len(case.images), -1) * case.circuit.input_scale_v
    found = sweep_images(case.circuit, volts, find_engine(None)).volts[case.circuit.output]
    return found / case.circuit.output_scale_v


def deviation(found, expected):
    """Return the largest difference as a share of the largest expected value."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


# --- an operation: the separable convolution of 7x7 taps in NASNet (Zoph et al. 2018) ---

SEVEN = Operation(name="sep_conv_7x7", family="separable", kernel=7, fill="#8fb4f5", outline="#163f8a")
WITH_SEVEN = SMALL.replace("sep_conv_3x3", "sep_conv_7x7")


def plain_logits(images, kernels, biases):
    """Return the logits of a stem, one separable convolution and a classifier, written out in NumPy."""

    def depthwise(values, kernel):
        reach = kernel.shape[-1] // 2
        padded = np.pad(values, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[2:], axis=(2, 3))
        return np.einsum("nchwij,cij->nchw", windows, kernel[:, 0])

    def pointwise(values, kernel, bias):
        return np.einsum("oc,nchw->nohw", kernel[:, :, 0, 0], values) + bias[:, None, None]

    edge = "node2/edge0-sep_conv_7x7"
    values = pointwise(images, kernels["stem"], biases["stem"])
    for half, sums in (("1", f"{edge}/pw1"), ("2", "node2")):
        values = depthwise(np.maximum(values, 0.0), kernels[f"{edge}/dw{half}"])
        values = pointwise(values, kernels[f"{edge}/pw{half}"], biases[sums])
    return values.mean(axis=(2, 3)) @ kernels["classifier"].T + biases["classifier"]


@pytest.mark.parametrize(("altered", "agrees"), [({}, True), ({"dilation": 2}, False)])
def test_an_operation(altered, agrees, register):
    """Altered, the taps of its window stand two pixels apart."""
    register(OPERATIONS, SEVEN.name, replace(SEVEN, **altered))
    case = deployed(primitive(SEVEN.name, side=5))
    parameters = quantised_parameters(case.network, case.placement)
    assert parameters.kernels["node2/edge0-sep_conv_7x7/dw1"].shape == (2, 1, 7, 7)
    expected = plain_logits(case.images, parameters.kernels, parameters.biases)
    assert (deviation(circuit_logits(case), expected) < MOST) is agrees


def test_an_operation_in_a_genotype(register, small_digits):
    with pytest.raises(GenotypeError, match="edge0-sep_conv_7x7: unknown operation"):
        read_genotype(WITH_SEVEN)
    register(OPERATIONS, SEVEN.name, SEVEN)
    needs("engine")
    assert simulate(WITH_SEVEN, channels=1, dataset=small_digits, images=1).accuracy.logit_error < MOST
    picture = cell_graph_svg(read_genotype(WITH_SEVEN))
    assert picture.count(f'fill="{SEVEN.fill}"') == 1 and ">sep_conv_7x7<" in picture
    with pytest.raises(GenotypeError, match="node2/edge0-sep_conv_7x7: `shared` has no circuit"):
        simulate(WITH_SEVEN, channels=1, dataset=small_digits, images=1, on="shared")
    assert len(PRIMITIVES) == 8


@pytest.mark.parametrize(("kernel", "agrees"), [(5, True), (3, False)])
def test_a_pool_of_another_size(kernel, agrees, register):
    """Altered, its window is smaller."""
    register(OPERATIONS, "max_pool_5x5", Operation(name="max_pool_5x5", family="max_pool", kernel=kernel))
    case = deployed(primitive("max_pool_5x5", side=5))
    parameters = quantised_parameters(case.network, case.placement)
    stem = np.einsum("oc,nchw->nohw", parameters.kernels["stem"][:, :, 0, 0], case.images)
    padded = np.pad(stem, ((0, 0), (0, 0), (2, 2), (2, 2)), constant_values=-np.inf)
    largest = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(2, 3)).max(axis=(4, 5))
    pooled = largest.mean(axis=(2, 3)) + parameters.biases["stem"]
    expected = pooled @ parameters.kernels["classifier"].T + parameters.biases["classifier"]
    assert (deviation(circuit_logits(case), expected) < MOST) is agrees


# --- structures: `shared` whose max pools have followers of their own; and one for separable convolutions alone ---

SINGLE = replace(
    STRUCTURES["shared"],
    name="single",
    rule="any operation on each of the 14 edges; pools have followers",
    builder=partial(SharedBuilder, lends=False),
)
SEPARABLE = Structure(
    name="separable",
    rule="a separable convolution or none on each of the 14 edges",
    builder=partial(SharedBuilder, lends=False),
    carries=lambda operation: operation.family == "separable",
)


class Turned(SharedBuilder):
    """Altered: the windows of its depthwise rows are upside down."""

    def _depthwise(self, *args, **options):
        terms = super()._depthwise(*args, **options)
        return [replace(each, window=replace(each.window, offsets=each.window.offsets[::-1])) for each in terms]


@pytest.mark.parametrize(
    ("builder", "agrees"), [(SINGLE.builder, True), (partial(Turned, lends=False), False)], ids=["toy", "altered"]
)
def test_a_structure(builder, agrees, register):
    """The cell has every operation once, and stands as a hypercell."""
    register(STRUCTURES, "single", replace(SINGLE, builder=builder))
    case = deployed(hypercell(), structure="single")
    assert (deviation(circuit_logits(case), case.logits) < MOST) is agrees


@pytest.mark.parametrize(("lends", "agrees"), [(False, True), (True, False)])
def test_a_structure_is_compared_and_counted(lends, agrees, register, tmp_path, capsys):
    """`single` has a follower more than `shared` for each output of a max pool, altered none."""
    register(STRUCTURES, "single", replace(SINGLE, builder=partial(SharedBuilder, lends=lends)))
    register(STRUCTURES, "separable", SEPARABLE)
    call = ["compare", "PDARTS", "--on", "shared,single", "--channels", "1", "--counts-only"]
    assert main([*call, "--json", str(tmp_path / "c.json")]) == 0
    (compared,) = json.loads((tmp_path / "c.json").read_text())["comparisons"]
    shared, single = (chip["counts"]["opamps"] for chip in compared["hypernetworks"])
    # Five states are pooled in each cell: to one channel of 8x8 pixels, in reduction cells to two of 4x4, four of 2x2.
    assert (single - shared == 5 * (1 * 8 * 8 + 2 * 4 * 4 + 4 * 2 * 2)) is agrees
    assert main(["genotypes", "--json", str(tmp_path / "g.json")]) == 0
    held = {each["structure"]: each for each in json.loads((tmp_path / "g.json").read_text())["structures"]}
    assert (held["single"]["architectures"], held["separable"]["architectures"]) == (8**28, 3**28)
    assert SEPARABLE.rule in " ".join(capsys.readouterr().out.split())
    assert main([*call[:3], "separable", *call[4:]]) == 2
    assert (
        "`separable` has no circuit that can carry skip_connect; deploy it individually, or on"
        in capsys.readouterr().err
    )


# --- a data set: coloured bars of 12x12 pixels, upright, lying, and both diagonals ---


def bars(data_dir=None, *, turned=False):
    """Return bars in noise; altered, those of the test images are turned by a quarter."""
    random = np.random.RandomState(5)
    y, x = np.mgrid[:12, :12] - 5.5
    shapes = np.stack([abs(x) < 1.5, abs(y) < 1.5, abs(x - y) < 1.5, abs(x + y) < 1.5]).astype(float)
    labels = np.arange(80) % 4
    images = shapes[labels][:, None] * random.uniform(0.5, 1.0, (80, 3, 1, 1)) + random.normal(0, 0.1, (80, 3, 12, 12))
    tests = np.rot90(images[60:], axes=(2, 3)) if turned else images[60:]
    return Dataset(
        name="bars",
        train_images=images[:60],
        train_labels=labels[:60],
        test_images=tests,
        test_labels=labels[60:],
        classes=("upright", "lying", "falling", "rising"),
    )


BARS = DataSource(
    name="bars",
    image_shape=(3, 12, 12),
    classes=4,
    channels=1,
    layers=3,
    recipe=Recipe(epochs=2, batch_size=10, flip=False),
    load=bars,
)


@pytest.mark.parametrize(("turned", "agrees"), [(False, True), (True, False)])
def test_a_data_set(turned, agrees, register):
    register(DATA_SOURCES, "bars", replace(BARS, load=partial(bars, turned=turned)))
    chip = Chip.of(SMALL, dataset="bars", channels=1)
    shown = bars()
    expected = forward(chip.network, fold(chip.network, chip.weights.tensors), shown.test_images).logits
    found = chip.evaluate()
    assert (deviation(found.float_logits, expected) < 1e-12) is agrees
    assert (deviation(found.samples[0].logits, expected) < 0.1) is agrees  # levels deviate from float weights
    assert found.labels.tolist() == shown.test_labels.tolist()
    assert found.chip.title.endswith("C=1, L=3, bars")


def test_a_data_set_is_estimated_and_refused_by_name(register):
    setup = Setup(SMALL, dataset="bars", channels=1)
    with pytest.raises(DataError, match="unknown data set 'bars'"):
        estimate(setup)
    register(DATA_SOURCES, "bars", BARS)
    assert estimate(setup).memristors == pytest.approx(Chip(setup).counts.memristors, rel=0.04)  # bias rows
    register(DATA_SOURCES, "bars", replace(BARS, classes=5))
    with pytest.raises(DataError, match=r"bars: loaded as 'bars' with images of \(3, 12, 12\) in 4 classes, but"):
        load_dataset("bars")


def test_a_data_set_says_whether_it_reads_a_folder(register, tmp_path):
    register(DATA_SOURCES, "bars", BARS)
    assert Setup(SMALL, dataset="bars", data=tmp_path).data == tmp_path
    register(DATA_SOURCES, "bars", replace(BARS, reads_files=False))
    with pytest.raises(SetupError, match="data = 'x' has no effect on the data set bars, which needs no files"):
        Chip.of(SMALL, dataset="bars", data="x")


# --- a memristor model: I = G (V + k V^3), as a behavioural source in SPICE ---


@dataclass(frozen=True)
class Cubic(ReadLaw):
    """A device whose current grows faster than its voltage."""

    name = template = "toy_cubic"
    sets: ClassVar = {"default": ParameterSet(values={}, source="a toy", licence="none", start=1e-5)}
    per_v2: ClassVar = 20.0

    def shape(self, volts):
        return volts + self.per_v2 * volts**3

    def values(self, ohm):
        return {"siemens": 1.0 / ohm}


ACROSS = "v({{ row }},{{ column }})"
CUBIC = f"bm{{{{ id }}}} {{{{ row }}}} {{{{ column }}}} i={{{{ siemens }}}}*{ACROSS}*(1+20*{ACROSS}^2)\n"
SIEMENS, FEEDBACK = np.array([1e-6, 3.3e-5, 1e-4]), 1e4
VOLTS = np.array([[0.2, -0.1, 0.05], [-0.2, 0.15, -0.05]])  # (images, rows)


@pytest.fixture
def cubic(register):
    register(MODELS, "toy_cubic", Cubic)
    register(TEMPLATES, "spice/toy_cubic.sp.j2", CUBIC)


def toy_circuit(groups, *, banks):
    """Return a circuit of one block with three inputs, nets 2 to 4; `groups` are sizes by name, the last the output."""
    *inner, output = groups
    sizes = {"bias": 1, "input": 3, **groups}
    firsts = np.cumsum([1, *sizes.values()]).tolist()
    names = {"name": output, "partition": output, "outputs": (output,), "internal": tuple(inner)}
    block = Block(kind="toy", inputs=("input",), banks=banks, **names)
    return Circuit(
        groups={name: NetGroup(name=name, first=firsts[at], shape=(sizes[name],)) for at, name in enumerate(sizes)},
        blocks=(block,),
        technology=load_technology().ideal(),
        bias_v=0.1,
        input_scale_v=1.0,
        output=output,
        output_scale_v=1.0,
        nets=firsts[-1] - 1,
    )


def cubic_column():
    """Return a column of three cubic memristors, read by an amplifier that is nearly ideal."""
    total, out = np.array([5]), np.array([6])
    memristors = Memristors(row=np.array([2, 3, 4]), column=total.repeat(3), siemens=SIEMENS, model="toy_cubic")
    amplifier = Inverters(sum=total, out=out, feedback=np.array([FEEDBACK]))
    return toy_circuit({"out/sum": 1, "out": 1}, banks=(memristors, amplifier))


def check_cubic_column(folder):
    """Hold a simulated deck and an export against Kirchhoff's law at the virtual ground."""
    needs("ngspice")
    circuit, engine = cubic_column(), find_engine("ngspice")
    expected = -FEEDBACK * sum(SIEMENS[row] * (VOLTS[:, row] + 20.0 * VOLTS[:, row] ** 3) for row in range(3))
    swept = sweep_images(circuit, VOLTS, engine).volts["out"][:, 0]
    write_export(Export(circuit=circuit, title="toy", images_v=VOLTS, expected_v=expected[:, None]), folder)
    exported = engine.run(read_export(folder)).values[:, 0]
    np.testing.assert_allclose(swept, expected, rtol=1e-5)
    np.testing.assert_allclose(exported, expected, rtol=1e-5)


def test_a_memristor_model_from_outside_is_written_and_simulated(cubic, tmp_path):
    check_cubic_column(tmp_path / "export")
    bank, volts = cubic_column().blocks[0].banks[0], np.array([[0.0, 0.0, 0.2, -0.1, 0.05, 0.0]])
    heat = bank.heat_w(volts, {}, load_technology())["crossbars"]
    across = volts[0, 2:5]
    np.testing.assert_allclose(heat, [np.sum(SIEMENS * (across**2 + 20.0 * across**4))])


def test_a_memristor_model_with_another_law_is_noticed(cubic, tmp_path, register):
    register(TEMPLATES, "spice/toy_cubic.sp.j2", CUBIC.replace("20*", "21*"))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_cubic_column(tmp_path / "export")


# --- a kind of bank: sources of half a voltage ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves(Bank):
    """Ideal sources: out = input / 2."""

    READS: ClassVar = ("input",)
    DRIVES: ClassVar = ("out",)

    input: np.ndarray
    out: np.ndarray

    def tally(self):
        return Tally(followers=len(self))


@pytest.fixture
def halves(register):
    register(ELEMENTS, Halves, lambda _: Element(deck="toy_half", structure="toy_half"))
    register(TEMPLATES, "spice/toy_half.sp.j2", "eh{{ id }} {{ out }} 0 {{ input }} 0 0.5\n")


def check_halves(folder):
    """Simulate a deck and an export of three sources, and hold them against half their inputs."""
    needs("ngspice")
    bank = Halves(input=np.array([2, 3, 4]), out=np.array([5, 6, 7]))
    circuit, engine = toy_circuit({"out": 3}, banks=(bank,)), find_engine("ngspice")
    cut = excerpt(circuit, column_partition(circuit, circuit.blocks[0], np.array([0, 2])))
    assert cut.circuit.blocks[0].banks[0].input.tolist() == [2, 3]
    write_export(Export(circuit=circuit, title="toy", images_v=VOLTS, expected_v=VOLTS / 2), folder)
    np.testing.assert_allclose(sweep_images(circuit, VOLTS, engine).volts["out"], VOLTS / 2, rtol=1e-6)
    np.testing.assert_allclose(engine.run(read_export(folder)).values, VOLTS / 2, rtol=1e-6)


def test_a_kind_of_bank_from_outside_is_cut_written_and_simulated(halves, tmp_path):
    check_halves(tmp_path / "export")


def test_a_kind_of_bank_with_another_element_is_noticed(halves, tmp_path, register):
    register(TEMPLATES, "spice/toy_half.sp.j2", TEMPLATES["spice/toy_half.sp.j2"].replace("0.5", "0.51"))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_halves(tmp_path / "export")


def test_a_kind_of_bank_without_an_element_is_refused():
    bank = Halves(input=np.array([1]), out=np.array([2]))
    with pytest.raises(SetupError, match=r"banks of Halves have no netlist element: add one to .*ELEMENTS"):
        element_of(bank)


# --- a dialect: that of ngspice, with another suffix and brackets around tables ---

NGSPICE = (Path(__file__).parents[1] / "templates" / "spice" / "dialect_ngspice.j2").read_text(encoding="utf-8")
TABLE = "b{{ net }} {{ net }} 0 v=pwl(v(image),"


@pytest.fixture
def bracketed(register):
    toy = replace(DIALECTS["ngspice"], name="toy", suffix="net", command="ngspice -b testbench.net")
    register(DIALECTS, "toy", toy)
    text = NGSPICE.replace(TABLE, TABLE.replace("pwl", "(pwl")).replace(
        '")" if loop.last else ","', '"))" if loop.last else ","'
    )
    register(TEMPLATES, "spice/dialect_toy.j2", text)


def check_export(folder):
    """Export a chip, run it in ngspice's executable and hold the outputs against expected.csv."""
    needs("ngspice-batch")
    found = find_ngspice("executable")
    write_export(deployed(primitive("avg_pool_3x3")).export("toy", dialect="toy"), folder)
    run = [found.path, "-b", "testbench.net"]
    subprocess.run(run, cwd=folder, check=True, env=os.environ | environment(found), capture_output=True)
    outputs = np.loadtxt(folder / "outputs.txt", skiprows=1, ndmin=2)[:, 1:]
    with (folder / "expected.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    expected = [[float(value) for value in row[rows[0].index("class") + 1 :]] for row in rows[1:]]
    np.testing.assert_allclose(outputs, expected, atol=2e-4)


def test_a_dialect_from_outside_is_exported_and_runs(bracketed, tmp_path):
    check_export(tmp_path / "export")
    assert "0 v=(pwl(" in (tmp_path / "export" / "stimuli.net").read_text()


def test_a_dialect_with_a_wrong_sign_is_noticed(bracketed, tmp_path, register):
    wrong = TEMPLATES["spice/dialect_toy.j2"].replace("v=(pwl", "v=-(pwl")
    register(TEMPLATES, "spice/dialect_toy.j2", wrong)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_export(tmp_path / "export")


# --- an engine: the executable of ngspice under another name ---


@dataclass(frozen=True)
class ToyEngine:
    """The executable of ngspice, under another name."""

    name: ClassVar[str] = "toy"
    dialects: ClassVar[tuple[str, ...]] = ("ngspice",)
    factor: ClassVar[float] = 1.0

    @classmethod
    def describe(cls):
        return replace(BatchEngine.describe(), name="toy")

    def run(self, deck, progress=None):
        refuse_foreign(self, deck)
        result = BatchEngine().run(deck, progress)
        return replace(result, values=self.factor * result.values, engine="toy 1")


class WrongEngine(ToyEngine):
    """An engine whose results are one percent too large."""

    factor = 1.01


def test_an_engine_from_outside_simulates_by_name(register, small_digits):
    needs("ngspice-batch")
    register(ENGINES, "toy", ToyEngine)
    small = {"channels": 1, "dataset": small_digits, "images": 2, "engine": "toy", "tolerance_v": 1e-4}
    assert assert_matches_reference(SMALL, **small).engine == "toy 1"
    register(ENGINES, "toy", WrongEngine)
    with pytest.raises(AssertionError, match="class outputs"):
        assert_matches_reference(SMALL, **small)


@pytest.mark.parametrize("name", ENGINES)
def test_engines_refuse_a_dialect_that_they_do_not_read(name):
    deck = Deck(name="net/stem", text="* stem\n.end\n", vectors=("v(a)",), points=1, dialect="spectre")
    engine = ENGINES[name]()
    own = " and ".join(engine.dialects)
    with pytest.raises(SimulationError, match=f"net/stem: .*dialect spectre, and the engine {name} reads {own} only"):
        engine.run(deck)


def test_an_engine_that_reads_no_dialect_of_decks_is_refused():
    class Foreign(ToyEngine):
        dialects = ("spectre",)

    with pytest.raises(SimulationError, match="toy reads spectre only, and decks are written in ngspice and xyce"):
        deck_dialect(Foreign())


def test_what_a_test_registers_is_gone_after_it():
    assert not {"toy", "toy_cubic"} & {*MODELS, *DIALECTS, *ENGINES} and not TEMPLATES
    assert Halves not in ELEMENTS
    with pytest.raises(DialectError, match="unknown dialect 'toy'"):
        find_dialect("toy")
