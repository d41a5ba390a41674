/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failure detection in BPF: bpf/cats_stamp_watch.bpf.c */
#ifndef CATSD_NMA_WATCH_H
#define CATSD_NMA_WATCH_H

#include "frame.h"

struct nma_watch;

/**
 * nma_watch_open - load the programs onto the maps of a forwarder
 * @f: forwarder
 * @socket: UDP socket the answers come to; gets the filter
 * @port: of it
 * @watch: result
 *
 * Return: 0 or a negative errno with a message.
 */
int nma_watch_open(struct cats_forwarder *f, int socket, uint16_t port,
		   struct nma_watch **watch);

/** nma_watch_close - NULL is fine.  Timers of sessions not ended go on. */
void nma_watch_close(struct nma_watch *watch);

/** nma_watch_entry - of the session with this SSID, shared with the programs. */
struct stamp_watch *nma_watch_entry(struct nma_watch *watch, uint32_t ssid);

/** nma_watch_hear_prog - XDP program that takes answers; a file descriptor. */
int nma_watch_hear_prog(const struct nma_watch *watch);

/** nma_watch_answers - ring it puts them into; a file descriptor. */
int nma_watch_answers(const struct nma_watch *watch);

/** nma_watch_pulse - shared with the programs, see struct stamp_pulse. */
struct stamp_pulse *nma_watch_pulse(struct nma_watch *watch);

/** nma_watch_begin - its entry is filled in: start the timer; 0 or -errno. */
int nma_watch_begin(struct nma_watch *watch, uint32_t ssid);

/** nma_watch_end - the session is over; its timer stops by itself. */
void nma_watch_end(struct nma_watch *watch, uint32_t ssid);

#endif /* CATSD_NMA_WATCH_H */
