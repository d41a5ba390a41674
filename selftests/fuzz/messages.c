// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of the two families: right in form, from a table of what each
 * operation takes, then spoilt in one way or the other.
 */
#include <arpa/inet.h>
#include <linux/cats.h>
#include <linux/cats_metric.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>

#include "fuzz.h"

enum kind { U8, U16, U32, U64, FLAG, DEV, SID, ID, NH4, NH6, PREFIX, LEVEL, ADDRESS };

/* struct attribute - what an operation takes; @least to @most are right */
struct attribute {
	uint16_t id;
	uint8_t kind;
	uint32_t least;
	uint32_t most;
};

struct operation {
	uint8_t family;
	uint8_t cmd;
	bool is_new;
	bool dump;
	const struct attribute *attr;
};

#define SID_KEY \
	{ CATS_A_SID_SID, SID, 0, 0 }, \
	{ CATS_A_SID_PREFIX_LEN, U8, 128, 128 }
#define SID_DEV { CATS_A_SID_IFINDEX, DEV, 1, 12 }
#define SID_INSTANCE { CATS_A_SID_INSTANCE, ID, 0, 0 }
#define ID_KEY { CATS_A_INSTANCE_ID, ID, 0, 0 }
#define STATE { CATS_A_INSTANCE_STATE, U32, 0, 2 }
#define TIMEOUT(name) { CATS_A_FLOW_TABLE_TIMEOUT_##name, U32, 1, 3 }

static const struct attribute sid_get[] = { SID_KEY, SID_DEV, SID_INSTANCE, {} };
static const struct attribute sid_new[] = {
	SID_KEY, { CATS_A_SID_BEHAVIOR, U16, CATS_BEHAVIOR_END_DX6,
		   CATS_BEHAVIOR_END_DT46 },
	SID_DEV, { CATS_A_SID_NH4, NH4, 0, 0 }, { CATS_A_SID_NH6, NH6, 0, 0 },
	{ CATS_A_SID_OIF, U32, 1, 12 }, { CATS_A_SID_VRFTABLE, U32, 10, 12 },
	SID_INSTANCE, {} };
static const struct attribute sid_del[] = { SID_KEY, {} };
static const struct attribute sid_flush[] = { SID_DEV, {} };
static const struct attribute instance_get[] = { ID_KEY, {} };
static const struct attribute instance_new[] = {
	ID_KEY, { CATS_A_INSTANCE_CS_ID, PREFIX, 0, 0 }, STATE,
	{ CATS_A_INSTANCE_FLOW_LIMIT, U32, 0, 50 },
	{ CATS_A_INSTANCE_ANY_CS_ID, FLAG, 0, 0 }, {} };
static const struct attribute instance_flush[] = { STATE, {} };
static const struct attribute flow_get[] = {
	{ CATS_A_FLOW_INSTANCE, ID, 0, 0 }, { CATS_A_FLOW_SADDR, ADDRESS, 0, 0 },
	{ CATS_A_FLOW_DADDR, ADDRESS, 0, 0 }, { CATS_A_FLOW_PROTOCOL, U8, 6, 17 },
	{ CATS_A_FLOW_SPORT, U16, 0, 64 }, { CATS_A_FLOW_DPORT, U16, 0, 64 }, {} };
static const struct attribute flow_table_get[] = { {} };
static const struct attribute flow_table_set[] = {
	{ CATS_A_FLOW_TABLE_MAX_FLOWS, U32, 0, 5000 }, TIMEOUT(SYN),
	TIMEOUT(ESTABLISHED), TIMEOUT(CLOSING), TIMEOUT(UDP), TIMEOUT(OTHER), {} };
static const struct attribute stats_get[] = {
	{ CATS_A_STATS_IFINDEX, U32, 1, 12 }, {} };
static const struct attribute metric_get[] = {
	{ CATS_METRIC_A_METRIC_INSTANCE, ID, 0, 0 }, {} };
static const struct attribute threshold[] = {
	{ CATS_METRIC_A_THRESHOLD_INSTANCE, ID, 0, 0 },
	{ CATS_METRIC_A_THRESHOLD_KIND, U32, 0, 4 },
	{ CATS_METRIC_A_THRESHOLD_LEVEL, LEVEL, 0, 0 }, {} };

