# SPDX-License-Identifier: GPL-3.0-or-later
"""Models fitted to curves find the parameters that the curves were made with; what no device measures is refused."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memnet.devices.memristors.choosing import beyond_measured, choose_memristor, memristor_model
from memnet.devices.memristors.curves import Curves, read_curves
from memnet.devices.memristors.fit import POOR, fit_model
from memnet.devices.memristors.parameter_file import parameters_toml
from memnet.devices.memristors.registry import MODELS
from memnet.errors import DataError, SetupError

VOLTS = np.linspace(-0.4, 0.4, 17)
SIEMENS = np.array([5e-6, 2e-5, 9e-5])


def curves_of(model, siemens=SIEMENS, *, noise=0.0):
    """Return curves of a law, with noise as a share of each one's largest current."""
    amperes = siemens * model.shape(VOLTS)[:, None]
    random = np.random.default_rng(3).standard_normal(amperes.shape)
    amperes = amperes + noise * random * np.abs(amperes).max(axis=0)
    return Curves(name="curves", names=("a", "b", "c"), volts=VOLTS, amperes=amperes)


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("linear", {}),
        ("sinh", {"v0_v": 0.27}),
        ("cubic", {"per_v2": 1.3}),
        ("yakopcic", {"b_per_v": 3.1}),
        ("stanford-pku", {"v0_v": 0.33}),
    ],
)
def test_parameters_are_found_again(name, truth):
    true = MODELS[name](**{**next(iter(MODELS[name].sets.values())).values, **truth})
    found = fit_model(memristor_model(name), curves_of(true))
    np.testing.assert_allclose(found.siemens, SIEMENS, rtol=1e-6)
    for parameter, value in truth.items():
        assert getattr(found.model, parameter) == pytest.approx(value, rel=1e-5)
    assert found.rms < 1e-8 and found.remarks == ()
    noisy = fit_model(memristor_model(name), curves_of(true, noise=0.01))
    assert 0.005 < noisy.rms < 0.015
    for parameter, value in truth.items():
        assert getattr(noisy.model, parameter) == pytest.approx(value, rel=0.1)


def test_the_sides_of_an_uneven_device_are_found_again():
    values = {**MODELS["yakopcic"].sets["aguirre"].values, "a2_a": 3e-5}
    true = MODELS["yakopcic"].given(values, "here")
    found = fit_model(memristor_model("yakopcic"), curves_of(true)).model
    assert found.a2_a / found.a1_a == pytest.approx(3.0 / 7.0, rel=1e-5)
    assert found.a1_a * found.b_per_v == pytest.approx(SIEMENS.max(), rel=1e-5)  # x = 1 is the best of the curves


def test_a_model_that_does_not_follow_says_so():
    steep = MODELS["sinh"](v0_v=0.08)
    found = fit_model(memristor_model("linear"), curves_of(steep))
    assert found.rms > POOR
    assert "linear does not follow these curves: differences are" in found.remarks[0]
    straight = fit_model(memristor_model("sinh"), curves_of(memristor_model("linear")))
    assert straight.rms < 1e-5
    assert straight.remarks == ("v0_v came to the end of its range: the curves do not determine it",)


def test_laws_without_one_shape_and_conductances_out_of_reach_are_refused():
    with pytest.raises(SetupError, match="memristor model jart-vcm-v1b: its curves have another shape in each state"):
        fit_model(memristor_model("jart-vcm-v1b"), curves_of(memristor_model("linear")))
    with pytest.raises(DataError, match="curves: memristor model vteam: no state has a conductance of 5e-06 S"):
        fit_model(memristor_model("vteam"), curves_of(memristor_model("linear")))


def test_a_fit_is_a_file_that_names_a_memristor(tmp_path):
    fitted = fit_model(memristor_model("sinh"), curves_of(MODELS["sinh"](v0_v=0.27)))
    path = tmp_path / "mine.toml"
    path.write_text(parameters_toml(fitted.model, "fit to curves", fitted.siemens))
    chosen = choose_memristor(str(path))
    assert chosen.model.v0_v == pytest.approx(0.27, rel=1e-8)
    assert chosen.parameters.source == "fit to curves"
    for name, kind in MODELS.items():
        path.write_text(parameters_toml(memristor_model(name), "all", [1e-6]))
        assert choose_memristor(str(path)).model == kind.of()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", 'mine.toml: needs a line model = "NAME"'),
        ("model = 'sinj'\n", "with the name of a memristor model: did you mean sinh"),
        ("model = 'sinh'\n", r"needs a section \[parameters\] with those of sinh"),
        ("model = 'sinh'\n[parameters]\nv0_v = -1\n", "mine.toml: sinh: v0_v = -1: give a number from 0.01 to 100 V"),
        ("model = 'sinh'\n[parameters]\nv0 = 1\n", "mine.toml: sinh: unknown parameter 'v0': did you mean v0_v"),
        ("model = 'sinh'\n[parameters]\nv0_v = 1\n[extra]\n", "mine.toml: unknown key 'extra'"),
        ("model = 'linear-ion-drift'\n[parameters]\n", "linear-ion-drift: gives no r_on_ohm, r_off_ohm"),
        ("model = [", "mine.toml: not TOML"),
        (f"model = 'sinh'\n[parameters]\nv0_v = 1{'0' * 400}\n", "mine.toml: sinh: v0_v = 10+.*: give a number from"),
    ],
)
def test_a_parameter_file_that_is_wrong_is_refused(text, told, tmp_path):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(SetupError, match=told):
        choose_memristor(str(tmp_path / "mine.toml"))


