# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs made at random from a seed, with what memnet should make of each; `fuzz.py` runs them.

A kind of input is a function `trial(random, folder)` in a file of its own, entered in `KINDS` of `kinds`. It writes a
file or a text below `folder`, which is empty, with choices of `random` alone, and returns a `Trial`.

| file | holds |
|---|---|
| `trial` | `Trial`, and `outcome`: what came of one |
| `damage` | bytes changed at random, and files that are something else |
| `genotypes` | names, texts and files of genotypes, as programs write them, with slips, and damaged |
| `arrays` | the tensors of a small network as npz files, and their slips |
| `weights` | weight files: as NumPy may write them, with slips, made up, and damaged |
| `checkpoints` | the same of npz, safetensors and PyTorch checkpoints |
| `tables` | tables of conductances: as spreadsheets write them, with slips, and damaged |
| `technologies` | technology files, likewise |
| `data` | folders and archives of CIFAR-10, likewise, and made up to do harm |
| `cache` | folders of kept results whose files were damaged, exchanged or replaced |
| `kinds` | `KINDS`: all of these by name |
"""
