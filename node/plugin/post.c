/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/post.h"

#include <stdlib.h>
#include <weft/plugin.h>

#include "p2p/base/attr.h"

void posts_open(struct posts *p, struct net_loop *loop, void (*fire)(void *ctx),
		void *ctx)
{
	*p = (struct posts){ .async = net_async_open(loop, fire, ctx) };
	if (pthread_mutex_init(&p->lock, NULL))
		abort();
}

int posts_add(struct posts *p, void (*fn)(void *arg), void *arg)
{
	struct post *post = malloc(sizeof(*post));
	int rc = WEFT_OK;

	if (!post)
		abort();
	*post = (struct post){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&p->lock);
	if (p->closed) {
		rc = WEFT_ECLOSED;
	} else if (p->count >= POSTS_MAX) {
		rc = WEFT_ELIMIT;
	} else {
		if (p->last)
			p->last->next = post;
		else
			p->first = post;
		p->last = post;
		p->count++;
		/* Under the lock: a closed wake-up is never woken. */
		net_async_wake(p->async);
	}
	pthread_mutex_unlock(&p->lock);
	if (rc)
		free(post);
	return rc;
}

struct post *posts_take(struct posts *p)
{
	struct post *post;

	pthread_mutex_lock(&p->lock);
	post = p->first;
	if (post) {
		p->first = post->next;
		if (!p->first)
			p->last = NULL;
		p->count--;
	}
	pthread_mutex_unlock(&p->lock);
	return post;
}

void posts_return(struct posts *p, struct post *post)
{
	pthread_mutex_lock(&p->lock);
	post->next = p->first;
	p->first = post;
	if (!p->last)
		p->last = post;
	p->count++;
	pthread_mutex_unlock(&p->lock);
}

bool posts_is_empty(struct posts *p)
{
	bool is_empty;

	pthread_mutex_lock(&p->lock);
	is_empty = !p->first;
	pthread_mutex_unlock(&p->lock);
	return is_empty;
}

void posts_close(struct posts *p)
{
	bool was_closed;

	pthread_mutex_lock(&p->lock);
	was_closed = p->closed;
	p->closed = true;
	pthread_mutex_unlock(&p->lock);
	if (!was_closed)
		net_async_close(p->async);
}

void posts_clear(struct posts *p)
{
	struct post *post;

	while ((post = posts_take(p)))
		free(post);
	pthread_mutex_destroy(&p->lock);
}
