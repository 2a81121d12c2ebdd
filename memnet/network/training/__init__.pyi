# SPDX-License-Identifier: GPL-3.0-or-later
from .recipe import RECIPES as RECIPES
from .recipe import Recipe as Recipe
from .run import Epoch as Epoch
from .run import Trained as Trained
from .run import evaluate as evaluate
from .run import initial_tensors as initial_tensors
from .run import train as train
from .torch_network import TorchNetwork as TorchNetwork
from .torch_network import TrainingNoise as TrainingNoise
from .torch_network import require_torch as require_torch
