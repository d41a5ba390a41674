#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cats.ko on stock Debian kernels with two processors: what happens at once.

exec "$(dirname "$0")/kmod_guest" races 6.1 6.12
