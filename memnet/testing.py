"""Assertions for regression tests: the public path of `memnet.flow.testing`."""

from memnet.flow import assert_blocks_match_reference, assert_matches_reference

__all__ = ["assert_blocks_match_reference", "assert_matches_reference"]
