# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts put together from tables, against one string after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memnet.circuit import NetGroup
from memnet.netlist import texts
from memnet.netlist.places import NetNames
from memnet.netlist.texts import Column, Text, column, digits, numbers, rows, shortest, strings
from memnet.units import number

WORDS = st.binary(min_size=0, max_size=4).map(lambda word: bytes(97 + byte % 26 for byte in word))


@st.composite
def parts(draw: st.DrawFn) -> tuple[Text, int]:
    """Literals and columns, some on the index of another one, some with an index of their own as long as its table."""
    count = draw(st.integers(1, 40))
    indices = [np.array(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))) for _ in range(2)]
    tables = st.lists(WORDS, min_size=3, max_size=3)
    columns = st.builds(lambda table, at: column(table, indices[at].copy()), tables, st.integers(0, 1))
    wide = st.builds(lambda word: column([word] * count, np.arange(count)), WORDS)
    return tuple(draw(st.lists(WORDS | columns | wide, min_size=1, max_size=8))), count


@given(parts(), st.integers(1, 50))
def test_rows_are_their_parts_one_after_the_other(given: tuple[Text, int], size: int) -> None:
    text, count = given
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "BATCH_PARTS", size)
        whole = b"".join(rows(text, count))
    lines = [
        b"".join(part.texts[part.index[at]] if isinstance(part, Column) else part for part in text)
        for at in range(count)
    ]
    assert whole == b"".join(lines)
    assert strings(text, count) == [line.decode() for line in lines]


@pytest.mark.parametrize("least", [0, 7, 998, 1000, 41_999, 1_234_000])
def test_whole_numbers_have_all_their_digits(least: int) -> None:
    values = np.arange(least, least + 2500)[::-1]
    assert strings(digits(values, b"n"), len(values)) == [f"n{value}" for value in values]


def test_numbers_have_ten_digits_and_signs_where_one_is_negative() -> None:
    values = np.array([1.0, 1e-12, 1.0, 12345.678901234, 1e-100])
    assert strings((numbers(values),), 5) == [f"{value:.9e}" for value in values]
    values[1] *= -1
    assert strings((numbers(values),), 5) == [f"{value:+.9e}" for value in values]
    assert strings((numbers(values, plus=False),), 5) == [f"{value:.9e}" for value in values]


def test_shortest_numbers_are_those_of_units() -> None:
    values = np.array([0.0, -0.0, 0.1, 1e-7, 0.1, -3.0, 123456789.0])
    assert strings((shortest(values),), len(values)) == list(map(number, values))


def test_nets_of_several_groups_have_the_prefixes_and_places_of_their_groups() -> None:
    groups = [
        (NetGroup(name="b", first=9, shape=(2, 1, 1)), "b"),
        (NetGroup(name="a", first=1, shape=(2, 2, 2)), "a"),
        (NetGroup(name="none", first=30, shape=(0, 2, 2)), "none"),
        (NetGroup(name="bias", first=20, shape=(1,)), "bias"),
        (NetGroup(name="c", first=40, shape=(12,)), "c"),
    ]
    names = NetNames(groups)
    assert names.strings(np.array([3, 4, 3])) == ["a_c0y1x0", "a_c0y1x1", "a_c0y1x0"]
    assert names.strings(np.array([20, 20])) == ["bias", "bias"]
    every = np.array([51, 10, 0, 8, 20, 40, 9, 1])
    assert names.strings(every) == ["c_11", "b_c1", "0", "a_c1y1x1", "bias", "c_0", "b_c0", "a_c0y0x0"]
