/* SPDX-License-Identifier: Apache-2.0 */
/* test_outlet.c - outlets in front of pipes of one page. */
#include "node/outlet.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "test/support/unit.h"

enum {
	LONG_MS = 60000,
	MANY = 5000, /* lines of 100 bytes: more than pipe and outlet hold */
	HELD = OUTLET_MAX / 100,
};

struct scene {
	FILE *in;
	int fd;
	struct outlet *o;
};

static void scene_open(struct scene *s, enum show_form form)
{
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(fd), 0);
	cr_assert_geq(fcntl(fd[1], F_SETPIPE_SZ, 4096), 4096);
	s->in = fdopen(fd[0], "r");
	s->fd = fd[1];
	s->o = outlet_open(s->fd, form);
}

/* Only the outlet's descriptor is left: a reader comes to an end with it. */
static void *close_writers(void *arg)
{
	struct scene *s = arg;

	close(s->fd);
	outlet_drain(s->o, LONG_MS);
	outlet_close(s->o);
	return NULL;
}

static void say(struct scene *s, unsigned number)
{
	fprintf(outlet_stream(s->o), "%08u %090u\n", number, 0);
	fflush(outlet_stream(s->o));
}

struct account {
	unsigned next;	   /* number that the next line must have */
	unsigned told;	   /* lines */
	unsigned left_out; /* of them the notices speak */
	unsigned notices;
	char last[128];
};

static void read_line(struct account *a, const char *line)
{
	unsigned n;

	if (sscanf(line, "... %u lines left out", &n) == 1 ||
	    sscanf(line, "{\"event\":\"dropped_lines\",\"count\":%u}", &n) ==
		    1) {
		a->notices++;
		a->left_out += n;
		a->next += n;
		return;
	}
	cr_assert_eq(strlen(line), 100, "%s", line);
	cr_assert_eq(sscanf(line, "%u", &n), 1);
	cr_assert_eq(n, a->next, "%s", line);
	a->next++;
	a->told++;
}

static void read_all(struct scene *s, struct account *a)
{
	pthread_t closer;
	char line[128];

	memset(a, 0, sizeof(*a));
	cr_assert_eq(pthread_create(&closer, NULL, close_writers, s), 0);
	while (fgets(line, sizeof(line), s->in)) {
		read_line(a, line);
		strcpy(a->last, line);
	}
	pthread_join(closer, NULL);
	fclose(s->in);
}

Test(outlet, hands_every_line_on)
{
	struct account a;
	struct scene s;

	scene_open(&s, SHOW_AS_TEXT);
	for (unsigned i = 0; i < HELD; i++)
		say(&s, i);
	read_all(&s, &a);
	cr_assert_eq(a.told, HELD);
	cr_assert_eq(a.notices, 0);
}

static void leave_out(enum show_form form)
{
	struct account a;
	struct scene s;

	scene_open(&s, form);
	for (unsigned i = 0; i < MANY; i++)
		say(&s, i);
	read_all(&s, &a);
	cr_assert_eq(a.next, MANY);
	cr_assert_eq(a.told + a.left_out, MANY);
	cr_assert_geq(a.told, HELD);
	cr_assert_leq(a.told, HELD + 4096 / 100 + 1);
	cr_assert_eq(a.notices, 1);
	cr_assert_eq(a.last[0], form == SHOW_AS_JSON ? '{' : '.');
}

Test(outlet, never_waits_and_says_how_many_lines_are_missing)
{
	leave_out(SHOW_AS_TEXT);
}

Test(outlet, says_so_as_json_too)
{
	leave_out(SHOW_AS_JSON);
}

Test(outlet, goes_on_once_half_is_gone)
{
	struct account a = { 0 };
	char line[128];
	struct scene s;

	scene_open(&s, SHOW_AS_TEXT);
	for (unsigned i = 0; i < MANY; i++)
		say(&s, i);
	while (!a.notices) {
		cr_assert(fgets(line, sizeof(line), s.in));
		read_line(&a, line);
	}
	cr_assert_eq(a.next, MANY);
	/* It can be read before the thread that wrote it knows that it has. */
	cr_assert(outlet_drain(s.o, LONG_MS));
	for (unsigned i = 0; i < HELD; i++)
		say(&s, i);
	read_all(&s, &a);
	cr_assert_eq(a.told, HELD);
	cr_assert_eq(a.notices, 0);
}

Test(outlet, has_room_for_the_last_lines)
{
	enum {
		LAST = 100, /* lines; more than one write makes room for */
	};
	struct account a;
	struct scene s;

	scene_open(&s, SHOW_AS_TEXT);
	for (unsigned i = 0; i < MANY; i++)
		say(&s, i);
	outlet_last(s.o);
	for (unsigned i = 0; i < LAST; i++)
		say(&s, MANY + i);
	read_all(&s, &a);
	cr_assert_eq(a.next, MANY + LAST);
	cr_assert_eq(a.notices, 1);
	cr_assert_eq(strncmp(a.last, "00005099 ", 9), 0, "%s", a.last);
}

Test(outlet, leaves_a_line_out_that_is_too_long)
{
	struct account a;
	struct scene s;

	scene_open(&s, SHOW_AS_TEXT);
	say(&s, 0);
	for (int i = 0; i < OUTLET_LINE_MAX; i++)
		fputc('x', outlet_stream(s.o));
	fputc('\n', outlet_stream(s.o));
	fflush(outlet_stream(s.o));
	say(&s, 2);
	read_all(&s, &a);
	cr_assert_eq(a.told, 2);
	cr_assert_eq(a.left_out, 1);
}

Test(outlet, is_closed_though_nobody_reads)
{
	struct scene s;

	scene_open(&s, SHOW_AS_TEXT);
	for (unsigned i = 0; i < MANY; i++)
		say(&s, i);
	cr_assert_not(outlet_is_broken(s.o));
	cr_assert_not(outlet_drain(s.o, 10));
	cr_assert(outlet_is_broken(s.o));
	cr_assert_not(outlet_drain(s.o, LONG_MS)); /* at once */
	outlet_drain_all(LONG_MS);
	outlet_close(s.o);
	close(s.fd);
	fclose(s.in); /* ends the thread's write */
}

static atomic_uint breaks;

static void broke(void *ctx)
{
	(void)ctx;
	breaks++;
}

Test(outlet, tells_that_the_reader_is_gone)
{
	struct scene s;

	scene_open(&s, SHOW_AS_TEXT);
	outlet_watch(s.o, broke, NULL);
	fclose(s.in);
	say(&s, 0);
	cr_assert_not(outlet_drain(s.o, LONG_MS));
	cr_assert(outlet_is_broken(s.o));
	cr_assert_eq(breaks, 1);
	outlet_watch(s.o, broke, NULL); /* who comes late is told too */
	cr_assert_eq(breaks, 2);
	say(&s, 1);
	outlet_close(s.o);
	cr_assert_eq(breaks, 2);
	close(s.fd);
}

Test(outlet, waits_where_somebody_else_set_o_nonblock)
{
	struct account a;
	struct scene s;

	scene_open(&s, SHOW_AS_TEXT);
	cr_assert_eq(fcntl(s.fd, F_SETFL, O_NONBLOCK), 0);
	for (unsigned i = 0; i < HELD; i++)
		say(&s, i);
	read_all(&s, &a);
	cr_assert_eq(a.told, HELD);
}
