#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the fuzzer, built by `make check-build`: 10 s, or CATS_FUZZ_SECONDS; with
CATS_FUZZ_SEED what it found before is found again."""

import os
import sys

from genl import ROOT

PROGRAM = os.path.join(ROOT, "build/selftests/fuzz/netlink_fuzz")

if not os.path.exists(PROGRAM):
    print("# SKIP the fuzzer is not built (make check-build)")
    sys.exit(4)
arguments = [PROGRAM, "-t", os.environ.get("CATS_FUZZ_SECONDS", "10")]
if "CATS_FUZZ_SEED" in os.environ:
    arguments += ["-s", os.environ["CATS_FUZZ_SEED"]]
os.execv(PROGRAM, arguments)
