# SPDX-License-Identifier: GPL-3.0-or-later
"""A chip with an architecture deployed on it, and what follows from that: circuit, placement table, references.

`chip.Chip` adds the verbs. The files that do their work (`run_simulation`, `run_evaluation`, `exporting`) take what
stands here.
"""

from __future__ import annotations

import logging
import time
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import INPUT, programmed_parameters, quantised_parameters
from memnet.errors import DataError
from memnet.flow.cells import cell_note
from memnet.flow.chosen import calibration_images, check_on, network_of, plan_of, weights_of
from memnet.flow.hardware import Hardware
from memnet.flow.reading import compensation_note, memristor_note
from memnet.flow.settings import INDIVIDUAL, Setup
from memnet.flow.wiring import remedy_note
from memnet.measurement import GAIN_IMAGES, Deviation, error_gain, explain_deviation
from memnet.network import Parameters, fold
from memnet.units import Floats

LOG = logging.getLogger("memnet")


class DeployedChip(Hardware):
    """An architecture with its weights, deployed on a chip.

    Deploying (reading data and weights, choosing scales and levels) is done at once. The circuit, the placement table
    and the references are made when they are asked for, and kept.

    Parameters
    ----------
    like : a chip whose network, data and weights are those of this one, so that they need not be read again

    Raises
    ------
    MemnetError
        the genotype, the data, the weights or the technology are not right, or no conductance can carry a weight
    """

    def __init__(self, setup: Setup, *, like: DeployedChip | None = None) -> None:
        start = time.perf_counter()
        check_on(setup.on)
        super().__init__(setup)
        if like is None:
            self.dataset, self.network = network_of(setup)
            self.weights = weights_of(setup, self.network, self.dataset)
        else:
            self.dataset, self.network, self.weights = like.dataset, like.network, like.weights
        images = calibration_images(self.network, self.dataset)
        self._deploy(self.network, plan_of(self.network, setup.on), self.weights.tensors, images)
        self.deploy_s = time.perf_counter() - start
        LOG.info("%s: deployed in %.2f s", self.title, self.deploy_s)

    @property
    def structure(self) -> str | None:
        """Return the hypernetwork's structure; None for a chip of its own.

        >>> Chip.of("DARTS_V1", channels=1, on="shared").structure
        'shared'
        """
        return None if self.setup.on == INDIVIDUAL else self.setup.on

    @property
    def title(self) -> str:
        """Return what this is in a few words, such as `PDARTS, C=4, L=3, digits, on shared`.

        >>> chip.title
        'DARTS_V1, C=1, L=3, digits'
        """
        network = self.network
        on = f", on {self.structure}" if self.structure else ""
        return f"{network.genotype.name}, C={network.channels}, L={network.cells}, {self.dataset.name}{on}"

    @cached_property
    def parameters(self) -> Parameters:
        """Return the kernels and biases read back from the placement table: those of the quantised reference.

        >>> chip.parameters.kernels["stem"].shape
        (3, 1, 3, 3)
        """
        return quantised_parameters(self.network, self.placement)

    @cached_property
    def level_parameters(self) -> Parameters:
        """Return what `parameters` has, from the deployment's levels: for networks too large for a placement table.

        >>> bool(abs(chip.level_parameters.kernels["stem"] - chip.parameters.kernels["stem"]).max() < 1e-6)
        True
        """
        return programmed_parameters(self.deployment)

    @cached_property
    def float_parameters(self) -> Parameters:
        """Return the kernels and biases of the float network.

        >>> chip.float_parameters.biases["stem"].shape
        (3,)
        """
        return fold(self.network, self.weights.tensors)

    @cached_property
    def error_gain(self) -> float:
        """Return how many times larger a small error of the inputs comes out at the float network's logits.

        >>> round(chip.error_gain, 2)
        4.68
        """
        return error_gain(self.network, self.float_parameters, self.dataset.test_images[:GAIN_IMAGES])

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader of this chip's figures must know of its data, weights and conductances.

        >>> chip.notes
        ('no trained weights for digits-DARTS_V1-C1-L3: seeded ones (seed 0), so the accuracy says nothing',)
        """
        table = self.setup.conductances
        given = () if table is None else (f"conductances of {table}; the references have the targets",)
        read = memristor_note(self.setup, self.technology, self.devices.device, self._named)
        compensated, cell = compensation_note(self.deployment), cell_note(self.devices.cell)
        return (*self.dataset.notes, *self.weights.notes, *given, *read, *compensated, *cell, *remedy_note(self.wiring))

    def input_volts(self, images: npt.NDArray[Any], dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
        """Return the input volts (images, input nets) of images (images, channels, height, width).

        >>> chip.input_volts(chip.dataset.test_images[:2]).shape
        (2, 64)
        """
        scale = np.asarray(self.deployment.scales[INPUT], dtype=dtype)
        return np.asarray(np.asarray(images, dtype=dtype).reshape(len(images), -1) * scale)

    def explain(self, logits: Floats, reference: Floats) -> Deviation | None:
        """Return why class outputs for the first test images exceed the error bound; None where they do not.

        Parameters
        ----------
        logits, reference : (images, classes) of the circuit and of the quantised reference

        Examples
        --------
        >>> reference = chip.evaluate(images=1).reference_logits
        >>> chip.explain(reference, reference) is None
        True
        >>> str(chip.explain(1.1 * reference, reference))[:38]
        'logit_error 0.1 exceeds error_bound 0.'
        """
        images_v = self.input_volts(self.dataset.test_images[: len(logits)])
        return explain_deviation(self.devices, images_v, logits, reference, error_gain=self.error_gain)

    def refuse_too_many(self, images: int, transitions: int = 0) -> None:
        """Raise `DataError` where the data set has fewer test images than are asked for.

        >>> chip.refuse_too_many(images=20)
        """
        available = len(self.dataset.test_images)
        if max(images, transitions + 1) > available:
            wanted = f"{images} images" if images > available else f"{transitions} transitions"
            raise DataError(f"{self.dataset.name}: {wanted} asked for, but it has {available} test images")
