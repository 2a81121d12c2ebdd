# SPDX-License-Identifier: GPL-3.0-or-later
from .base import Dataset as Dataset
from .load import load_dataset as load_dataset
