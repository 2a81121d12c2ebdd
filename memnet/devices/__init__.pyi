# SPDX-License-Identifier: GPL-3.0-or-later
from .levels import level_conductances as level_conductances
from .models import DEFAULT_MODEL as DEFAULT_MODEL
from .models import MODELS as MODELS
from .models import MemristorModel as MemristorModel
from .models import memristor_model as memristor_model
from .spread import DeviceSpread as DeviceSpread
