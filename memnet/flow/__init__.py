# SPDX-License-Identifier: GPL-3.0-or-later
"""From a genotype to figures in one call: the only package that sees every stage.

| file | holds |
|---|---|
| `setup` | `Setup`: what to deploy, and on what |
| `chip` | a setup as a deployed network, and as a circuit with its references |
| `results` | `Simulation`: figures of a circuit in SPICE |
| `run_simulation` | `simulate` |
| `evaluation` | `Evaluation`: figures of a test set in the numeric engine |
| `run_evaluation` | `evaluate` |
| `comparison` | `Comparison`: hypernetworks against individual deployment |
| `run_comparison` | `compare` |
| `estimation` | `estimate`: devices, time and memory before a simulation |
| `testing` | assertions for regression tests |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
