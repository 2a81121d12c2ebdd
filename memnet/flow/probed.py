# SPDX-License-Identifier: GPL-3.0-or-later
"""What a chip tells of single stages and nets: noise, waveforms, frequency responses, netlists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memnet.flow.deployed import DeployedChip
from memnet.flow.probing import Waveforms, block_netlist, pyspice_circuit, step_waveforms
from memnet.flow.responding import Frequencies, FrequencyResponse, chip_response
from memnet.flow.run_evaluation import noise_of_columns
from memnet.flow.settings import Run
from memnet.simulation.engines import Engine
from memnet.units import Floats


class ProbedChip(DeployedChip):
    """A deployed chip with what a script asks of single stages and nets of it."""

    def noise(self, stage: str, *, images: int = 1) -> dict[str, Floats]:
        """Return the noise at a crossbar's outputs on test images, by what makes it, and `all` of it.

        Each is (images, channels, pixels) volts rms, of the pairs alone, before a rectifier: `amplifiers`, `thermal`,
        `flicker` (1/f) and `telegraph`, as the technology's section [noise] says.

        >>> chip.noise("stem")["thermal"].shape
        (1, 3, 64)
        """
        return noise_of_columns(self, stage, images)

    def waveforms(
        self,
        nets: Sequence[str],
        *,
        images: tuple[int, int] = (0, 1),
        stop_s: float | None = None,
        engine: str | Engine | None = None,
        workers: int | None = None,
    ) -> Waveforms:
        """Simulate the step from one test image to another in SPICE and return the waveforms of some nets.

        Parameters
        ----------
        nets : groups of nets such as `cell0/node2` or, inside blocks, `cell0/node2/plus`; or single nets of theirs,
            such as `cell0/node2/plus_c0y1x2`, with or without the `net/` of messages. `chip.circuit.groups` lists the
            groups.
        images : the numbers of both test images; the second is shown 5 ns after the first has settled
        stop_s : when to stop, seconds; by default after three critical paths

        Raises
        ------
        SetupError, DataError
            there is no such net or image, or the engine cannot run transients

        Examples
        --------
        >>> from memnet import Chip
        >>> chip = Chip.of("PDARTS", channels=1)
        >>> waves = chip.waveforms(["classifier"])  # doctest: +SKIP
        >>> waves.to_pandas().plot()  # doctest: +SKIP
        """
        run = Run(images=2, analysis="transient", engine=engine, workers=workers)
        return step_waveforms(self, nets, images, stop_s, run)

    def ac(
        self,
        stage: str,
        source: str,
        *,
        nets: Sequence[str] | None = None,
        image: int = 0,
        first_hz: float = 1e3,
        last_hz: float = 1e9,
        per_decade: int = 10,
        engine: str | Engine | None = None,
    ) -> FrequencyResponse:
        """Return the frequency response of one stage around the dc solution of a test image, by ngspice.

        Parameters
        ----------
        stage : such as `cell0/node2`
        source : a net that the stage reads, such as `input_c0y1x2`, or a group of these, all nets of which then swing
            together by 1 V
        nets : nets of the stage, or groups of them, inside ones too, as in `waveforms`; its outputs by default
        image : number of the test image
        first_hz, last_hz : lowest and highest frequency, hertz
        per_decade : frequencies in each decade

        Raises
        ------
        SetupError, DataError
            there is no such stage, net, frequency or image, or the engine is not ngspice

        Examples
        --------
        >>> found = chip.ac("stem", "input", last_hz=1e4, per_decade=2)
        >>> found.gains.shape
        (3, 192)
        """
        frequencies = Frequencies(first_hz, last_hz, per_decade)
        return chip_response(self, stage, source, nets, image, frequencies, engine)

    def netlist_text(self, stage: str, *, dialect: str = "ngspice") -> str:
        """Return one stage as SPICE text: its subcircuit and all that this needs, some 60 bytes a device.

        Parameters
        ----------
        stage : such as `cell0/node2`; the subcircuit is called `cell0_node2`

        Raises
        ------
        SetupError
            there is no such stage
        DialectError
            there is no such dialect, or it cannot express the memristors

        Examples
        --------
        >>> from memnet import Chip
        >>> text = Chip.of("PDARTS", channels=1).netlist_text("classifier")
        >>> text.splitlines()[-1]
        '.ends classifier'
        """
        return block_netlist(self, stage, dialect)

    def pyspice_circuit(self, stage: str) -> Any:  # noqa: ANN401 - PySpice has no types
        """Return one stage as a `Circuit` of PySpice, for a bench of one's own.

        It has the subcircuit of `netlist_text`, an instance `Xstage` with nodes called after its ports, and sources of
        its rails and select nets. The nets that the stage reads, such as `in0_c0y0x0`, are left to drive.

        Examples
        --------
        >>> from memnet import Chip
        >>> bench = Chip.of("PDARTS", channels=1).pyspice_circuit("classifier")
        >>> bench.V("0", "in0_c0", bench.gnd, 0.1).name
        'V0'
        """
        return pyspice_circuit(self, stage)
