"""How much memory does an audit of large pictures take, and how long?

Makes pictures of smooth colours, discs and a little noise, half of them real and half generated, and audits them as a
user does, in a process of its own: from folders of PNG, from archives of numpy, and drawn as float32 by a model of a
loader. Prints the most memory that any process of the audit held (its peak of resident memory, libraries included), the
time on the clock and on the processor, and the sizes of report and evidence.

    python benchmarks/large_pictures.py [--pictures 2000] [--size 512] [--only folders,archives,loader] [--keep FOLDER]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LOADER = '''
import torch

class Drawing:
    """Draws discs of random colours on gradients, as float32."""
    modality = "image"

    def sample(self, n, *, generator, condition=None):
        size = {size}
        across = torch.linspace(0, 1, size)
        pictures = []
        for _ in range(n):
            colours, at = torch.rand(2, 3, 1, 1, generator=generator), torch.rand(3, generator=generator)
            picture = colours[0] * across + (1 - colours[0]) * across[:, None]
            inside = (across - at[0]) ** 2 + (across[:, None] - at[1]) ** 2 < (0.1 + 0.2 * at[2]) ** 2
            picture = torch.where(inside, colours[1], picture)
            pictures.append(picture + 0.02 * torch.randn(3, size, size, generator=generator))
        return torch.stack(pictures).clamp(0, 1)

def load(path):
    return Drawing()
'''


def picture(size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One picture (size, size, 3): a disc on a gradient, with a little noise."""
    across = np.linspace(0, 1, size, dtype=np.float32)
    colours, at = rng.random((2, 3), dtype=np.float32), rng.random(3)
    ground = colours[0] * across[None, :, None] + (1 - colours[0]) * across[:, None, None]
    inside = (across[None, :] - at[0]) ** 2 + (across[:, None] - at[1]) ** 2 < (0.1 + 0.2 * at[2]) ** 2
    ground[inside] = colours[1]
    ground += 0.02 * rng.standard_normal(ground.shape, dtype=np.float32)
    return np.rint(255 * ground.clip(0, 1)).astype(np.uint8)


def make(folder: Path, size: int, n: int, seed: int, *, archive: bool) -> str:
    """Pictures as files or as one archive; returns the place."""
    rng = np.random.default_rng(seed)
    if archive:
        path = folder.with_suffix(".npz")
        # One by one: what this process holds would count as the audit's, which is started from it.
        with zipfile.ZipFile(path, "w") as packed, packed.open("x.npy", "w", force_zip64=True) as stream:
            header = {"shape": (n, size, size, 3), "fortran_order": False, "descr": "|u1"}
            np.lib.format.write_array_header_1_0(stream, header)
            for _ in range(n):
                stream.write(picture(size, rng).tobytes())
        return str(path)
    folder.mkdir()
    for index in range(n):
        Image.fromarray(picture(size, rng)).save(folder / f"{index:05d}.png", compress_level=1)
    return str(folder)


def measured(arguments: list[str], out: Path) -> str:
    """Runs an audit; a row of the table."""
    command = [sys.executable, "-m", "genai_audit", "run", *arguments, "--out", str(out), "--exit-zero"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        return f"exit code {os.waitstatus_to_exitcode(status)}"
    # Of the command and of all processes that it waited for, the largest; in KiB on Linux, in bytes on macOS.
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    evidence = sum(file.stat().st_size for file in (out / "evidence").iterdir())
    report = (out / "report.html").stat().st_size
    return (
        f"{peak / 1e9:.2f} GB | {seconds:,.0f} s | {used.ru_utime + used.ru_stime:,.0f} s | {report / 1e6:.1f} MB | "
        f"{evidence / 1e9:.2f} GB"
    )


def main() -> None:
    """Read the options, make the pictures, and print a row for each way to give them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--only", default="folders,archives,loader")
    parser.add_argument("--keep", type=Path, help="where pictures and audits are left")
    options = parser.parse_args()
    half, size = options.pictures // 2, options.size
    print(f"{half:,} real and {half:,} generated pictures of {size} × {size} × 3\n")
    print("| Given as | Peak memory | Time | Processor | Report | Evidence |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        place = options.keep or Path(name)
        place.mkdir(exist_ok=True)
        (place / "loader.py").write_text(LOADER.replace("{size}", str(size)), encoding="utf-8")
        (place / "model.bin").write_bytes(b"nothing")
        for way in options.only.split(","):
            archive = way == "archives"
            real = make(place / f"real-{way}", size, half, 0, archive=archive)
            if way == "loader":
                subject = [str(place / "model.bin"), "--loader", f"{place}/loader.py:load", "--samples", str(half)]
            else:
                subject = [make(place / f"generated-{way}", size, half, 1, archive=archive)]
            print(f"| {way} | {measured([*subject, '--reference', real], place / f'audit-{way}')} |", flush=True)


if __name__ == "__main__":
    main()
