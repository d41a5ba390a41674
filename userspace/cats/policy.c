// SPDX-License-Identifier: GPL-2.0-or-later
/* cats policy: SR policies. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "load.h"
#include "output.h"
#include "path.h"
#include "policy.h"

static const char help[] =
	"Usage: cats policy { add | replace } NAME [ segs SID[,SID...] ] [ via ADDR ]\n"
	"                   [ dev DEV ] [ src ADDR ] [ mtu N ] [ color N ]\n"
	"                   [ endpoint ADDR ] [ preference N ] [ mode { encap.red | encap } ]\n"
	"       cats policy del NAME\n"
	"       cats policy refresh [ NAME ]\n"
	"       cats policy [ show [ NAME ] ]\n"
	"Segments are in travel order; the service SID of the route comes last.\n";

static const char *const modes[] = { "encap.red", "encap", NULL };

static int parse_segs(const char *text, struct cats_policy_conf *conf)
{
	char copy[1024], *at = copy, *word;
	int ret = 0;

	if (!text)
		return -EINVAL;
	if (!*text || strlen(text) >= sizeof(copy))
		return args_wrong(text, "segs is a list of 1 to 9 SIDs");
	strcpy(copy, text);
	while (!ret && (word = strsep(&at, ","))) {
		if (conf->nsegs == CATS_SEGS_MAX - 1)
			return args_wrong(text, "segs has at most 9 SIDs: with the service SID that makes 10");
		ret = parse_in6(word, conf->segs[conf->nsegs++]);
	}
	return ret;
}

static int parse_keyword(struct args *args, struct cats_policy_conf *conf)
{
	const char *word = args_take(args);
	uint8_t mode = 0;
	int ret;

	if (!strcmp(word, "segs"))
		return parse_segs(args_value(args, word), conf);
	if (!strcmp(word, "via")) {
		conf->flags |= CATS_POLICY_VIA;
		return args_in6(args, word, conf->via);
	}
	if (!strcmp(word, "src")) {
		conf->flags |= CATS_POLICY_SRC;
		return args_in6(args, word, conf->src);
	}
	if (!strcmp(word, "dev"))
		return args_dev(args, word, &conf->ifindex);
	if (!strcmp(word, "mtu"))
		return args_number(args, word, 1280 + CATS_IP6_LEN, 65535,
				   &conf->mtu);
	if (!strcmp(word, "color"))
		return args_number(args, word, 1, UINT32_MAX, &conf->color);
	if (!strcmp(word, "endpoint"))
		return args_in6(args, word, conf->endpoint);
	if (!strcmp(word, "preference"))
		return args_number(args, word, 0, UINT32_MAX,
				   &conf->preference);
	if (!strcmp(word, "mode")) {
		ret = args_choice(args, word, modes, &mode);
		conf->flags |= mode ? CATS_POLICY_FULL_SRH : 0;
		return ret;
	}
	args->argv--;
	args->argc++;
	return args_unknown(args);
}

static bool is_name(const char *name)
{
	const char *at;

	for (at = name; *at; at++)
		if (*at < ' ' || *at > '~')
			return false;
	return at > name && at - name < CATS_POLICY_NAME;
}

static int parse_policy(struct args *args, const char **name,
			struct cats_policy_conf *conf)
{
	struct args_seen seen = {};
	int ret = 0;

	memset(conf, 0, sizeof(*conf));
	conf->preference = 100; /* RFC 9256 2.7 */
	if (!args_more(args))
		return cats_error(EINVAL, "a policy name is expected");
	*name = args_take(args);
	if (!is_name(*name))
		return args_wrong(*name, "a policy name has 1 to 31 characters, of printable ASCII");
	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (!ret)
			ret = parse_keyword(args, conf);
	}
	return ret;
}

static int policy_set(struct args *args, bool replace)
{
	struct cats_policy_conf conf;
	struct cats_forwarder *f;
	const char *name = NULL;
	int ret;

	ret = parse_policy(args, &name, &conf);
	if (!ret)
		ret = session_write(&f);
	if (ret)
		return ret;
	ret = cats_policy_set(f, name, &conf, replace);
	session_end(f);
	return ret;
}

static int policy_add(struct args *args)
{
	return policy_set(args, false);
}

static int policy_replace(struct args *args)
{
	return policy_set(args, true);
}

/* The name, and nothing behind it. */
static int only_name(struct args *args, const char **name)
{
	if (!args_more(args))
		return cats_error(EINVAL, "a policy name is expected");
	*name = args_take(args);
	return args_more(args) ? args_unknown(args) : 0;
}

static int policy_del(struct args *args)
{
	struct cats_forwarder *f;
	const char *name = NULL;
	int ret;

	ret = only_name(args, &name);
	if (!ret)
		ret = session_write(&f);
	if (ret)
		return ret;
	ret = cats_policy_del(f, name);
	session_end(f);
	return ret;
}

static int refresh_all(struct cats_forwarder *f)
{
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;
	int ret = 0;

	while (!ret && (policy = cats_table_each(&f->policy, &id)))
		if (policy->used)
			ret = cats_policy_refresh(f, id);
	return ret;
}

