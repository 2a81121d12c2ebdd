# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps a network from one digit to the next and prints how its outputs settle.

python examples/transient_waveforms.py
"""

from memnet import simulate

result = simulate("DARTS_V1", channels=1, images=2, analysis="transient")
waves = result.transient

winner = waves.dc_outputs_v.argmax()
print(f"{len(waves.time_s)} points to {waves.time_s[-1] * 1e9:.0f} ns, {waves.outputs_v.shape[1]} class outputs")
for share in (0.0, 0.25, 0.5, 0.75, 1.0):
    point = int(share * (len(waves.time_s) - 1))
    print(f"{waves.time_s[point] * 1e9:7.1f} ns   class {winner}: {waves.outputs_v[point, winner] * 1e3:8.3f} mV")
print(f"delay {waves.delay_s * 1e9:.0f} ns, energy {waves.energy_j * 1e9:.1f} nJ")
print(f"power {waves.power_w * 1e3:.0f} mW, of it:")
for part, watts in waves.power_parts_w.items():
    print(f"  {part:20s} {watts * 1e3:8.3f} mW")

inner = result.chip.waveforms(["cell0/node2/rectified", "cell0/node2/plus"])  # nets inside blocks, too
worst = abs(inner["cell0/node2/plus"]).max()
print(f"{len(inner.names)} nets of cell0/node2; its virtual grounds stay within {worst * 1e3:.2f} mV of 0 V")