static const struct operation operations[] = {
	{ FUZZ_CATS, CATS_CMD_SID_GET, false, true, sid_get },
	{ FUZZ_CATS, CATS_CMD_SID_NEW, true, false, sid_new },
	{ FUZZ_CATS, CATS_CMD_SID_NEW, true, false, sid_new },
	{ FUZZ_CATS, CATS_CMD_SID_NEW, true, false, sid_new },
	{ FUZZ_CATS, CATS_CMD_SID_SET, false, false, sid_new },
	{ FUZZ_CATS, CATS_CMD_SID_DEL, false, false, sid_del },
	{ FUZZ_CATS, CATS_CMD_SID_FLUSH, false, false, sid_flush },
	{ FUZZ_CATS, CATS_CMD_INSTANCE_GET, false, true, instance_get },
	{ FUZZ_CATS, CATS_CMD_INSTANCE_NEW, true, false, instance_new },
	{ FUZZ_CATS, CATS_CMD_INSTANCE_NEW, true, false, instance_new },
	{ FUZZ_CATS, CATS_CMD_INSTANCE_SET, false, false, instance_new },
	{ FUZZ_CATS, CATS_CMD_INSTANCE_DEL, false, false, instance_get },
	{ FUZZ_CATS, CATS_CMD_INSTANCE_FLUSH, false, false, instance_flush },
	{ FUZZ_CATS, CATS_CMD_FLOW_GET, false, true, flow_get },
	{ FUZZ_CATS, CATS_CMD_FLOW_TABLE_GET, false, false, flow_table_get },
	{ FUZZ_CATS, CATS_CMD_FLOW_TABLE_SET, false, false, flow_table_set },
	{ FUZZ_CATS, CATS_CMD_STATS_GET, false, true, stats_get },
	{ FUZZ_METRIC, CATS_METRIC_CMD_METRIC_GET, false, true, metric_get },
	{ FUZZ_METRIC, CATS_METRIC_CMD_THRESHOLD_GET, false, true, threshold },
	{ FUZZ_METRIC, CATS_METRIC_CMD_THRESHOLD_SET, false, false, threshold },
	{ FUZZ_METRIC, CATS_METRIC_CMD_THRESHOLD_SET, false, false, threshold },
	{ FUZZ_METRIC, CATS_METRIC_CMD_THRESHOLD_DEL, false, false, threshold },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A few SIDs by local routes, as many by unicast routes to the device. */
void fuzz_sid(uint8_t sid[16], uint32_t n)
{
	inet_pton(AF_INET6, n % 2 ? "2001:db8:e1::" : "2001:db8:e2::", sid);
	sid[15] = (uint8_t)(n + 1);
}

void fuzz_id(uint8_t id[16], uint32_t n)
{
	inet_pton(AF_INET6, "::ffff:10.0.0.0", id);
	id[15] = (uint8_t)(n + 1);
}

static uint8_t *reserve(struct fuzz_buffer *b, size_t len)
{
	uint8_t *at = b->data + b->len;

	memset(at, 0, NLMSG_ALIGN(len));
	b->len += NLMSG_ALIGN(len);
	return at;
}

/* Now and then with another length or type than it should have. */
void fuzz_put(struct fuzz_buffer *b, uint16_t id, const void *data, size_t len)
{
	struct nlattr *attr;

	if (b->len + NLA_HDRLEN + len + 4 > FUZZ_DATAGRAM)
		return;
	attr = (struct nlattr *)reserve(b, NLA_HDRLEN + len);
	attr->nla_type = id;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy(attr + 1, data, len);
	if (fuzz_one_in(150))
		attr->nla_len = (uint16_t)fuzz_below(fuzz_one_in(2) ? 40 : 65536);
	if (fuzz_one_in(200))
		attr->nla_type = (uint16_t)fuzz_below(fuzz_one_in(2) ? 24 : 65536);
	if (fuzz_one_in(200))
		attr->nla_type ^= fuzz_one_in(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
}

static size_t nest(struct fuzz_buffer *b, uint16_t id)
{
	size_t start = b->len;

	fuzz_put(b, id | (fuzz_one_in(100) ? 0 : NLA_F_NESTED), NULL, 0);
	return start;
}

static void nest_end(struct fuzz_buffer *b, size_t start)
{
	struct nlattr *attr = (struct nlattr *)(b->data + start);

	if (!fuzz_one_in(100))
		attr->nla_len = (uint16_t)(b->len - start);
}

/* A right number, one of the borders, or any. */
static uint64_t number(const struct attribute *attr)
{
	static const uint64_t edge[] = {
		0, 1, 127, 128, 129, 255, 0x7fffffff, 0x80000000, 0xffffffff,
		0x7fffffffffffffff, 0xffffffffffffffff };

	if (fuzz_one_in(30))
		return fuzz_one_in(2) ? edge[fuzz_below(COUNT(edge))]
				      : fuzz_random();
	return attr->least + fuzz_below(attr->most - attr->least + 1);
}

static void put_number(struct fuzz_buffer *b, const struct attribute *attr)
{
	uint64_t value = number(attr);	/* low bytes first */

	fuzz_put(b, attr->id, &value, (size_t)1 << (attr->kind - U8));
}

/* Mostly the device that stays. */
static void put_device(struct fuzz_buffer *b, const struct attribute *attr)
{
	uint32_t ifindex = fuzz_one_in(4) ? (uint32_t)number(attr)
					  : if_nametoindex("cats0");

	fuzz_put(b, attr->id, &ifindex, sizeof(ifindex));
}

static void put_prefix(struct fuzz_buffer *b, uint16_t id)
{
	uint32_t i, count = fuzz_one_in(50) ? 60 + fuzz_below(10) : fuzz_below(3);
	uint8_t address[16] = {}, len;
	size_t start;

	for (i = 0; i < count; i++) {
		start = nest(b, id);
		inet_pton(AF_INET6, fuzz_one_in(2) ? "::ffff:203.0.113.0"
						   : "2001:db8:c5::", address);
		len = fuzz_one_in(20) ? (uint8_t)fuzz_random() : 120;
		if (!fuzz_one_in(50))
			fuzz_put(b, CATS_A_PREFIX_ADDRESS, address, 16);
		if (!fuzz_one_in(20))
			fuzz_put(b, CATS_A_PREFIX_LEN, &len, 1);
		nest_end(b, start);
	}
}

static void put_levels(struct fuzz_buffer *b, uint16_t id)
{
	uint32_t i, count = fuzz_one_in(20) ? fuzz_below(20) : 1 + fuzz_below(4);
	uint64_t rise = 0, fall;
	size_t start;

	for (i = 0; i < count; i++) {
		start = nest(b, id);
		rise += 1 + fuzz_below(20);
		fall = fuzz_one_in(10) ? fuzz_random() : rise;
		if (!fuzz_one_in(50))
			fuzz_put(b, CATS_METRIC_A_LEVEL_RISE, &rise, 8);
		if (!fuzz_one_in(3))
			fuzz_put(b, CATS_METRIC_A_LEVEL_FALL, &fall, 8);
		nest_end(b, start);
	}
}

static void put_address(struct fuzz_buffer *b, const struct attribute *attr)
{
	uint8_t address[16];

	if (attr->kind == SID)
		fuzz_sid(address, fuzz_below(FUZZ_SIDS));
	else
		fuzz_id(address, fuzz_below(FUZZ_IDS));
	if (attr->kind == NH6)
		inet_pton(AF_INET6, fuzz_one_in(4) ? "fe80::1" : "2001:db8:2::11",
			  address);
	if (attr->kind == NH4)
		inet_pton(AF_INET, "10.0.0.11", address);
	if (fuzz_one_in(40))
		fuzz_fill(address, 16);
	fuzz_put(b, attr->id, address, attr->kind == NH4 ? 4 : 16);
}

static void put_attribute(struct fuzz_buffer *b, const struct attribute *attr)
{
	switch (attr->kind) {
	case FLAG:
		fuzz_put(b, attr->id, NULL, 0);
		break;
	case DEV:
		put_device(b, attr);
		break;
	case PREFIX:
		put_prefix(b, attr->id);
		break;
	case LEVEL:
		put_levels(b, attr->id);
		break;
	case SID:
	case ID:
	case NH4:
	case NH6:
	case ADDRESS:
		put_address(b, attr);
		break;
	default:
		put_number(b, attr);
	}
}

static void put_garbage(struct fuzz_buffer *b)
{
	static uint8_t garbage[65531];
	size_t len = fuzz_one_in(50) ? sizeof(garbage) : fuzz_below(80);

	fuzz_fill(garbage, len < 256 ? len : 256);
	fuzz_put(b, (uint16_t)fuzz_below(24), garbage, len);
}

size_t fuzz_begin(struct fuzz_buffer *b, uint16_t type, uint8_t cmd,
		  uint16_t flags)
{
	size_t start = b->len;
	struct nlmsghdr *nlh = (struct nlmsghdr *)reserve(b, NLMSG_HDRLEN);
	struct genlmsghdr *genl = (struct genlmsghdr *)reserve(b, GENL_HDRLEN);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl->cmd = cmd;
	genl->version = 1;
	return start;
}

void fuzz_end(struct fuzz_buffer *b, size_t start)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(b->data + start);

	nlh->nlmsg_len = (uint32_t)(b->len - start);
}

/* Anything may be wrong but who it is for. */
static void spoil(struct fuzz_buffer *b, size_t start)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(b->data + start);
	uint32_t i, bytes = 1 + fuzz_below(4), len = nlh->nlmsg_len;

	switch (fuzz_below(4)) {
	case 0:
		nlh->nlmsg_len = fuzz_below(len + 40);
		break;
	case 1:
		nlh->nlmsg_flags = (uint16_t)fuzz_random() | NLM_F_REQUEST;
		break;
	case 2:
		b->data[start + NLMSG_HDRLEN] = (uint8_t)fuzz_below(32);
		break;
	default:
		for (i = 0; i < bytes; i++)
			b->data[start + NLMSG_HDRLEN +
				fuzz_below(len - NLMSG_HDRLEN)] =
				(uint8_t)fuzz_random();
	}
}

