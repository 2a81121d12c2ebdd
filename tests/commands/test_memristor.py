# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet memristors`, `memnet memristor` and its `fit`: what they print and write, and what they refuse."""

from __future__ import annotations

import json
import os
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from needed import needs

from memnet.commands.app import main
from memnet.devices.memristors.choosing import memristor_model
from memnet.devices.memristors.registry import MODELS
from memnet.flow import Chip
from memnet.netlist.templates import TEMPLATES

# A model of one's own, in thirty lines.
OWN = '''\
from dataclasses import dataclass
import numpy as np
from memnet.devices.memristors import MODELS, MemristorModel, ParameterSet, Pulses, Sine, State, parameter
from memnet.netlist import TEMPLATES

@dataclass(frozen=True, kw_only=True)
class Leaky(MemristorModel):
    """I = G x V, dx/dt = a V - x / tau."""
    name, title, law, source = "leaky", "a leaky one", "I = G x V, dx/dt = a V - x/tau", "a test"
    state = State(symbol="x", unit="", text="a share", parameter="x0")
    sets = {"default": ParameterSet(
        values={"siemens": 1e-4, "per_v_s": 3.0, "tau_s": 0.2}, source="a test", licence="none", start=0.5,
        loop=Sine(amplitude_v=0.5, hertz=2.0), pulses=Pulses.both(0.5, 0.05, -0.2, 0.05, count=2))}
    siemens: float = parameter("conductance at x = 1", "S", 1e-9, 1.0)
    per_v_s: float = parameter("speed", "1/(V s)", 0.0, 1e9)
    tau_s: float = parameter("time constant", "s", 1e-9, 1e9)
    def current(self, volts, state):
        return self.siemens * state * volts
    def rate(self, volts, state):
        return self.per_v_s * np.asarray(volts) - state / self.tau_s
    def conductance(self, state):
        return self.siemens * state
    def state_of(self, siemens):
        return siemens / self.siemens
    def limits(self):
        return 0.0, 1.0
MODELS["leaky"] = Leaky
TEMPLATES["memristors/leaky.j2"] = """{% set quantities = [] %}
{% macro current() %}{{ siemens }}*v(x)*v(p,n){% endmacro %}
{% macro rate() %}{{ per_v_s }}*v(p,n)-v(x)/{{ tau_s }}{% endmacro %}"""
'''


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in a folder of its own, and forget what a file of one's own has registered."""
    monkeypatch.chdir(tmp_path)
    models, templates = dict(MODELS), dict(TEMPLATES)
    yield tmp_path
    for registry, before in ((MODELS, models), (TEMPLATES, templates)):
        registry.clear()
        registry.update(before)


def said(capsys, *arguments, status=0):
    assert main([str(argument) for argument in arguments]) == status
    told = capsys.readouterr()
    return told.err if status else told.out


def test_the_list_has_nine_models_with_law_source_range_and_where_they_run(capsys, here):
    out = said(capsys, "memristors", "--json", "list.json")
    listed = {each["model"]: each for each in json.loads((here / "list.json").read_text())["memristors"]}
    assert len(listed) == 9 and set(listed) == set(MODELS)
    for name, each in listed.items():
        assert name in out and each["source"] in out
        assert each["dialects"] == ["ngspice", "ltspice", "xyce", "hspice", "spectre", "verilog-a"]
        assert {"ngspice", "xyce"} <= set(each["engines"])
        assert all(of["source"] and of["licence"] for of in each["sets"].values())
    assert listed["jart-vcm-v1b"]["siemens"] == pytest.approx([13.8e-6, 646e-6], rel=0.01)
    assert (listed["milo"]["siemens"], listed["milo"]["separable"]) == (pytest.approx([5e-5, 2.25e-4]), False)
    assert listed["sinh"]["siemens"] is None and "embedded" in listed["sinh"]["engines"]
    assert "embedded" not in listed["vteam"]["engines"]


