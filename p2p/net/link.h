/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - a circular list through its members, internal to p2p/net.
 *
 * Whoever is in a list can leave it without knowing which list it is. That is
 * what makes it safe to move a list to a local head and walk it while the
 * callbacks close members of it. */
#ifndef P2P_NET_LINK_H
#define P2P_NET_LINK_H

#include <stdbool.h>
#include <stddef.h>

/* A member, or the head; alone when it points to itself. Not to be copied. */
struct link {
	struct link *prev;
	struct link *next;
};

static inline void link_init(struct link *l)
{
	l->prev = l;
	l->next = l;
}

static inline bool link_is_alone(const struct link *l)
{
	return l->next == l;
}

/* link_leave - leave whatever list l is in; nothing if it is in none. */
static inline void link_leave(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	link_init(l);
}

/* link_append - put l, which is alone, at the end of the list of `head`. */
static inline void link_append(struct link *head, struct link *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

/* link_move - make `to` the head of all that `from` heads. */
static inline void link_move(struct link *to, struct link *from)
{
	link_append(from, to);
	link_leave(from);
}

/* link_pop - take the first member out; NULL when there is none. */
static inline struct link *link_pop(struct link *head)
{
	struct link *l = head->next;

	if (l == head)
		return NULL;
	link_leave(l);
	return l;
}

#endif
