#!/usr/bin/env python3
"""Counts the instructions of the hot paths with callgrind and compares them with those that are written down.

    instructions.py [--build DIR] [--tolerance PERCENT] [--update]

A count does not depend on the load of the machine, so that it shows small losses that no clock shows. It depends on the
compiler, on libc and on what the processor can do: with others than the baseline's nothing is compared. Exit code 1: a
path takes more than the tolerance above its baseline. Much less is said too, for --update."""
import argparse
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BASELINE = HERE / "instructions.txt"
FEATURES = ("avx2", "fma")  # what libc's and libm's variants go by


def made_by(program):
    compiler = subprocess.run([program, "--build"], capture_output=True, text=True, check=True).stdout.strip()
    flags = set()
    cpu = pathlib.Path("/proc/cpuinfo")
    if cpu.exists():
        found = re.search(r"^flags\s*:(.*)$", cpu.read_text(), re.MULTILINE)
        flags = set(found.group(1).split()) if found else set()
    able = "+".join(f for f in FEATURES if f in flags) or "no avx2"
    return f"compiler {compiler}; {' '.join(platform.libc_ver())}; {platform.machine()} {able}"


def count(program, name, directory):
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/{name}", "--collect-atstart=no",
               "--toggle-collect=pl_bench_measured", program, name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found or int(found.group(1)) == 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return int(found.group(1))


def read_baseline():
    if not BASELINE.exists():
        return "", {}
    first, *rest = [line for line in BASELINE.read_text().splitlines() if not line.startswith("#")]
    return first, {name: int(n) for name, n in (line.split() for line in rest)}


def write_baseline(key, counts):
    lines = ["# Instructions of the hot paths: bench/instructions.py --update", key]
    lines += [f"{name} {n}" for name, n in counts.items()]
    BASELINE.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(HERE.parent / "build/bench"), help="the build directory")
    parser.add_argument("--tolerance", type=float, default=3.0, help="percent above the baseline, default 3")
    parser.add_argument("--update", action="store_true", help="writes the counts down as the new baseline")
    args = parser.parse_args()
    program = str(pathlib.Path(args.build) / "bench/hot_paths")
    if not shutil.which("valgrind"):
        print("valgrind is not installed (scripts/bootstrap --bench): nothing counted")
        return 0
    key = made_by(program)
    old_key, baseline = read_baseline()
    listed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    sizes = dict(zip(listed[::2], map(int, listed[1::2])))
    comparable = key == old_key
    counts, worse = {}, []
    print(key)
    if not comparable and not args.update:
        print(f"the baseline was made otherwise, so nothing is compared: {old_key}")
    print(f"{'path':<18} {'instructions':>14} {'each':>12} {'baseline':>14} {'change':>9}")
    with tempfile.TemporaryDirectory() as directory:
        for name, size in sizes.items():
            n = counts[name] = count(program, name, directory)
            before = baseline.get(name) if comparable else None
            change = 100.0 * (n / before - 1.0) if before else None
            shown = f"{before:>14} {change:>+8.2f}%" if before else f"{'-':>14} {'-':>9}"
            print(f"{name:<18} {n:>14} {n / size:>12.1f} {shown}", flush=True)
            if change is not None and change > args.tolerance:
                worse.append(name)
            elif change is not None and change < -args.tolerance:
                print(f"{name} takes much less than its baseline: --update writes that down")
    if args.update:
        write_baseline(key, counts)
        return 0
    for name in worse:
        print(f"{name} takes more than {args.tolerance:g} % above its baseline")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
