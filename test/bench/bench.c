/* SPDX-License-Identifier: Apache-2.0 */
#include "test/bench/bench.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool json;
static double seconds_per_run = 0.1;
static size_t rows;

void bench_begin(int argc, char **argv, const char *title)
{
	/* As the program does: else large messages cost page faults. */
	mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			json = true;
		} else if (sscanf(argv[i], "--seconds-per-run=%lf",
				  &seconds_per_run) != 1) {
			fprintf(stderr,
				"usage: %s [--json] [--seconds-per-run=S]\n",
				argv[0]);
			exit(2);
		}
	}
	if (json)
		printf("[");
	else
		printf("%s\nmedian of %d rounds, contenders interleaved\n\n"
		       "%-34s %12s  %-8s %12s  %-22s %6s\n",
		       title, BENCH_ROUNDS, "", "weft", "", "other", "",
		       "ratio");
}

/* The thread's own time: what others do meanwhile is not ours. */
static double thread_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double seconds_of(struct bench_run r, size_t times)
{
	double start = thread_seconds();

	r.run(r.arg, times);
	return thread_seconds() - start;
}

/* How often, so that a run takes about seconds_per_run. */
static size_t times_for(struct bench_run r)
{
	size_t times = 1;

	for (;;) {
		double s = seconds_of(r, times);

		if (s >= seconds_per_run / 4)
			return (size_t)((double)times * seconds_per_run / s) +
			       1;
		times *= 2;
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, BENCH_ROUNDS, sizeof(*v), compare);
	return v[BENCH_ROUNDS / 2];
}

void bench_rate(const char *row, const char *unit, double per_run, double scale,
		struct bench_run ours, const char *other_name,
		struct bench_run other)
{
	double a[BENCH_ROUNDS], b[BENCH_ROUNDS], ratio[BENCH_ROUNDS];
	size_t na = times_for(ours);
	size_t nb = other.run ? times_for(other) : 0;

	for (int i = 0; i < BENCH_ROUNDS; i++) {
		a[i] = per_run * (double)na / seconds_of(ours, na) / scale;
		if (!other.run)
			continue;
		b[i] = per_run * (double)nb / seconds_of(other, nb) / scale;
		ratio[i] = a[i] / b[i];
	}
	if (json) {
		printf("%s\n{\"row\":\"%s\",\"unit\":\"%s\",\"weft\":%.6g",
		       rows ? "," : "", row, unit, median(a));
		if (other.run)
			printf(",\"other\":\"%s\",\"value\":%.6g,\"ratio\":%."
			       "3f",
			       other_name, median(b), median(ratio));
		printf("}");
	} else if (other.run) {
		printf("%-34s %12.1f  %-8s %12.1f  %-22s %6.2f\n", row,
		       median(a), unit, median(b), other_name, median(ratio));
	} else {
		printf("%-34s %12.1f  %-8s\n", row, median(a), unit);
	}
	fflush(stdout);
	rows++;
}

void bench_value(const char *row, const char *unit, double value)
{
	if (json)
		printf("%s\n{\"row\":\"%s\",\"unit\":\"%s\",\"weft\":%.6g}",
		       rows ? "," : "", row, unit, value);
	else
		printf("%-34s %12.1f  %-8s\n", row, value, unit);
	fflush(stdout);
	rows++;
}

int bench_end(void)
{
	if (json)
		printf("\n]\n");
	return rows ? 0 : 1;
}