GOOD = "voltage [mV],low [nA],high [nA]\n-200,-2.1,-20\n-100,-1,-9.5\n0,0,0\n100,1,9.5\n200,2.1,20\n"


def test_curves_are_read_with_their_units(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text(GOOD + "\n150,1.5,15\n")  # an empty line, and a point out of order
    curves = read_curves(path)
    np.testing.assert_allclose(curves.volts, [-0.2, -0.1, 0.0, 0.1, 0.15, 0.2])
    np.testing.assert_allclose(curves.amperes[:, 1], [-2e-8, -9.5e-9, 0.0, 9.5e-9, 1.5e-8, 2e-8])
    assert curves.names == ("low", "high")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (GOOD, "", "is empty; name the columns with their units"),
        ("low [nA]", "low", "column 2, 'low', has no unit"),
        ("low [nA]", "low [uA]", "mixed units: column 'low' is in uA, column 'high' in nA"),
        ("low [nA]", "low [ohm]", "column 'low' is in 'ohm': give currents in one of A, mA"),
        ("[mV]", "[kV]", "the first column is in 'kV': give the voltage there, in V or mV"),
        (",low [nA],high [nA]", "", "has no column of currents"),
        ("0,0,0\n", "", "has 4 points; give 5 or more"),
        ("0,0,0", "0,0", "line 4 has 2 columns, the first line 3"),
        ("0,0,0", "0,zero,0", "line 4: 'zero' is no number"),
        ("0,0,0", "0,nan,0", "line 4: nan is not finite"),
        ("0,0,0", "0,1e999,0", "line 4: 1e999 is not finite"),
        ("0,0,0", "0," + "1" * 200_000 + ",0", "line 4 is no CSV (field larger than"),
        ("0,0,0", "100,0,0", "has the voltage 0.1 V twice"),
        ("100,1,9.5", "100,-1,9.5", "column 'low' falls from 0 A at 0 V to -1e-09 A at 0.1 V"),
    ],
)  # fmt: skip
def test_curves_that_are_none_are_refused(old, new, told, tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DataError, match=told.replace("[", r"\[").replace("(", r"\(")):
        read_curves(path)


@given(text=st.text(alphabet='vV[]mA,;1-e.\n\r\t "\x00', max_size=80))
def test_any_text_is_curves_or_refused(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(text, newline="")
    with suppress(DataError):
        assert np.isfinite(read_curves(path).amperes).all()


def test_a_curve_that_is_level_is_refused(tmp_path):
    (tmp_path / "curves.csv").write_text("v [V],i [A]\n" + "".join(f"{v},3\n" for v in range(6)))
    with pytest.raises(DataError, match="column 'i' has the same current at all voltages"):
        read_curves(tmp_path / "curves.csv")


def test_a_curve_of_the_wrong_sign_is_refused(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text("v [V],i [A]\n-3,-9\n-2,-8\n-1,-7\n1,-6\n2,-5\n3,-4\n".replace("-9", "1").replace("-8", "2"))
    with pytest.raises(DataError, match="falls from"):
        read_curves(path)
    path.write_text("v [V],i [A]\n1,-6\n2,-5\n3,-4\n4,-3\n5,-2\n")
    with pytest.raises(DataError, match="column 'i' has the wrong sign"):
        read_curves(path)


def test_a_chip_beyond_what_was_measured_is_told_of(tmp_path):
    path = tmp_path / "mine.toml"
    model = memristor_model("sinh")
    path.write_text(parameters_toml(model, "fit to curves", [8e-5, 3e-6], [-0.1, 0.3]))
    assert beyond_measured(choose_memristor(str(path)), (3e-6, 8e-5), 0.1) == ""
    assert "levels are 1e-06 to 8e-05 S and the curves had 3e-06 to 8e-05 S" in beyond_measured(
        choose_memristor(str(path)), (1e-6, 8e-5), 0.1
    )
    said = beyond_measured(choose_memristor(str(path)), (3e-6, 8e-5), 0.2)
    assert "mine.toml is used beyond what was measured: rows have up to 0.2 V of either sign" in said
    assert beyond_measured(choose_memristor("sinh:default"), (0.0, 1.0), 9.0) == ""
    path.write_text('model = "sinh"\n[parameters]\nv0_v = 0.4\n[measured]\nsiemens = "few"\n')
    assert beyond_measured(choose_memristor(str(path)), (0.0, 1.0), 9.0) == ""


def test_columns_between_semicolons_are_named(tmp_path):
    path = tmp_path / "bench.csv"
    path.write_text("voltage [V];state 1 [uA]\n0,1;2,5\n")
    with pytest.raises(DataError, match="separated by semicolons"):
        read_curves(path)
