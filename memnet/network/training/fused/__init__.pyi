# SPDX-License-Identifier: GPL-3.0-or-later
from .network import FusedNetwork as FusedNetwork
