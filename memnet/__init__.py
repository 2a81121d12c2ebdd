"""DARTS architectures as proven memristor-crossbar circuits; knows no work of its own and loads nothing heavy.

| stage | module | does |
|---|---|---|
| errors, units | `errors`, `units` | what can go wrong, numbers as SPICE reads them |
| technology | `technology` | device constants, each with its source |
| genotype | `genotype`, `graph` | text to cells, cells to pictures |
| network | `network` | layers, shapes, counts |
| weights, data | `datasets`, `weights` | images and tensors, checked |
| reference | `reference`, `reference_quantised` | what every circuit is held against, in NumPy alone |
| training | `torch_network`, `fused`, `muon`, `augmentation`, `training` | weights by PyTorch (extra `train`) |
| conductances | `stages`, `individual`, `conductances`, `placement` | scales, levels, where each device stands |
| circuit | `circuit` | banks of devices and nets, as arrays |
| netlist | `netlist`, `deck` | text through Jinja templates |
| simulation | `simulation` | engines, cutting a circuit into decks, running them |
| measurement | `measurement` | accuracy, headroom, delay, power, area |
| report | `results`, `report` | figures as JSON, a page with pictures |
| flow | `assembly`, `flow`, `testing` | all of it in one call, and as an assertion |
| shell | `cli`, `commands` | the command line |

    from memnet import simulate
    result = simulate("PDARTS", images=20)
    print(result.accuracy.agreement, result.outputs_v.shape)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memnet.assembly import Assembly, Setup, assemble
    from memnet.datasets import Dataset, load_dataset
    from memnet.errors import MemnetError
    from memnet.flow import simulate
    from memnet.genotype import Genotype, read_genotype
    from memnet.network import build_network
    from memnet.results import Simulation
    from memnet.technology import Technology, load_technology

__version__ = "0.1.0"

_HOMES = {
    "Assembly": "assembly",
    "Dataset": "datasets",
    "Genotype": "genotype",
    "MemnetError": "errors",
    "Setup": "assembly",
    "Simulation": "results",
    "Technology": "technology",
    "assemble": "assembly",
    "build_network": "network",
    "load_dataset": "datasets",
    "load_technology": "technology",
    "read_genotype": "genotype",
    "simulate": "flow",
}

__all__ = [
    "Assembly",
    "Dataset",
    "Genotype",
    "MemnetError",
    "Setup",
    "Simulation",
    "Technology",
    "__version__",
    "assemble",
    "build_network",
    "load_dataset",
    "load_technology",
    "read_genotype",
    "simulate",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module at first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'memnet' has no attribute {name!r}")
    return getattr(import_module(f"memnet.{_HOMES[name]}"), name)
