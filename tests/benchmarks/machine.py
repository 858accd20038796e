"""The machine that the figures are from."""

import os
import platform
import subprocess
from pathlib import Path

import psutil


def describe_machine(scratch: Path) -> dict[str, str | int | float]:
    """Processor, memory, kernel, file system, versions, and how busy it is before the first benchmark."""
    return {
        "cpu": _cpu_model(),
        "cpus": os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "filesystem": _filesystem(scratch),
        "python": platform.python_version(),
        "tmux": subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout.split()[-1],
        "load_1m": round(os.getloadavg()[0], 2),
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _filesystem(folder: Path) -> str:
    mounts = [part for part in psutil.disk_partitions(all=True) if folder.resolve().is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"
