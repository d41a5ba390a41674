/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_INPUT_H
#define CATS_INPUT_H

#include <net/net_namespace.h>

int cats_input_get(struct net *net);
void cats_input_put(struct net *net);

#endif /* CATS_INPUT_H */
