# SPDX-License-Identifier: GPL-3.0-or-later
"""Assertions for regression tests of a user's project; `memnet.testing` is their public import path."""

from memnet.flow import assert_blocks_match_reference, assert_matches_reference

__all__ = ["assert_blocks_match_reference", "assert_matches_reference"]
