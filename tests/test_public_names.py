# SPDX-License-Identifier: GPL-3.0-or-later
"""Each public name of `memnet` has an example in its docstring, which runs and prints what it says."""

from __future__ import annotations

import doctest

import pytest
from needed import needs

import memnet

NAMES = sorted(memnet.__all__)


def examples(thing):
    """Return the examples in the docstring of a name, not of its methods, with what its module has."""
    globs = {name: getattr(memnet, name) for name in NAMES}
    found = doctest.DocTestFinder(recurse=False).find(thing, thing.__name__, globs=globs)
    return [test for test in found if test.examples]


def run(test):
    """Run the examples of a docstring; return what did not come out as it says."""
    said = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    return "".join(said)


@pytest.mark.parametrize("name", NAMES)
def test_example_of_a_public_name(name, keep_decks):
    thing = getattr(memnet, name)
    found = examples(thing)
    assert found, f"memnet.{name}: its docstring has no example"
    if "simulate(" in found[0].docstring:
        needs("engine")
    said = run(found[0])
    assert not said, said


def test_a_wrong_example_is_found():
    def half(x):
        """Return a half.

        >>> half(3)
        2
        """
        return x / 2

    test = doctest.DocTestFinder(recurse=False).find(half, "half", globs={"half": half})[0]
    assert "Got:\n    1.5" in run(test)
