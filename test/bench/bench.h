/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - measure a few things side by side and print a table or JSON.
 *
 * Each row is measured in rounds, contenders interleaved within a round, since
 * figures drift on a busy machine while ratios within a round hold. What is
 * printed is the median of the rounds, by the thread's CPU time. */
#ifndef TEST_BENCH_BENCH_H
#define TEST_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BENCH_ROUNDS = 5
};

/* One contender: do the work `times` times. */
struct bench_run {
	void (*run)(void *arg, size_t times);
	void *arg;
};

/* bench_begin - read --json and --seconds-per-run=S; anything else prints usage
 * and exits 2. */
void bench_begin(int argc, char **argv, const char *title);

/* bench_rate - one row: `ours`, and beside it `other` (run NULL: none). The
 * figure is `per_run * times / seconds / scale`, such as bytes / 1e6 for
 * "MB/s". `other_name` says what the other is. */
void bench_rate(const char *row, const char *unit, double per_run, double scale,
		struct bench_run ours, const char *other_name,
		struct bench_run other);

/* bench_value - a row that was measured otherwise. */
void bench_value(const char *row, const char *unit, double value);

/* bench_end - close the output; the value for main to return. */
int bench_end(void);

#endif
