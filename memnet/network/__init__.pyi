# SPDX-License-Identifier: GPL-3.0-or-later
from .build import build_network as build_network
from .checkpoint import import_checkpoint as import_checkpoint
from .layers import Layer as Layer
from .layers import Network as Network
from .reference import Forward as Forward
from .reference import Parameters as Parameters
from .reference import accuracy as accuracy
from .reference import fold as fold
from .reference import forward as forward
from .weights import Tensors as Tensors
from .weights import Weights as Weights
from .weights import load_for as load_for
from .weights import save as save
from .weights import seeded_weights as seeded_weights
from .weights import shipped_file as shipped_file
from .weights import validate as validate
