"""Options of the test run and shared fixtures; knows no test."""

from __future__ import annotations

import pytest
from small_results import dc_result, small_digits, small_genotype, transient_result  # noqa: F401 - fixtures


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="rewrite the netlists that tests compare with")
