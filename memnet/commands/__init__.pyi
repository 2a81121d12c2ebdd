# SPDX-License-Identifier: GPL-3.0-or-later
from .app import build_app as build_app
from .app import main as main
from .console import write_text as write_text
from .progress import progress_bar as progress_bar
