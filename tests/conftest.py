# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the test run and shared fixtures; knows no test."""

from __future__ import annotations

import argparse
import os
from collections.abc import Generator

import needed
import pytest
from hypothesis import settings
from kept_decks import decks, keep_decks  # noqa: F401 - fixtures
from small_results import (  # noqa: F401 - fixtures
    dc_result,
    digits_of_half_the_size,
    small_digits,
    small_genotype,
    transient_result,
)

from memnet.errors import EngineNotFound

# The same examples in every run: a failure that one run in twenty finds would stop whoever meets it by chance.
# `--hypothesis-profile=default` looks for new ones.
settings.register_profile("same-every-run", derandomize=True, database=None)
settings.load_profile("same-every-run")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="rewrite the netlists that tests compare with")
    parser.addoption(
        "--require",
        metavar="NAME,...",
        type=_names,
        default=[],
        help="fail, and do not skip, what needs one of these where it is missing, such as ngspice,vacask,torch",
    )


def _names(text: str) -> list[str]:
    try:
        return needed.names_in(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("COLUMNS", None)  # which would make the lines of commands as short as this terminal's
    needed.REQUIRED.update(config.getoption("--require"))
    if needed.REQUIRED:  # a file that cannot be read without what is missing fails; the other files run all the same
        config.option.continue_on_collection_errors = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    return (yield from _engine_or_skip())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    return (yield from _engine_or_skip())


def _engine_or_skip() -> Generator[None, object, object]:
    """Let a test that simulates end as one that says `needs`, where no engine is here: most tests simulate."""
    try:
        return (yield)
    except EngineNotFound:
        needed.needs("ngspice")
        needed.needs("ngspice-batch")
        raise
