/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_SID_CONF_H
#define CATS_SID_CONF_H

#include <net/genetlink.h>

struct cats_net;
struct cats_sid_conf;
struct cats_sid_key;

int cats_sid_key_parse(struct genl_info *info, struct cats_sid_key *key);
int cats_sid_conf_parse(struct cats_net *cn, const struct genl_info *info,
			struct cats_sid_conf *conf);

#endif /* CATS_SID_CONF_H */
