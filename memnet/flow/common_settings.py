# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that all chips of a comparison share: network, data, technology and device spread.

This file loads nothing heavy, since the command line reads it before it runs a command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from memnet.devices import DeviceSpread
from memnet.errors import SetupError, as_known
from memnet.flow.fields import check, refuse_without_effect, setting
from memnet.technology import DEFAULT_TECHNOLOGY

if TYPE_CHECKING:
    from pathlib import Path

    from memnet.network.datasets import Dataset
    from memnet.technology import Technology


def _known_dataset(name: str) -> str:
    """Return the name of a data set as it is registered, whatever its case."""
    from memnet.network.datasets import DATA_SOURCES

    return as_known(name, DATA_SOURCES)


def _reads_files(dataset: str) -> bool:
    """Return whether the data set of that name reads a folder or archive; its loader refuses an unknown name."""
    from memnet.network.datasets import (  # loads numpy, which a command without --data does not need yet
        DATA_SOURCES,
        is_own_file,
    )

    if is_own_file(dataset):
        return False
    return dataset not in DATA_SOURCES or DATA_SOURCES[dataset].reads_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Settings that all chips of a comparison share."""

    channels: int | None = setting(
        None,
        "C, channels of the first cells; by default what networks for the data set usually have.",
        least=1,
        most=512,
        kind=int,
        panel="Network",
    )
    layers: int | None = setting(
        None,
        "L, number of cells; by default what networks for the data set usually have.",
        least=3,
        most=100,
        kind=int,
        panel="Network",
    )
    dataset: str | Dataset = setting(
        "digits",
        "Name of a data set, such as digits or cifar10, or an npz file with train_images, train_labels, test_images, "
        "test_labels.",
        kind=str,
        also=("a Dataset", "test_images"),
        panel="Network",
    )
    data: Path | str | None = setting(
        None, "Folder or archive of the data set; digits need none.", kind="path", panel="Network"
    )
    seed: int = setting(
        0, "Of weights where no trained ones are shipped.", least=0, most=2**32 - 1, kind=int, panel="Network"
    )
    technology: str | Technology = setting(
        DEFAULT_TECHNOLOGY,
        "Name or TOML file of a technology.",
        kind=str,
        also=("a Technology", "memristor"),
        panel="Chip",
    )
    bits: int | None = setting(
        None, "Conductances have 2^bits levels; by default the technology's.", least=1, most=12, kind=int, panel="Chip"
    )
    ideal: bool = setting(False, "Ideal amplifiers and selectors.", kind=bool, panel="Chip")
    devices: DeviceSpread = field(default=DeviceSpread(), metadata={"group": DeviceSpread})

    def __post_init__(self) -> None:
        """Refuse values that no chip can have, and a folder for a data set that reads none."""
        check(self)
        if isinstance(self.dataset, str) and self.dataset != "digits":
            object.__setattr__(self, "dataset", _known_dataset(self.dataset))
        if not isinstance(self.devices, DeviceSpread):
            raise SetupError(f"devices = {self.devices!r:.80}: give a DeviceSpread")
        if not isinstance(self.dataset, str):
            refuse_without_effect(self, ["data"], "on a data set that is given as an object")
        elif self.data is not None and not _reads_files(self.dataset):
            refuse_without_effect(self, ["data"], f"on the data set {self.dataset}, which needs no files: leave it out")
        if not self.devices.variation:
            refuse_without_effect(self.devices, ["distribution"], "without variation")
        if self.devices.ideal:
            refuse_without_effect(self.devices, ["seed"], "where no device differs from its target")
