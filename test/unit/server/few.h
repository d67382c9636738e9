/* SPDX-License-Identifier: Apache-2.0 */
/* few.h - two or three nodes in one scene, which most tests here are about. */
#ifndef TEST_UNIT_SERVER_FEW_H
#define TEST_UNIT_SERVER_FEW_H

#include "test/unit/server/scene.h"

extern struct node a, b, c;

/* few_make - so many of them, not open yet: their config and limits may be
 * changed. */
void few_make(size_t count);

/* few_make_quick - the same; a dial that failed is soon made again. */
void few_make_quick(size_t count);

/* few_begin - open those. */
void few_begin(void);

/* few_open - few_make and few_begin. */
void few_open(size_t count);

/* few_join - begin, and a dials b. */
void few_join(void);
void few_close(void);

#endif