def test_a_device_is_run_compared_and_drawn(capsys, here):
    needs("ngspice")
    out = said(
        capsys, "memristor", "yakopcic:oblea", "--json", "y.json", "--svg", "y.svg", "--report", "page",
        "--netlist", "y.cir", "--dialect", "xyce", "--engine", "ngspice",
    )  # fmt: skip
    assert "hysteresis loop" in out and "warning" not in out
    run = json.loads((here / "y.json").read_text())
    assert (run["model"], run["set"], run["agrees"]) == ("yakopcic", "oblea", True)
    for what in ("loop", "pulses"):
        assert 0 < run[what]["state_error"] < run["state_limit"] == 5e-3
        found = np.abs(np.array(run[what]["state"]) - run[what]["expected_state"]).max()
        assert run[what]["state_error"] == pytest.approx(found)
    picture = ElementTree.fromstring((here / "y.svg").read_text())
    assert len(picture.findall("{http://www.w3.org/2000/svg}svg")) == 4 and "var(" not in (here / "y.svg").read_text()
    assert (here / "page" / "index.html").read_text().count("<svg") == 4
    assert (here / "y.cir").read_text().startswith(".subckt memristor_yakopcic p n params: x0=0.5\n")


def test_a_law_for_reading_is_run(capsys):
    needs("ngspice")
    assert "fixed" in said(capsys, "memristor", "sinh", "--siemens", "2e-5")


def test_a_module_is_compiled_and_written(capsys, here):
    needs("ngspice")
    needs("vacask")
    out = said(capsys, "memristor", "vteam", "--compiled", "--netlist", "v.va", "--dialect", "verilog-a")
    assert "warning" not in out
    assert "module memristor_vteam(p, n);" in (here / "v.va").read_text()


def test_a_ninth_model_from_a_file_of_thirty_lines_runs_the_same_way(capsys, here):
    needs("ngspice")
    (here / "own.py").write_text(OWN)
    assert OWN.count("\n") <= 30
    out = said(capsys, "memristor", "own.py", "--json", "own.json")
    assert "leaky, a leaky one" in out
    assert json.loads((here / "own.json").read_text())["agrees"]
    (here / "wrong.py").write_text(OWN.replace("- state / self.tau_s", "- 1.05 * state / self.tau_s"))
    assert "warning: states differ by more than 0.005 of the range" in said(capsys, "memristor", "wrong.py")
    assert "leaky" in said(capsys, "memristors")


