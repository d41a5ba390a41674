/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file of catsd. */
#ifndef CATSD_CONFIG_H
#define CATSD_CONFIG_H

#include <stdbool.h>

#define CATSD_CONFIG_FILE	"/etc/cats/catsd.yaml"
#define CATSD_CONTROL		"/run/cats/catsd.sock"

struct cmas_config;
struct hybrid_config;
struct egress_config;
struct model_config;
struct nma_config;
struct platform_config;
struct ps_config;
struct publish_config;
struct sma_config;
struct store_config;

/** struct openmetrics_config - section openmetrics; @listen: ADDRESS:PORT */
struct openmetrics_config {
	char *listen;
};

/**
 * struct tls_config - section tls: PEM files
 * @certificate: of this host, with its chain
 * @key: of it
 * @ca: who signs the certificates of the others
 */
struct tls_config {
	char *certificate;
	char *key;
	char *ca;
};

/**
 * struct catsd_config - the file; a section that is not there is NULL
 * @site: name of this site
 * @control: socket of `cats metric` and others
 */
struct catsd_config {
	char *site;
	char *control;
	struct openmetrics_config *openmetrics;
	struct tls_config *tls;
	struct store_config *store;
	struct publish_config *publish;
	struct ps_config *ps;
	struct loader_config *loader;
	struct sma_config *sma;
	struct nma_config *nma;
	struct platform_config *platform;
	struct cmas_config *cmas;
	struct hybrid_config *hybrid;
	struct egress_config *egress;
	struct model_config *model;
};

/**
 * catsd_config_load - read and check a file
 * @path: file
 * @config: result, to be freed; NULL if it fails
 *
 * Return: 0; -ENOENT and the like if it cannot be read, -EINVAL if it is wrong;
 * with a message that names line and key.
 */
int catsd_config_load(const char *path, struct catsd_config **config);

/** catsd_config_free - NULL is fine. */
void catsd_config_free(struct catsd_config *config);

/** CATSD_SECTIONS - X(name) for every section */
#define CATSD_SECTIONS(X)						\
	X(openmetrics)							\
	X(tls)								\
	X(store)							\
	X(publish)							\
	X(ps)								\
	X(loader)							\
	X(sma)								\
	X(nma)								\
	X(platform)							\
	X(cmas)								\
	X(hybrid)							\
	X(egress)							\
	X(model)

/** catsd_config_section - where a section is; NULL there: there is none */
void *const *catsd_config_section(const struct catsd_config *config,
				  const char *name);

/** catsd_config_same - does this section say the same in both files? */
bool catsd_config_same(const struct catsd_config *one,
		       const struct catsd_config *other, const char *name);

/** catsd_config_keep - the section is used where it was: swap it. */
void catsd_config_keep(struct catsd_config *fresh, struct catsd_config *old,
		       const char *name);

#endif /* CATSD_CONFIG_H */
