# SPDX-License-Identifier: GPL-3.0-or-later
"""The technology of a chip, from its settings: with the bits asked for, ideal, and named after what was changed."""

from __future__ import annotations

from dataclasses import replace

from memnet.flow.common_settings import Common
from memnet.technology import Technology, checked, load_technology


def technology_of(settings: Common) -> Technology:
    """Return the technology of a chip: with its bits, ideal or not, and named after what was changed in Python."""
    given = settings.technology
    technology = given if isinstance(given, Technology) else load_technology(str(given))
    if settings.bits is not None:
        technology = technology.with_bits(settings.bits)
    return _labelled(technology.ideal() if settings.ideal else technology)


def _labelled(technology: Technology) -> Technology:
    """Return a technology, checked; where values were changed in Python and its name was not, the name says which.

    The bits are left out, since results have them beside the name.
    """
    checked(technology, f"technology {technology.name}")
    loaded = technology.loaded
    if technology.name != loaded.get("name"):
        return technology
    values = technology.values()
    changed = [key for key in values | loaded if key != "memristor.bits" and values.get(key) != loaded.get(key)]
    return replace(technology, name=f"{technology.name}, changed: {', '.join(changed)}") if changed else technology
