# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulates circuits in SPICE engines: cuts them into partitions, runs their decks in parallel, collects the voltages.

| file | holds |
|---|---|
| `engines/` | the SPICE engines, behind one protocol |
| `partitions` | a circuit cut into partitions, one deck each |
| `effort` | predicted seconds and bytes of a simulation |
| `verilog_a` | compiles Verilog-A modules for ngspice |
| `executors` | worker processes and Dask clusters that decks run on |
| `workers` | what worker processes do beside their decks: report, and end with their run |
| `jobs` | runs decks in topological order on any executor |
| `lean` | decks without clamps and slew limits, simulated again in full where these matter |
| `moving` | a transient in which the states of memristors move |
| `waveforms` | waveforms of many nets on one time axis |
| `sweep` | dc sweeps over images |
| `transient` | transients of steps from image to image |
| `switching` | a hypernetwork switched between architectures within one transient |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
