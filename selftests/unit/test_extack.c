// SPDX-License-Identifier: GPL-2.0-or-later
/* Extended acknowledgements, well-formed and not, as a kernel might send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "extack.h"

#define MISS_TYPE	5

/*
 * struct packet - a message being built
 */
struct packet {
	_Alignas(8) char data[512];
	uint32_t len;
};

static struct nlmsghdr *header(struct packet *p)
{
	return (struct nlmsghdr *)p->data;
}

static void add(struct packet *p, const void *data, uint32_t len)
{
	memcpy(p->data + p->len, data, len);
	p->len += NLMSG_ALIGN(len);
	header(p)->nlmsg_len = p->len;
}

static void add_attr(struct packet *p, uint16_t type, const void *data,
		     uint32_t len)
{
	struct nlattr attr = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	add(p, &attr, sizeof(attr));
	add(p, data, len);
}

static void start(struct packet *p, uint16_t type, uint16_t flags, int err)
{
	struct nlmsghdr nlh = { .nlmsg_type = type, .nlmsg_flags = flags };
	struct nlmsgerr e = { .error = err };

	memset(p, 0, sizeof(*p));
	e.msg.nlmsg_len = NLMSG_HDRLEN;
	add(p, &nlh, sizeof(nlh));
	if (type == NLMSG_DONE)
		add(p, &err, sizeof(err));
	else
		add(p, &e, sizeof(e));
}

static struct cats_extack parse(struct packet *p)
{
	struct cats_extack extack;

	cats_extack_parse(header(p), &extack);
	return extack;
}

static void test_message(void **state)
{
	struct cats_extack extack;
	struct packet p;

	(void)state;
	start(&p, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -EEXIST);
	add_attr(&p, NLMSGERR_ATTR_MSG, "SID exists already.", 20);
	extack = parse(&p);
	assert_int_equal(extack.err, EEXIST);
	assert_string_equal(extack.message, "SID exists already");
	assert_int_equal(cats_extack_error(&extack, "adding", NULL), -EEXIST);
	assert_string_equal(cats_error_message(), "SID exists already");
}

static void test_missing(void **state)
{
	static const char *const name[] = { [3] = "action" };
	struct cats_attr_names names = { name, 4 };
	struct cats_extack extack;
	uint32_t missing = 3;
	struct packet p;

	(void)state;
	start(&p, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -EINVAL);
	add_attr(&p, MISS_TYPE, &missing, 4);
	extack = parse(&p);
	/* not EINVAL, which is for wrong arguments */
	assert_int_equal(cats_extack_error(&extack, "adding", &names), -EIO);
	assert_string_equal(cats_error_message(), "adding: action is missing");
	cats_extack_error(&extack, "adding", NULL);
	assert_string_equal(cats_error_message(),
			    "adding: attribute 3 is missing");
	extack.missing = 4;
	cats_extack_error(&extack, "adding", &names);
	assert_string_equal(cats_error_message(),
			    "adding: attribute 4 is missing");
}

static void test_without_message(void **state)
{
	struct cats_extack extack;
	struct packet p;

	(void)state;
	start(&p, NLMSG_ERROR, NLM_F_CAPPED, -ENOENT);
	extack = parse(&p);
	cats_extack_error(&extack, "reading", NULL);
	assert_string_equal(cats_error_message(),
			    "reading: No such file or directory");
	start(&p, NLMSG_ERROR, NLM_F_CAPPED, -EPERM);
	extack = parse(&p);
	cats_extack_error(&extack, "adding", NULL);
	assert_string_equal(cats_error_message(),
			    "adding: needs CAP_NET_ADMIN, as root has");
}

/* Success with a warning, and the end of a dump with an error. */
static void test_other_ends(void **state)
{
	struct cats_extack extack;
	struct packet p;

	(void)state;
	start(&p, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, 0);
	add_attr(&p, NLMSGERR_ATTR_MSG, "beware", 7);
	extack = parse(&p);
	assert_int_equal(extack.err, 0);
	assert_string_equal(extack.message, "beware");
	start(&p, NLMSG_DONE, NLM_F_ACK_TLVS, -ENODEV);
	add_attr(&p, NLMSGERR_ATTR_MSG, "gone", 5);
	extack = parse(&p);
	assert_int_equal(extack.err, ENODEV);
	assert_string_equal(extack.message, "gone");
	start(&p, NLMSG_DONE, 0, 0);
	assert_int_equal(parse(&p).err, 0);
}

/* Without NLM_F_CAPPED the request stands in front of the attributes. */
static void test_with_request(void **state)
{
	static const char request[30] = "request";
	struct packet p;

	(void)state;
	start(&p, NLMSG_ERROR, NLM_F_ACK_TLVS, -EBUSY);
	((struct nlmsgerr *)(p.data + NLMSG_HDRLEN))->msg.nlmsg_len =
		NLMSG_HDRLEN + sizeof(request);
	add(&p, request, sizeof(request));
	add_attr(&p, NLMSGERR_ATTR_MSG, "in use", 7);
	assert_string_equal(parse(&p).message, "in use");
	/* a length that leads out of the message */
	((struct nlmsgerr *)(p.data + NLMSG_HDRLEN))->msg.nlmsg_len = 60000;
	assert_int_equal(parse(&p).err, EBUSY);
	assert_string_equal(parse(&p).message, "");
}

/* The sanitizer sees every byte that is read behind the end. */
static void parse_cut(const struct packet *p, uint32_t len)
{
	struct nlmsghdr *cut = malloc(len);
	struct cats_extack extack;

	assert_non_null(cut);
	memcpy(cut, p->data, len);
	cut->nlmsg_len = len;
	cats_extack_parse(cut, &extack);
	free(cut);
}

static void test_malformed(void **state)
{
	struct cats_extack extack;
	char text[300];
	struct packet p;
	uint32_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	start(&p, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -EINVAL);
	add_attr(&p, NLMSGERR_ATTR_MSG, text, sizeof(text));
	extack = parse(&p);
	assert_int_equal(strlen(extack.message), sizeof(extack.message) - 1);
	/* every length it might be cut to */
	for (len = NLMSG_HDRLEN; len < p.len; len++)
		parse_cut(&p, len);
	start(&p, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -EINVAL);
	add_attr(&p, MISS_TYPE, text, 2);
	assert_int_equal(parse(&p).missing, 0);
	header(&p)->nlmsg_len = NLMSG_HDRLEN;
	assert_int_equal(parse(&p).err, EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_without_message),
		cmocka_unit_test(test_other_ends),
		cmocka_unit_test(test_with_request),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