/* Which of an operation's attributes: what makes sense together, mostly. */
static bool wanted(const struct operation *op, const struct attribute *attr)
{
	if (attr == op->attr)
		return !fuzz_one_in(30);
	if (attr->kind == DEV || attr->id == CATS_A_SID_BEHAVIOR)
		return !fuzz_one_in(20);
	if (op->attr == sid_new && attr->kind != ID)
		return fuzz_one_in(4);
	return !fuzz_one_in(3);
}

/* What empties the tables comes less often. */
static const struct operation *any_operation(void)
{
	const struct operation *op = &operations[fuzz_below(COUNT(operations))];

	if ((op->attr == sid_flush || op->attr == instance_flush ||
	     op->attr == flow_table_set) && !fuzz_one_in(20))
		op = &operations[1];
	return op;
}

/* Adds a message to the datagram.  Return: whether it asks for a dump */
bool fuzz_message(struct fuzz_buffer *b)
{
	static const uint16_t new_flags[] = {
		0, NLM_F_CREATE, NLM_F_CREATE | NLM_F_EXCL, NLM_F_REPLACE,
		NLM_F_CREATE | NLM_F_REPLACE };
	const struct operation *op = any_operation();
	uint16_t flags = fuzz_one_in(8) ? 0 : NLM_F_ACK;
	const struct attribute *attr;
	bool dump = op->dump && fuzz_one_in(2);
	size_t start;

	if (op->is_new)
		flags |= new_flags[fuzz_below(COUNT(new_flags))];
	start = fuzz_begin(b, fuzz_family_id[op->family], op->cmd,
			   flags | (dump ? NLM_F_DUMP : 0));
	for (attr = op->attr; attr->id; attr++)
		if (dump ? fuzz_one_in(6) : wanted(op, attr))
			put_attribute(b, attr);
	if (fuzz_one_in(30))
		put_garbage(b);
	fuzz_end(b, start);
	if (fuzz_one_in(12))
		spoil(b, start);
	fuzz_stats.messages++;
	fuzz_stats.dumps += dump;
	return dump;
}