def test_an_own_file_that_changes_within_a_second_is_read_anew(here, monkeypatch):
    """Contents of one length and one time: bytecode that Python kept would be of the one before."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for siemens in ("1e-4", "2e-4", "3e-4", "1e-4"):
        (here / "own.py").write_text(OWN.replace('"siemens": 1e-4', f'"siemens": {siemens}'))
        os.utime(here / "own.py", (1e9, 1e9))
        assert memristor_model("own.py").siemens == float(siemens)


def test_an_export_runs_an_own_file_a_few_times_and_not_for_each_memristor(here, small_digits, small_genotype):
    (here / "own.py").write_text(OWN + 'with open("runs", "a") as log:\n    log.write("x")\n')
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, memristor="own.py")
    chip.export("out", images=1)
    assert chip.counts.memristors > 1000
    assert 1 <= len((here / "runs").read_text()) <= 4


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (OWN, "", "own.py: adds no model to MODELS; end it with MODELS[NAME] = CLASS, once"),
        ('MODELS["leaky"] = Leaky', 'MODELS["leaky"] = MODELS["other"] = Leaky', "adds 2 models to MODELS"),
        ('MODELS["leaky"]', 'MODELS["milky"]', "the model 'milky' calls itself 'leaky'; register it under that name"),
        ("= Leaky\n", "= Leaky()\n", "own.py, line 27: TypeError"),
        ("= Leaky\n", "= dict\n", "is no dataclass that inherits from MemristorModel or ReadLaw"),
        ('"a test"\n    state', "1\n    stage", "the model 'leaky' has no state"),
        ("class Leaky", "klass Leaky", "own.py, line 7: SyntaxError"),
        ("= Leaky\n", "= Leaky\nraise SystemExit(3)\n", "own.py, line 28: SystemExit: 3; correct the file"),
        ("= Leaky\n", "= Leaky\nraise ValueError('a\\nb')\n", "own.py, line 28: ValueError: a b; correct the file\n"),
        ("def current", "def flow", "the model 'leaky' has no method current; see examples/own_memristor.py"),
        ('"siemens": 1e-4', '"siemens": -1', "leaky: siemens = -1: give a number from 1e-09 to 1 S"),
    ],
)  # fmt: skip
def test_an_own_file_that_is_wrong_is_refused_in_a_sentence(old, new, told, capsys, here):
    assert old in OWN
    (here / "own.py").write_text(OWN.replace(old, new))
    assert told in said(capsys, "memristor", "own.py", status=2)
    assert len(MODELS) == 9 + new.startswith('"siemens"')  # whose class is right


def test_an_own_law_that_gives_no_numbers_is_refused(capsys, here):
    needs("ngspice")
    (here / "own.py").write_text(OWN.replace("self.siemens * state * volts", "np.nan * state * volts"))
    told = said(capsys, "memristor", "own.py", status=2)
    assert "memristor model leaky: its law in NumPy has states or currents that are not finite" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["vteem"], "unknown memristor model 'vteem': did you mean vteam?, or give a .toml file"),
        (["vteam:x"], "memristor model vteam has no set 'x': choose one of default, pt-hf-ti"),
        (["none.py"], "memristor file 'none.py' does not exist"),
        (["none.toml"], "memristor file 'none.toml' does not exist"),
        (["vteam", "--state", "1.5"], "state x = 1.5: give a position w/D from 0 to 1"),
        (["vteam", "--siemens", "1"], "no state has a conductance of 1 S; it reaches 0.001 to 0.02 S"),
        (["vteam", "--siemens", "0.01", "--state", "0.5"], "give one of them"),
        (["vteam", "--dialect", "xyce"], "--dialect has no effect without --netlist"),
        (["vteam", "--dialect", "pspice", "--netlist", "x"], "unknown dialect 'pspice'"),
        (["vteam", "--engine", "embedded"], "memristor model vteam: not in the engine embedded"),
        (["sinh", "--engine", "embedded", "--compiled"], "ngspice alone loads compiled modules; give engine ngspice"),
        (["fit", "none.csv"], "none.csv: cannot be read (No such file"),
        (["fit", "none.csv", "-o", "none.txt"], "none.txt: give a name that ends in .toml, by which --memristor"),
    ],
)
def test_what_cannot_be_is_refused_by_name(arguments, told, capsys, here):
    if "embedded" in arguments:
        needs("embedded")
    assert told in said(capsys, "memristor", *arguments, status=2)
    assert list(here.iterdir()) == []


def test_a_model_is_fitted_drawn_and_used(capsys, here):
    needs("ngspice")
    volts = np.linspace(-0.3, 0.3, 13)
    rows = [f"{1e3 * v:g},{1e6 * 1e-5 * 0.3 * np.sinh(v / 0.3)},{1e6 * 6e-5 * 0.3 * np.sinh(v / 0.3)}" for v in volts]
    (here / "curves.csv").write_text("\n".join(["bias [mV],low [uA],high [uA]", *rows]) + "\n")
    call = ["memristor", "fit", "curves.csv", "--model", "sinh"]
    out = said(capsys, *call, "--json", "fit.json", "--svg", "fit.svg", "--report", "page")
    assert "v0_v = 0.3" in out and "parameters: curves.toml" in out
    found = json.loads((here / "fit.json").read_text())
    assert [each["siemens"] for each in found["states"]] == pytest.approx([1e-5, 6e-5])
    assert found["fitted"]["v0_v"] == pytest.approx(0.3) and found["rms"] < 1e-8
    assert len(ElementTree.fromstring((here / "fit.svg").read_text())) == 4
    assert "rms difference" in (here / "page" / "index.html").read_text()
    assert "sinh, hyperbolic sine" in said(capsys, "memristor", "curves.toml")
    assert "is there already" in said(capsys, *call, status=1)
    assert "would be overwritten" in said(capsys, *call, "-o", "curves.csv", status=2)


def test_a_fit_that_does_not_follow_is_a_warning(capsys, here):
    rows = [f"{v},{1e-5 * np.sinh(v / 0.05)}" for v in np.linspace(0.0, 0.3, 9)]
    (here / "curves.csv").write_text("\n".join(["v [V],i [A]", *rows]) + "\n")
    assert "warning: linear does not follow" in said(capsys, "memristor", "fit", "curves.csv", "--model", "linear")
