/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of the public service table (draft-zhangb-cats-cmas-01, Table 1), as
 * JSON:
 *
 *	id			Service ID
 *	name			Service Name
 *	input			Input, texts
 *	description		Service Description
 *	code			Service Running Code, where it is
 *	computing		Computing Requirement
 *	storage			Storage Requirement
 *	computing-time		Computing Time: max-us, min-us, note
 *	software		Software Dependency, texts
 *
 * and csid, the CS-ID that stands for the service in this network.
 */
#ifndef CATSD_PLATFORM_SERVICE_H
#define CATSD_PLATFORM_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#define SERVICE_PREFIX	"cmas/service/"

/**
 * service_check - is it a row?
 * @service: what came
 * @id: of the path; a member id must be the same
 *
 * Return: 0 or -EINVAL with a message that names the member.
 */
int service_check(const json_t *service, const char *id);

/** service_has_words - do all words of @search occur in it, in any column? */
bool service_has_words(const json_t *service, const char *search);

#endif /* CATSD_PLATFORM_SERVICE_H */