static int policy_refresh(struct args *args)
{
	const char *name = args_more(args) ? args_take(args) : NULL;
	struct cats_forwarder *f;
	uint32_t id;
	int ret;

	if (args_more(args))
		return args_unknown(args);
	ret = session_write(&f);
	if (ret)
		return ret;
	id = name ? cats_policy_find(f, name) : 0;
	if (name && !id)
		ret = cats_error(ENOENT, "policy %s does not exist", name);
	else
		ret = name ? cats_policy_refresh(f, id) : refresh_all(f);
	session_end(f);
	return ret;
}

static void show_segs(const struct cats_policy_conf *conf)
{
	uint32_t i;

	if (!conf->nsegs)
		return;
	out_text(" segs ");
	out_array("segs");
	for (i = 0; i < conf->nsegs; i++) {
		out_open();
		out_text(i ? "," : "");
		out_address("sid", "%s", CATS_FAMILY_IPV6, conf->segs[i]);
		if (options.json)
			out_close();
	}
	out_array_end();
}

static void show_path(struct cats_forwarder *f,
		      const struct cats_policy_conf *conf)
{
	struct cats_encap *encap;
	struct cats_path *path;

	path = conf->path ? cats_table_at(&f->path, conf->path) : NULL;
	if (!path)
		return;
	encap = &path->encap[path->sel & 1];
	out_address("source", options.details ? " source %s" : NULL,
		    CATS_FAMILY_IPV6, encap->hdr + CATS_IP6_SADDR);
	out_number("inner_mtu", " inner-mtu %llu", encap->mtu);
	out_number("overhead", options.details ? " overhead %llu" : NULL,
		   encap->len);
	show_way_out(encap, true);
}

void policy_show(struct cats_forwarder *f, uint32_t id, uint64_t nexthops,
		 uint64_t packets, uint64_t bytes)
{
	const struct cats_policy_conf *conf = cats_policy_conf(f, id);
	struct cats_policy *policy = cats_table_at(&f->policy, id);
	char name[IF_NAMESIZE];

	out_open();
	out_string(HUE_NAME, "policy", "%s", policy->name);
	show_segs(conf);
	if (conf->flags & CATS_POLICY_VIA)
		out_address("via", " via %s", CATS_FAMILY_IPV6, conf->via);
	if (conf->ifindex && if_indextoname(conf->ifindex, name))
		out_string(HUE_NAME, "dev", " dev %s", name);
	if (conf->flags & CATS_POLICY_SRC)
		out_address("src", " src %s", CATS_FAMILY_IPV6, conf->src);
	if (conf->mtu)
		out_number("mtu", " mtu %llu", conf->mtu);
	if (conf->color)
		out_number("color", " color %llu", conf->color);
	if (memcmp(conf->endpoint, (uint8_t[16]){ 0 }, 16))
		out_address("endpoint", " endpoint %s", CATS_FAMILY_IPV6,
			    conf->endpoint);
	if (conf->preference != 100 || options.details)
		out_number("preference", " preference %llu", conf->preference);
	out_string(HUE_NONE, "mode", " mode %s",
		   modes[!!(conf->flags & CATS_POLICY_FULL_SRH)]);
	show_path_liveness(f, id);
	show_path(f, conf);
	out_number("nexthops", " nexthops %llu", nexthops);
	if (options.stats) {
		out_line("    ");
		out_number("packets", "packets %llu", packets);
		out_number("bytes", " bytes %llu", bytes);
	}
	out_close();
}

static int show_policies(struct cats_forwarder *f, const char *name)
{
	struct cats_policy_use *uses = cats_policy_uses(f);
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	if (!uses)
		return cats_error_kernel(ENOMEM, "policies");
	out_begin();
	while ((policy = cats_table_each(&f->policy, &id))) {
		if (!policy->used || (name && strcmp(name, policy->name)))
			continue;
		policy_show(f, id, uses[id].nexthops,
			    policy->gone_packets + uses[id].packets,
			    policy->gone_bytes + uses[id].bytes);
	}
	out_end();
	free(uses);
	return 0;
}

static bool policy_exists(struct cats_forwarder *f, const char *name)
{
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	while ((policy = cats_table_each(&f->policy, &id)))
		if (policy->used && !strcmp(name, policy->name))
			return true;
	return false;
}

static int policy_list(struct args *args)
{
	const char *name = args_more(args) ? args_take(args) : NULL;
	struct cats_forwarder *f;
	int ret;

	if (args_more(args))
		return args_unknown(args);
	ret = session_read(&f);
	if (ret == -ENOENT && !name) {
		out_begin();
		out_end();
		return 0;
	}
	if (ret)
		return ret;
	if (name && !policy_exists(f, name))
		ret = cats_error(ENOENT, "policy %s does not exist", name);
	else
		ret = show_policies(f, name);
	session_end(f);
	return ret;
}

static const struct command commands[] = {
	{ "show", policy_list },       { "list", policy_list },
	{ "add", policy_add },	       { "replace", policy_replace },
	{ "del", policy_del },	       { "delete", policy_del },
	{ "refresh", policy_refresh }, { NULL, NULL },
};

const struct object object_policy = { "policy", help, commands };
