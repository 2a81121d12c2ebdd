"""Circuits through SPICE engines: cut into decks, run in parallel, put together again.

| file | holds |
|---|---|
| `engines/` | the SPICE engines behind one protocol |
| `partitions` | a circuit cut into partitions of one deck each |
| `effort` | predicted seconds and bytes of a simulation |
| `executors` | worker processes and Dask clusters |
| `jobs` | decks in topological order on any executor |
| `lean` | decks without clamps and slew limits, run again in full where these matter |
| `waveforms` | waveforms of many nets on one time axis |
| `sweep` | dc sweeps over images |
| `transient` | steps from image to image |
| `switching` | a hypernetwork switched from one architecture to another within a run |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
