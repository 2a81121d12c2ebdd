# SPDX-License-Identifier: GPL-3.0-or-later
from .run import Epoch as Epoch
from .run import Trained as Trained
from .run import evaluate as evaluate
from .run import initial_tensors as initial_tensors
from .run import train as train
from .schedule import Recipe as Recipe
from .schedule import TrainingNoise as TrainingNoise
from .torch_network import TorchNetwork as TorchNetwork
from .torch_network import require_torch as require_torch
