/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * The Computing-Aware Routing Header as it stands on the wire
 * (draft-peng-cats-car-architecture-00).  Documentation/carh.md says what the
 * draft leaves open.  Network byte order; offsets, not structs.
 */
#ifndef CATS_CARH_WIRE_H
#define CATS_CARH_WIRE_H

/** CARH_VERSION - the only one there is; the draft does not give a number. */
#define CARH_VERSION		1

#define CARH_LEN		12	/* without any CAI */
#define CARH_FIRST		0	/* version 4 bits, TTL 12 bits */
#define CARH_LENGTH		2	/* octets of the whole, 16 bits */
#define CARH_TIMESTAMP		4	/* NTP, RFC 5905 section 6, 64 bits */
#define CARH_VERSION_SHIFT	12
#define CARH_TTL_MASK		0x0fff	/* seconds */

/**
 * CARH_TTL_SEND_MAX - longest time to live that is sent: the draft's text gives
 * the field 8 bits, its figure 12, and up to here both mean the same.
 */
#define CARH_TTL_SEND_MAX	255

#define CAI_LEN			4	/* type 8 bits, value 24 bits */
#define CAI_VALUE_MASK		0xffffff
#define CAI_UNKNOWN		0xffffff	/* there is no value */
#define CAI_SATURATED		0xfffffe	/* more than the type can say */
#define CAI_MAX			0xfffffd

/** enum cai_type - what a CAI is about; in brackets the unit of its value */
enum cai_type {
	CAI_CPU_UTILISATION	= 0x01,	/* 0.01 % */
	CAI_CPU_FREQUENCY	= 0x02,	/* MHz */
	CAI_CPU_CORES		= 0x03,	/* physical cores */
	CAI_MEMORY_UTILISATION	= 0x04,	/* 0.01 % */
	CAI_MEMORY_FREQUENCY	= 0x05,	/* MB/s of a module */
	CAI_STORAGE_UTILISATION	= 0x06,	/* 0.01 % */
	CAI_GPU_MEMORY		= 0x07,	/* MiB, capacity */
	CAI_GPU_UTILISATION	= 0x08,	/* 0.01 % */
	CAI_ENERGY_FIRST	= 0x10,	/* reserved for energy metrics */
	CAI_ENERGY_LAST		= 0x1f,
	CAI_PRIVATE_FIRST	= 0xe0,	/* by agreement of both ends */
	CAI_PRIVATE_LAST	= 0xef,
	CAI_CPS			= 0xf0,	/* score 0..1000 */
	CAI_NQI			= 0xf1,	/* score 0..1000 */
};

/** CARH_UDP_PORT - where captures and the dissector look for one a datagram. */
#define CARH_UDP_PORT		49380

#endif /* CATS_CARH_WIRE_H */
