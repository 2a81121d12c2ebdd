# SPDX-License-Identifier: GPL-3.0-or-later
from .devices import DeviceSpread as DeviceSpread
from .errors import MemnetError as MemnetError
from .flow import Chip as Chip
from .flow import Comparison as Comparison
from .flow import Crossbar as Crossbar
from .flow import Evaluation as Evaluation
from .flow import Setup as Setup
from .flow import Simulation as Simulation
from .flow import compare as compare
from .flow import crossbar as crossbar
from .flow import estimate as estimate
from .flow import simulate as simulate
from .flow import sweep as sweep
from .genotype import Genotype as Genotype
from .genotype import read_genotype as read_genotype
from .network import build_network as build_network
from .network.datasets import Dataset as Dataset
from .network.datasets import load_dataset as load_dataset
from .technology import Technology as Technology
from .technology import load_technology as load_technology

__version__: str
