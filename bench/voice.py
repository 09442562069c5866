"""How much faster than speaking a voice diary is turned into numbers.

python -m bench.voice [--quick]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from heartsease.science.voice.prosody import describe
from heartsease.science.voice.sound import RATE, Sound


def voice(seconds: int) -> Sound:
    """Pulses at 150 Hz, swelling four times a second, half a second of silence every five."""
    at = np.arange(seconds * RATE) / RATE
    pulses = np.zeros(len(at))
    pulses[1:][np.diff(np.floor(at * 150)) > 0] = 1.0
    swell = np.sin(np.pi * (at * 4 % 1)) ** 2 * (at % 5 < 4.5)
    noise = np.random.default_rng(1).standard_normal(len(at))
    return Sound(0.3 * np.convolve(pulses * swell, np.hanning(24), "same") + 1e-3 * noise)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    seconds = 30 if parser.parse_args(arguments).quick else 120
    sound = voice(seconds)
    begun = time.process_time()
    found = describe(sound)
    spent = time.process_time() - begun
    print(
        f"{seconds} s of voice in {spent:.2f} s of CPU, {seconds / spent:,.0f} x faster than "
        f"speaking; pitch {found.f0_median_hz} Hz, pace {found.articulation_rate_per_s} a second"
    )


if __name__ == "__main__":
    main()
