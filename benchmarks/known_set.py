"""A known set of any size: random fillers that nothing comes near, and the practice web's own list at its end."""

from pathlib import Path

import numpy as np

_SEED = 20_240
_BATCH = 20_000
_EXACT_EVERY = 10


def write_known_set(path: Path, *, entries: int, planted: bytes) -> int:
    """Write a CSV of `entries` random PDQ hashes, a random sha256 for every tenth, and `planted`; returns the rows.

    Half of a filler's bits are set, as of any PDQ hash (it compares with the median). `planted`: CSV with header.
    """
    chance = np.random.default_rng(_SEED)
    header, _, rest = planted.partition(b"\n")
    rows = rest.count(b"\n")
    row = np.repeat(np.array([0, 1], np.uint8), 128)
    with path.open("wb") as file:
        file.write(header + b"\n")
        for start in range(0, entries, _BATCH):
            count = min(_BATCH, entries - start)
            bits = chance.permuted(np.tile(row, (count, 1)), axis=1)
            codes = np.packbits(bits, axis=1)
            digests = chance.bytes(32 * count)
            lines = []
            for place in range(count):
                name = f"filler-{start + place}"
                lines.append(f"pdq,{codes[place].tobytes().hex()},filler,benchmark,{name}\n")
                if place % _EXACT_EVERY == 0:
                    digest = digests[32 * place : 32 * place + 32].hex()
                    lines.append(f"sha256,{digest},filler,benchmark,{name}\n")
            rows += len(lines)
            file.write("".join(lines).encode())
        file.write(rest)
    return rows
