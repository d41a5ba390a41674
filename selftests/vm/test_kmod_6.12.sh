#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cats.ko on stock Debian's Linux 6.12.

exec "$(dirname "$0")/kmod_guest" every 6.12
