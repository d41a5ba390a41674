/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command shares with the kernel's egress half, opened once. */
#ifndef CATS_EGRESS_H
#define CATS_EGRESS_H

#include "args.h"
#include "egress_flow.h"
#include "instance.h"
#include "sid_install.h"
#include "threshold.h"

/**
 * egress_open - what SIDs are installed in
 * @load: have the kernel load cats.ko; without it stderr says, once, that
 *	seg6local takes its place
 * @e: result; its family is NULL where there is none
 *
 * Return: 0 or a negative errno with a message.
 */
int egress_open(bool load, struct cats_egress **e);

/**
 * egress_family - the family of SIDs, instances and flows
 * @load: have the kernel load cats.ko
 * @genl: result
 *
 * Return: 0; -ENOENT if there is none; another negative errno; with a message.
 */
int egress_family(bool load, struct cats_genl **genl);

/** egress_metrics - the family of metrics and thresholds, see there. */
int egress_metrics(struct cats_genl **genl);

/** egress_close - all of it. */
void egress_close(void);

/** show_sid - members of a SID, as text behind each other. */
void show_sid(const struct cats_sid *sid);

/** show_instance - members of an instance. */
void show_instance(const struct cats_instance *instance);

/** show_egress_flow - members of a flow, of a dump or an event. */
void show_egress_flow(const struct cats_egress_flow *flow);

/** show_threshold - members of a threshold, of a dump or an event. */
void show_threshold(const struct cats_threshold *threshold);

/** metric_kinds - by enum cats_metric_kind; NULL ends. */
extern const char *const metric_kinds[];

/** instance_flows - cats instance flows */
int instance_flows(struct args *args);
/** instance_table - cats instance table */
int instance_table(struct args *args);
/** instance_metric - cats instance metric */
int instance_metric(struct args *args);
/** instance_threshold - cats instance threshold */
int instance_threshold(struct args *args);

/** args_one_instance - [ CSCI-ID ] up to the end; *has says whether given. */
int args_one_instance(struct args *args, uint8_t *id, bool *has);

#endif /* CATS_EGRESS_H */
