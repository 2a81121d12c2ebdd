# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stages of a plan are simulated in one deck when the circuit is cut."""

from __future__ import annotations

from memnet.deployment import Plan, Stage


def deck_names(plan: Plan) -> dict[str, str]:
    """Return for each stage the name of the partition that it is simulated in when the circuit is cut.

    A partition has the name of its last stage. A depthwise or averaging stage that one stage alone reads is in its
    reader's partition, so that a depthwise crossbar and its pointwise crossbar are not cut apart. Merging a stage with
    its only reader cannot close a loop between partitions.
    """
    readers: dict[str, set[str]] = {}
    for stage in plan.stages:
        for term in stage.terms:
            for driver in plan.drivers(term.source):
                readers.setdefault(driver, set()).add(stage.name)
    partition = {stage.name: stage.name for stage in plan.stages}
    for stage in reversed(plan.stages):
        reading = readers.get(stage.name, set())
        if len(reading) == 1 and not stage.rectified and (stage.kind == "average" or _depthwise(stage)):
            partition[stage.name] = partition[next(iter(reading))]
    return partition


def _depthwise(stage: Stage) -> bool:
    return stage.kind == "crossbar" and len(stage.terms) == 1 and not stage.terms[0].window.dense
