// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "error.h"
#include "log.h"
#include "mapped.h"
#include "sma/sma.h"

#define SLICES_MAX	10
#define PER_SLICE	50	/* instances, at least */
#define FILES_EACH	3	/* two of a control group, one check */
#define FILES_OTHER	256

static int setup_instance(struct sma *sma, struct sma_service *service,
			  const struct sma_service_config *of,
			  const struct sma_instance_config *config)
{
	struct sma_subject *subject = &sma->subjects[sma->subjects_count];
	const struct sma_health_config *health = config->health;
	int ret;

	ret = sma_subject_init(subject, service, sma->config.window_ms /
						  sma->config.sample_ms);
	if (ret)
		return ret;
	sma->subjects_count++;
	subject->config = config;
	/* as everybody else writes it, however the file does */
	mapped_parse(config->instance, subject->id);
	mapped_text(subject->id, subject->name);
	subject->has_cgroup = config->cgroup;
	ret = sma_cgroup_open(&subject->cgroup, sma->host.root,
			      sma->config.cgroup_root, config->cgroup);
	if (ret)
		return ret;
	if (!health)
		health = of->health;
	if (!health)
		return 0;
	subject->health = sma_health_new(sma->base, health, subject->id,
					 sma->subjects_count, sma_checked,
					 subject);
	return subject->health ? 0 : -ENOMEM;
}

static int setup_service(struct sma *sma, const struct sma_service_config *of)
{
	struct sma_service *service = &sma->services[sma->services_count++];
	uint32_t i;
	int ret;

	service->name = of->name;
	service->vrf = of->vrf;
	ret = sma_rules_make(&service->rules, &sma->config, of);
	if (ret)
		return ret;
	sma_weights_init(&service->weights, &service->rules, of->adapt);
	service->csid = json_array();
	for (i = 0; i < of->csid_count; i++)
		json_array_append_new(service->csid, json_string(of->csid[i]));
	sma_service_describe(service);
	for (i = 0; i < of->instances_count && !ret; i++)
		ret = setup_instance(sma, service, of, &of->instances[i]);
	return ret;
}

static int setup_host(struct sma *sma)
{
	int ret = sma_host_open(&sma->host, &sma->config);

	if (!ret)
		ret = sma_rules_make(&sma->host_service.rules, &sma->config,
				     NULL);
	if (!ret)
		ret = sma_subject_init(&sma->host_subject, &sma->host_service,
				       sma->config.window_ms /
					       sma->config.sample_ms);
	if (ret)
		return ret;
	sma->host_subject.is_host = true;
	strcpy(sma->host_subject.name, "host");
	sma_weights_init(&sma->host_service.weights, &sma->host_service.rules,
			 false);
	sma_service_describe(&sma->host_service);
	return 0;
}

static int compare_subjects(const void *a, const void *b)
{
	return memcmp((*(struct sma_subject *const *)a)->id,
		      (*(struct sma_subject *const *)b)->id, 16);
}

static int setup_services(struct sma *sma)
{
	const struct sma_config *c = &sma->config;
	uint32_t i, instances = 0;
	int ret = 0;

	for (i = 0; i < c->services_count; i++)
		instances += c->services[i].instances_count;
	sma->services = calloc(c->services_count + 1, sizeof(*sma->services));
	sma->subjects = calloc(instances + 1, sizeof(*sma->subjects));
	sma->by_id = calloc(instances + 1, sizeof(*sma->by_id));
	if (!sma->services || !sma->subjects || !sma->by_id)
		return cats_error(ENOMEM, "out of memory");
	for (i = 0; i < c->services_count && !ret; i++)
		ret = setup_service(sma, &c->services[i]);
	for (i = 0; i < sma->subjects_count; i++)
		sma->by_id[i] = &sma->subjects[i];
	qsort(sma->by_id, sma->subjects_count, sizeof(*sma->by_id),
	      compare_subjects);
	sma->slices = sma->subjects_count / PER_SLICE;
	if (sma->slices < 1)
		sma->slices = 1;
	if (sma->slices > SLICES_MAX)
		sma->slices = SLICES_MAX;
	return ret;
}

/* Files of control groups stay open; the usual limit is 1,024. */
static void raise_limit(const struct sma *sma)
{
	rlim_t need = sma->subjects_count * FILES_EACH + FILES_OTHER;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
	if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < need)
		catsd_log(LOG_WARNING, "sma: %u instances may need %lu files, %lu are allowed: what cannot be opened is unknown",
			  sma->subjects_count, (unsigned long)need,
			  (unsigned long)limit.rlim_cur);
}

int sma_setup(struct sma *sma, const struct sma_config *config)
{
	int ret;

	sma->config = sma_config_defaults(config);
	sma->nqi = NAN;
	sma->damping = (struct damping_config){
		.interval_ms = sma->config.interval_ms,
		.burst = sma->config.burst,
		.spacing_ms = sma->config.spacing_ms,
	};
	ret = sma_gradients_make(sma->gradients, &sma->config);
	if (!ret)
		ret = sma_nqi_rules_make(&sma->nqi_rules, &sma->config);
	if (!ret)
		ret = sma_words_init(&sma->words, sma->site, &sma->config);
	if (!ret)
		ret = setup_host(sma);
	if (!ret)
		ret = setup_services(sma);
	if (!ret)
		raise_limit(sma);
	return ret;
}

static void free_service(struct sma_service *service)
{
	json_decref(service->why_json);
	json_decref(service->weights_json);
	json_decref(service->functions);
	json_decref(service->csid);
}

void sma_teardown(struct sma *sma)
{
	uint32_t i;

	sma_egress_close(&sma->egress);
	for (i = 0; i < sma->subjects_count; i++)
		sma_subject_fini(&sma->subjects[i]);
	for (i = 0; i < sma->services_count; i++)
		free_service(&sma->services[i]);
	free(sma->by_id);
	free(sma->subjects);
	free(sma->services);
	sma_subject_fini(&sma->host_subject);
	free_service(&sma->host_service);
	sma_host_close(&sma->host);
	sma_words_fini(&sma->words);
}
