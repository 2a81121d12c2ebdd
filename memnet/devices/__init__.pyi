# SPDX-License-Identifier: GPL-3.0-or-later
from .levels import level_conductances as level_conductances
from .memristors.base import MemristorModel as MemristorModel
from .memristors.choosing import memristor_model as memristor_model
from .memristors.registry import DEFAULT_MODEL as DEFAULT_MODEL
from .memristors.registry import MODELS as MODELS
from .spread import DeviceSpread as DeviceSpread
