/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what a running node tells on standard output: that it started,
 * peers coming and going, dials that failed, what discovery came to, what
 * plugins say, and its sums at the end. For people as aligned text, for
 * programs as JSON lines.
 *
 * As text a dial that fails again and again for the same cause is told once.
 * Names and causes may come from peers; they are escaped here.
 *
 * Nothing here waits for whoever reads, report_stopped aside: see outlet.h. */
#ifndef NODE_REPORT_H
#define NODE_REPORT_H

#include "node/outlet.h"
#include "p2p/discover/discovery.h"
#include "p2p/server/server.h"

enum {
	REPORT_URLS_MAX = 2,
	REPORT_CAUSE_MAX = 160,
	REPORT_LAST_MS = 1000, /* for the last lines to be read */
};

struct report_dial {
	struct node_id id;
	char cause[REPORT_CAUSE_MAX]; /* told last; "" once it is a peer */
};

/* Start from report_init. */
struct report {
	FILE *out;
	struct outlet *outlet; /* behind out; NULL: out is in memory */
	enum show_form form;
	bool colour;
	bool terminal;
	bool spoke; /* something happened since the start */
	bool has_bootnodes;
	unsigned lonely;	   /* versions that nobody answered yet */
	unsigned told_lonely;	   /* those of which that was said */
	struct report_dial *dials; /* one per node to dial */
	size_t dial_count;
};

struct report_start {
	const char *name;
	const char *key_path;
	bool key_made;
	const char *datadir;
	const char *const *urls;	  /* the first is the one to hand on */
	size_t url_count;		  /* 1..REPORT_URLS_MAX */
	struct addr listen;		  /* port 0: not listening */
	bool moved;			  /* the default port was busy */
	const struct capability *offered; /* what the node speaks */
	size_t offered_count;
	struct node_id id;

	const struct discovery *discovery; /* NULL: there is none */
	struct addr asked;		   /* where it is, on UDP */
	size_t bootnodes;
	bool bootnode_only;
};

/* report_init - for a node that will dial at most `dials` others. Nobody else
 * may write to `out` until report_clear. */
void report_init(struct report *r, FILE *out, enum show_form form,
		 size_t dials);
void report_clear(struct report *r);

void report_started(struct report *r, const struct report_start *start);
void report_peer_added(struct report *r, const struct server_event *ev);
void report_peer_dropped(struct report *r, const struct server_event *ev);

enum report_next {
	REPORT_TRIED_AGAIN,
	REPORT_GIVEN_UP,
};

/* report_dial_failed - `cause` is a phrase. */
void report_dial_failed(struct report *r, const struct enode *node,
			const char *cause, enum report_next next);

/* report_found - what discovery tells: that it is ready, that somebody answers
 * then if nobody did, and that our record is a new one. */
void report_found(struct report *r, const struct discovery *d,
		  const struct discover_event *ev);

/* report_plugin - what a plugin has to say to whoever watches the node: its
 * log lines of level info. Of its pairs "id" is a peer, "sent" and "received"
 * are what went which way. As JSON the event is the plugin's name, with
 * "plugin_" before it where that is the name of another event. */
void report_plugin(struct report *r, const struct log_line *line);

/* report_stopped - `ns` is how long it ran. Waits for all lines to be taken,
 * but for at most REPORT_LAST_MS. */
void report_stopped(struct report *r, const struct server_counters *sums,
		    uint64_t ns);

/* report_is_broken - what is written no longer gets anywhere. */
bool report_is_broken(const struct report *r);

/* report_watch - wake the loop when it breaks; see outlet_watch. */
void report_watch(struct report *r, void (*broke)(void *ctx), void *ctx);

#endif
