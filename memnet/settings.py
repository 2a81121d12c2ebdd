# SPDX-License-Identifier: GPL-3.0-or-later
"""Dataclasses of settings. Methods of `memnet.Chip` take their fields as keywords, so few programs make one."""

from memnet.flow import ComparisonSettings, DisturbSettings, EvaluationSettings, ExportSettings, Run

__all__ = ["ComparisonSettings", "DisturbSettings", "EvaluationSettings", "ExportSettings", "Run"]
