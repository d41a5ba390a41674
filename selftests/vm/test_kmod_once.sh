#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cats.ko: what one kernel is enough for, on the newest of Debian 12.

exec "$(dirname "$0")/kmod_guest" once 6.12
