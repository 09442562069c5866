"""How exact the prosody of a voice diary is on synthetic voices, and how fast it is made.

    python -m bench.voice [--quick]

For each distance from pink noise: the worst error over four pitches and three rates of syllables.
Then what an echo does to the pauses, for which nothing is corrected. Then a diary of two minutes at
16 and at 48 kHz: CPU seconds, and how many seconds of sound a second of CPU takes. No real voice is
among them.
"""

from __future__ import annotations

import argparse
import io
import time
import wave
from itertools import product

import numpy as np
from scipy.signal import fftconvolve

from heartsease.science.voice import prosody, speech, synthetic
from heartsease.science.voice.sound import RATE, Sound, read_wav

RUNS, PAUSES = [3.0, 2.2, 4.1, 2.7, 3.6, 1.9], [0.4, 0.8, 0.3, 1.5, 0.6]
PITCHES, RATES, RANGE = (80, 120, 210, 330), (3.0, 4.0, 6.0), 6.0
HEAD = "SNR dB   told  pitch %  range st  pause ms  rate %  share  level SD dB"


def accuracy(distances: list[float | None]) -> None:
    """The worst error of each number at each distance from the noise, against what was put in."""
    print(HEAD)
    for snr_db in distances:
        rows, told, cases = [], 0, list(product(PITCHES, RATES))
        for seed, (pitch_hz, per_second) in enumerate(cases):
            clean = synthetic.diary(RUNS, PAUSES, RATE, pitch_hz=pitch_hz, per_second=per_second)
            own = clean if snr_db is None else synthetic.with_noise(clean, snr_db, RATE, seed)
            found = prosody.describe(Sound.of(own, RATE))
            if found.f0_median_hz is None:
                continue
            told += 1
            rows.append(_errors(Sound.of(own, RATE), Sound.of(clean, RATE), pitch_hz, per_second))
        name = f"{'none' if snr_db is None else snr_db:>6}   {told:>2}/{len(cases)}"
        if rows:
            worst = np.max(np.abs(rows), axis=0)
            name += "  {:7.2f}  {:8.2f}  {:8.0f}  {:6.1f}  {:.3f}  {:11.2f}".format(*worst)
        print(name)


def _errors(own: Sound, clean: Sound, pitch_hz: float, per_second: float) -> tuple[float, ...]:
    found, true = prosody.describe(own), prosody.describe(clean)
    pauses = [end - start for start, end in speech.find(own).pauses]
    off = [one - other for one, other in zip(pauses, PAUSES, strict=True)]
    return (
        100 * ((found.f0_median_hz or 0) / pitch_hz - 1),
        (found.f0_range_semitones or 0) - 0.8 * RANGE,
        1000 * float(np.max(np.abs(off))),
        100 * ((found.articulation_rate_per_s or 0) / per_second - 1),
        (found.speaking_share or 0) - sum(RUNS) / (sum(RUNS) + sum(PAUSES)),
        (found.energy_sd_db or 0) - (true.energy_sd_db or 0),
    )


def echo(decays_s: list[float]) -> None:
    """How pauses shrink where sound needs so long to fall by 60 dB, 12 dB below the voice."""
    for decay_s in decays_s:
        shrunk, lost = [], 0
        for seed, pitch_hz in enumerate(PITCHES):
            own = synthetic.diary(RUNS, PAUSES, RATE, pitch_hz=pitch_hz)
            count = round(decay_s * RATE)
            noise = np.random.default_rng(seed).standard_normal(count)
            tail = noise * 10 ** (-3 * np.arange(count) / count)
            tail *= 0.25 / np.sqrt(np.sum(tail**2))
            tail[0] += 1
            found = speech.find(Sound.of(fftconvolve(own, tail)[: len(own)], RATE)).pauses
            ends = 0.5 + np.cumsum(RUNS[:-1]) + np.cumsum(PAUSES)
            for end, length in zip(ends, PAUSES, strict=True):
                kept = [to - since for since, to in found if abs(to - end) < 0.1]
                lost += not kept
                shrunk += [1000 * (length - one) for one in kept]
        print(
            f"echo of {decay_s} s: pauses {min(shrunk):.0f} to {max(shrunk):.0f} ms shorter, "
            f"{lost} of {len(PITCHES) * len(PAUSES)} lost"
        )


def speed(seconds: int, runs: int) -> None:
    """CPU of reading and of describing one diary, the median of some runs."""
    for rate in (RATE, 48_000):
        count = round(seconds / 3.7)
        own = synthetic.diary([3.0] * count, [0.7] * (count - 1), rate)[: seconds * rate]
        file = _file(synthetic.with_noise(own, 30, rate, 1), rate)
        reading, describing = [], []
        for _ in range(runs):
            started = time.process_time()
            sound = read_wav(io.BytesIO(file))
            read = time.process_time()
            prosody.describe(sound)
            reading.append(read - started)
            describing.append(time.process_time() - read)
        first, second = np.median(reading), np.median(describing)
        print(
            f"{seconds} s at {rate:,} Hz: read {first:.3f} s, describe {second:.3f} s CPU, "
            f"{seconds / (first + second):,.0f} x real time"
        )


def _file(own: np.ndarray, rate: int) -> bytes:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((own * 32767).astype("<i2").tobytes())
    return sink.getvalue()


def main(argv: list[str] | None = None) -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args(argv).quick
    accuracy([None, 15] if quick else [None, 40, 30, 25, 20, 17, 15, 12, 10])
    echo([0.6] if quick else [0.3, 0.6, 1.0])
    speed(30 if quick else 120, 3 if quick else 7)


if __name__ == "__main__":
    main()
