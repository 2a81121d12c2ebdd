"""Figures of a circuit: accuracy, headroom, delay, power, area; and one road to volts held against the other.

| file | holds |
|---|---|
| `class_outputs` | accuracy, agreement and error of class outputs |
| `headroom` | largest voltages against the read limit and saturation |
| `delay` | settling times |
| `power` | power of a transient, deck by deck |
| `gating` | what idle units of a hypernetwork draw |
| `area` | counts of devices, and area |
| `transient` | delay, energy and power of image transitions, in SPICE |
| `chip_cost` | the same from the numeric engine, for large networks |
| `cross_check` | sampled columns of the numeric engine held against a SPICE engine |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
