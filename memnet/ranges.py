# SPDX-License-Identifier: GPL-3.0-or-later
"""The range of each value of a technology; one outside it was probably given in another unit."""

from __future__ import annotations

import math

RANGES = {
    "g_min_siemens": (1e-12, 1e-1),
    "g_max_siemens": (1e-12, 1e-1),
    "bits": (1, 12),
    "read_limit_v": (1e-3, 5.0),
    "gain": (10.0, 1e12),
    "gbw_hz": (1e3, 1e12),
    "saturation_v": (1e-2, 100.0),
    "offset_v": (-0.1, 0.1),
    "slew_v_per_s": (1e3, math.inf),
    "quiescent_a": (1e-12, 1.0),
    "vdd_v": (0.1, 100.0),
    "vss_v": (-100.0, 0.0),
    "rectifier_ron_ohm": (1e-9, 1e3),
    "rectifier_roff_ohm": (1e6, 1e18),
    "delay_s": (1e-13, 1e-3),
    "ron_ohm": (1e-3, 1e6),
    "roff_ohm": (1e3, 1e18),
    "transconductance_siemens": (1e-9, 1.0),
    "clamp_saturation_a": (1e-30, 1e-6),
    "clamp_emission": (1e-3, 10.0),
    "clamp_drop_v": (1e-6, 1.0),
    "rectifier_hysteresis_v": (0.0, 1e-3),
    "comparator_ohm": (1.0, 1e12),
    "gate_ron_ohm": (1e-9, 1e6),
    "gate_roff_ohm": (1e3, 1e18),
    "rows": (2, 65536),
    "columns": (2, 65536),
    "row_ohm": (0.0, 1e4),
    "column_ohm": (0.0, 1e4),
    "row_farad": (0.0, 1e-11),
    "column_farad": (0.0, 1e-11),
    "width_per_length": (1e-2, 1e4),
    "vto_v": (-5.0, 5.0),
    "kp_a_per_v2": (1e-8, 1e-1),
    "lambda_per_v": (0.0, 1.0),
    "gate_v": (1e-2, 50.0),
    "saturation_a": (1e-18, 1.0),
    "slope_v": (1e-3, 10.0),
}
AREAS = (0.0, 1e-3)  # of values that are not listed
