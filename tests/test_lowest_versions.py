# SPDX-License-Identifier: GPL-3.0-or-later
"""Each dependency has a lower bound, which the script that installs the lowest versions reads."""

from __future__ import annotations

import pytest
from lowest_versions import EXTRAS, lowest, pinned


def test_every_dependency_is_pinned_to_its_lower_bound():
    requirements = pinned([*EXTRAS, "train"])
    assert len(requirements) > 15 and len(requirements) == len(set(requirements))
    assert all("==" in requirement and ">" not in requirement for requirement in requirements)


def test_a_marker_is_kept_and_a_bound_is_needed():
    assert lowest("numpy>=2.0") == "numpy==2.0"
    assert lowest("tool>=0.3.dev3; sys_platform == 'linux'") == "tool==0.3.dev3; sys_platform == 'linux'"
    for requirement in ("numpy", "numpy==2.0", "numpy>=2,<3"):
        with pytest.raises(SystemExit, match=f"{requirement!r} is not of the form name>=version"):
            lowest(requirement)
