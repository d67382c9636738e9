/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/measure.h"

#include "node/bench/inside.h"
#include "p2p/base/mono.h"
#include "p2p/crypto/rng.h"

static void read_cpu(const struct measuring *m, double *own, double *peer)
{
	usage_cpu(own, 0);
	*peer = 0;
	if (m->config->pid)
		usage_cpu(peer, m->config->pid);
}

void measuring_begin(struct measuring *m)
{
	read_cpu(m, &m->own_began, &m->peer_began);
	m->began = mono_now();
}

void measuring_end(struct measuring *m)
{
	struct measure *r = m->result;

	r->seconds = (double)mono_since_ns(mono_now(), m->began) / 1e9;
	read_cpu(m, &r->own_cpu, &r->peer_cpu);
	r->own_cpu -= m->own_began;
	r->peer_cpu -= m->peer_began;
}

void measuring_fail(struct measuring *m, enum err rc, const char *cause)
{
	if (!m->rc)
		m->rc = err_fail(&m->why, rc, "%s", cause);
}

enum err measure_run(struct measure *out, const struct measure_config *config,
		     struct why *why)
{
	struct measuring m = { .config = config, .result = out };
	enum err rc;

	*out = (struct measure){ 0 };
	crypto_init();
	rc = net_loop_open(&m.loop, why);
	if (rc)
		return rc;
	switch (config->shape.kind) {
	case SHAPE_WRITE:
	case SHAPE_TALK:
		drive_run(&m);
		break;
	case SHAPE_PING:
	case SHAPE_CONNECT:
	case SHAPE_IDLE:
	case SHAPE_IDLE_MESSAGE:
		dials_run(&m);
		break;
	case SHAPE_KINDS:
		break;
	}
	net_loop_close(m.loop);
	if (m.rc && why)
		*why = m.why;
	return m.rc;
}
