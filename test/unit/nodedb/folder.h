/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - a folder of the test's own, with a node database in it. */
#ifndef TEST_UNIT_NODEDB_FOLDER_H
#define TEST_UNIT_NODEDB_FOLDER_H

#include "p2p/nodedb/nodedb.h"

/* Made by folder_open, gone with folder_close. */
extern char folder[PATH_MAX];
extern char folder_db[PATH_MAX];   /* folder/nodes, not made */
extern char folder_file[PATH_MAX]; /* folder/nodes/data.mdb */
extern const struct node_id folder_self;

void folder_open(void);
void folder_close(void);

/* A database that is open. */
struct opened {
	struct nodedb *db;
	struct known *k;
	struct nodedb_news news;
};

/* open_db - that must work. */
struct opened open_db(void);
void close_db(struct opened *o);

/* write_db - everything that changed, and seq unless it is 0. */
void write_db(struct opened *o, uint64_t seq);

/* fill_db - nodes from..to-1, each with a record that is seq 1. */
void fill_db(struct opened *o, unsigned from, unsigned to);

void put_file(const char *path, struct span bytes);

/* get_file - the caller frees data. */
struct span get_file(const char *path);

bool is_file(const char *path);

#endif
