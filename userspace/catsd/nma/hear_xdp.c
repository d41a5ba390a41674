// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach_xdp.h"
#include "error.h"
#include "hear_xdp.h"
#include "reflect_xdp.h"

/**
 * struct nma_hear_xdp - where the program is, and what it gives us
 * @ring: answers
 * @reflector: calls the program on devices it is on; NULL: none does
 * @link: devices of our own
 * @links: of them
 * @fn: whom to tell
 * @ctx: for @fn
 * @count: answers in @answers
 * @answers: read and not yet handed on
 */
struct nma_hear_xdp {
	struct ring_buffer *ring;
	struct nma_reflect_xdp *reflector;
	int link[NMA_DEVICES];
	uint32_t links;
	nma_heard_fn fn;
	void *ctx;
	uint32_t count;
	struct stamp_answer answers[NMA_HEARD];
};

static void hand_on(struct nma_hear_xdp *xdp)
{
	if (xdp->count)
		xdp->fn(xdp->ctx, xdp->answers, xdp->count);
	xdp->count = 0;
}

static int take(void *ctx, void *data, size_t len)
{
	struct nma_hear_xdp *xdp = ctx;

	(void)len;
	memcpy(&xdp->answers[xdp->count++], data, sizeof(xdp->answers[0]));
	if (xdp->count == NMA_HEARD)
		hand_on(xdp);
	return 0;
}

static bool reflects_on(const struct nma_reflector *reflector,
			const char *device)
{
	uint32_t i;

	if (!reflector || !reflector->xdp)
		return false;
	for (i = 0; i < reflector->config->devices_count; i++)
		if (!strcmp(reflector->config->devices[i], device))
			return true;
	return false;
}

static int begin(struct nma_hear_xdp *xdp, const char *device, int prog,
		 const struct nma_reflector *reflector)
{
	uint32_t ifindex;
	int fd, ret;

	if (!reflects_on(reflector, device)) {
		fd = nma_attach_xdp("nma", prog, device, &ifindex);
		if (fd < 0)
			return fd;
		xdp->link[xdp->links++] = fd;
		return 0;
	}
	if (xdp->reflector)
		return 0;
	ret = nma_reflect_xdp_next(reflector->xdp, prog);
	if (!ret)
		xdp->reflector = reflector->xdp;
	return ret;
}

int nma_hear_xdp_open(const struct nma_config *config,
		      const struct nma_watch *watch,
		      const struct nma_reflector *reflector,
		      struct nma_hear_xdp **result)
{
	struct nma_hear_xdp *xdp = calloc(1, sizeof(*xdp));
	uint32_t i;
	int ret = 0;

	if (!xdp)
		return cats_error_kernel(ENOMEM, "answers in XDP");
	xdp->ring = ring_buffer__new(nma_watch_answers(watch), take, xdp, NULL);
	if (!xdp->ring)
		ret = cats_error_kernel(errno, "answers in XDP");
	for (i = 0; !ret && i < config->devices_count; i++)
		ret = begin(xdp, config->devices[i],
			    nma_watch_hear_prog(watch), reflector);
	if (ret) {
		nma_hear_xdp_close(xdp);
		return ret;
	}
	*result = xdp;
	return 0;
}

void nma_hear_xdp_close(struct nma_hear_xdp *xdp)
{
	if (!xdp)
		return;
	while (xdp->links)
		close(xdp->link[--xdp->links]);
	if (xdp->reflector)
		nma_reflect_xdp_next(xdp->reflector, -1);
	ring_buffer__free(xdp->ring);
	free(xdp);
}

void nma_hear_xdp_read(struct nma_hear_xdp *xdp, nma_heard_fn fn, void *ctx)
{
	xdp->fn = fn;
	xdp->ctx = ctx;
	ring_buffer__consume(xdp->ring);
	hand_on(xdp);
}
