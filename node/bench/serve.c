/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/serve.h"

#include <signal.h>

#include "node/bench/host.h"
#include "node/urls.h"
#include "p2p/base/attr.h"
#include "p2p/crypto/rng.h"

struct serve {
	const struct bench_serve_config *config;
	struct bench_host host;
	struct net_loop *loop;
	struct net_signal *signals[2];
	enum err rc;
	struct why why;
};

static void signalled(void *ctx, int signum)
{
	struct serve *s = ctx;

	(void)signum;
	bench_host_close(&s->host);
}

static void ready(void *ctx, enum err rc, const struct why *why)
{
	struct serve *s = ctx;
	struct enode self;
	struct urls urls;

	if (rc) {
		s->rc = rc;
		s->why = *why;
		bench_host_close(&s->host);
		return;
	}
	node_self(s->host.node, &self);
	urls_of(&urls, &self);
	s->config->started(s->config->ctx, urls.url[0]);
}

static void close_signals(struct serve *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->signals); i++)
		if (s->signals[i])
			net_signal_close(s->signals[i]);
}

static void closed(void *ctx)
{
	close_signals(ctx);
}

static enum err open_signals(struct serve *s, struct why *why)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	enum err rc = ERR_NONE;

	for (size_t i = 0; !rc && i < ARRAY_LEN(numbers); i++)
		rc = net_signal_open(&s->signals[i], s->loop, numbers[i],
				     signalled, s, why);
	return rc;
}

enum err bench_serve(const struct bench_serve_config *config, struct why *why)
{
	struct serve s = { .config = config };
	struct bench_host_config host = {
		.name = config->name,
		.plugin = config->plugin,
		.listen = config->listen,
		.ready = ready,
		.closed = closed,
		.ctx = &s,
	};
	enum err rc;

	crypto_init();
	rc = net_loop_open(&s.loop, why);
	if (rc)
		return rc;
	host.loop = s.loop;
	rc = open_signals(&s, why);
	if (!rc)
		rc = bench_host_open(&s.host, &host, why);
	if (rc)
		close_signals(&s);
	net_loop_run(s.loop);
	net_loop_close(s.loop);
	if (rc || !s.rc)
		return rc;
	*why = s.why;
	return s.rc;
}
