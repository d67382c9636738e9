/* SPDX-License-Identifier: Apache-2.0 */
/* test_server.c - <weft/server.h> as programs use it, through libweft. Servers
 * are on loopback, on ports that the system picks. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <weft/server.h>

#include "test/support/unit.h"

enum {
	DEADLINE_S = 60,
	EVENTS_MAX = 64,
};

/* What was told, as the test waits for it. */
struct diary {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct weft_server_event events[EVENTS_MAX];
	struct weft_peer_facts peers[EVENTS_MAX];
	char enode[EVENTS_MAX][512];
	size_t count;
	int numbers[16]; /* a test's own counts */
};

static void init(struct diary *d)
{
	memset(d, 0, sizeof(*d));
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->more, NULL);
}

static void note(void *ctx, const struct weft_server_event *event)
{
	struct diary *d = ctx;

	pthread_mutex_lock(&d->lock);
	if (d->count < EVENTS_MAX) {
		d->events[d->count] = *event;
		if (event->peer)
			d->peers[d->count] = *event->peer;
		if (event->enode)
			snprintf(d->enode[d->count], 512, "%s", event->enode);
		d->count++;
	}
	pthread_cond_broadcast(&d->more);
	pthread_mutex_unlock(&d->lock);
}

static void add(struct diary *d, size_t which, int n)
{
	pthread_mutex_lock(&d->lock);
	d->numbers[which] += n;
	pthread_cond_broadcast(&d->more);
	pthread_mutex_unlock(&d->lock);
}

/* Under the lock; false when nothing has changed for too long. */
static bool await_change(struct diary *d)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_S;
	return pthread_cond_timedwait(&d->more, &d->lock, &until) != ETIMEDOUT;
}

/* The place of the nth event of this kind; EVENTS_MAX when it did not come. */
static size_t await(struct diary *d, uint32_t kind, size_t nth)
{
	size_t found, at;

	pthread_mutex_lock(&d->lock);
	do {
		found = 0;
		for (at = 0; at < d->count; at++)
			if (d->events[at].kind == kind && ++found == nth)
				goto out;
		at = EVENTS_MAX;
	} while (await_change(d));
out:
	pthread_mutex_unlock(&d->lock);
	return at;
}

static bool reach(struct diary *d, size_t which, int n)
{
	bool rc = true;

	pthread_mutex_lock(&d->lock);
	while (rc && d->numbers[which] < n)
		rc = await_change(d);
	pthread_mutex_unlock(&d->lock);
	return rc;
}

static struct weft_server_config config_of(struct diary *d)
{
	return (struct weft_server_config){
		.size = sizeof(struct weft_server_config),
		.name = "one",
		.listen = "127.0.0.1:0",
		.event = d ? note : NULL,
		.ctx = d,
	};
}

static struct weft_server *open_server(const struct weft_server_config *config)
{
	struct weft_server *s = NULL;
	char why[WEFT_WHY] = "";

	cr_assert_eq(weft_server_open(&s, config, why), 0, "%s", why);
	return s;
}

static void start_server(struct weft_server *s)
{
	char why[WEFT_WHY] = "";

	cr_assert_eq(weft_server_start(s, why), 0, "%s", why);
}

/* --- the protocol: each side says its name once, and counts what it heard --
 */

enum {
	HEARD,
	ENDED,
	POSTED,
	TICKED,
};

static int name_run(struct weft_peer *peer, struct weft_channel *ch,
		    void *state)
{
	struct weft_peer_facts facts;
	struct weft_msg msg;
	char *text;
	int rc;

	rc = weft_peer_facts(peer, &facts);
	if (!rc)
		rc = weft_send(ch, 1, "[s]", facts.name);
	while (!rc && (rc = weft_read(ch, &msg)) == 0) {
		rc = weft_unpack(&msg, "[s]", &text);
		if (!rc)
			add(state, HEARD, 1);
	}
	add(state, ENDED, 1);
	return rc;
}

static const struct weft_protocol name_1 = {
	.size = sizeof(name_1),
	.name = "name",
	.version = 1,
	.codes = 2,
	.run = name_run,
};

/* --- the configuration -----------------------------------------------------
 */

static void refuses(struct weft_server_config c, int rc, const char *part)
{
	struct weft_server *s = NULL;
	char why[WEFT_WHY] = "";

	cr_assert_eq(weft_server_open(&s, &c, why), rc, "%s: %s", part, why);
	cr_assert_not_null(strstr(why, part), "%s", why);
	cr_assert_null(s);
	/* Nobody has to ask why. */
	cr_assert_eq(weft_server_open(&s, &c, NULL), rc);
}

Test(embed, says_what_is_wrong_with_a_configuration)
{
	static const uint8_t zeros[32], one[32] = { [31] = 1 };
	static const char *const nodes[] = { "enode://12", NULL };
	struct weft_server_config c = config_of(NULL);
	char name[129];

	memset(name, 'n', 128);
	name[128] = '\0';
	c.name = name;
	refuses(c, WEFT_EINVAL, "name");
	c = config_of(NULL);
	c.listen = "localhost:http";
	refuses(c, WEFT_EINVAL, "localhost:http");
	c = config_of(NULL);
	c.key = zeros;
	refuses(c, WEFT_EINVAL, "key");
	c.key = one;
	c.key_file = "/nowhere/key";
	refuses(c, WEFT_EINVAL, "one of them");
	c.key = NULL;
	refuses(c, WEFT_EFAIL, "/nowhere/key");
	c = config_of(NULL);
	c.static_nodes = nodes;
	refuses(c, WEFT_EINVAL, "static_nodes[0]");
	c = config_of(NULL);
	c.log_level = WEFT_LOG_DEBUG + 1;
	refuses(c, WEFT_EINVAL, "log_level");
}

Test(embed, nodes_are_named_by_records_too)
{
	/* With a TCP port, and with UDP alone. */
	static const char dialable[] =
		"enr:-IK4QM2u2Hi9SbPmQg98JtmF_iZIEQuyBdQrtH5pMFjXUJbMLVRLr6KN"
		"kW9x--V9XFukzmaG1mZvZZbSx9117_3TJAABgmlkgnY0gmlwhH8AAAGJc2Vj"
		"cDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN0Y3AB";
	static const char not_so[] =
		"enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04j"
		"RzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2Vj"
		"cDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCC"
		"dl8";
	const char *nodes[] = { dialable, NULL };
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s;

	c.static_nodes = nodes;
	s = open_server(&c);
	start_server(s);
	cr_assert_eq(weft_server_remove_peer(s, dialable), 0);
	cr_assert_eq(weft_server_add_peer(s, not_so), WEFT_EINVAL);
	weft_server_close(s);
	nodes[0] = not_so;
	refuses(c, WEFT_EINVAL, "no TCP port in the record");
}

Test(embed, a_port_in_use_is_found_out_when_it_opens)
{
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s = open_server(&c);
	const char *at = strchr(weft_server_enode(s), '@');

	cr_assert_not_null(at);
	c.listen = at + 1;
	refuses(c, WEFT_EFAIL, at + 1);
	weft_server_close(s);
}

Test(embed, keeps_its_identity_in_a_file)
{
	char folder[] = "/tmp/weft-embed-XXXXXX", path[64], first[512];
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s;
	struct stat st;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/key", folder);
	c.key_file = path;
	s = open_server(&c);
	snprintf(first, sizeof(first), "%.136s", weft_server_enode(s));
	weft_server_close(s);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	s = open_server(&c);
	cr_assert_eq(strncmp(first, weft_server_enode(s), 136), 0);
	weft_server_close(s);
	unlink(path);
	rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

Test(embed, opens_a_sealed_key_and_never_asks_for_the_passphrase)
{
	/* The scalar 1 under "p", sealed by Go's x/crypto. */
	static const char sealed[] =
		"weft-sealed-key 1 argon2id 1 8 AAAAAAAAAAAAAAAAAAAAAA "
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
		"otKrhLKXoyoBPA9tJZrRX5xQ7u4PU_vtUpseaTKRDS__"
		"MXGyfkeapzxMdRAMx89Q";
	struct weft_server_config c = config_of(NULL);
	char folder[] = "/tmp/embed-XXXXXX";
	char key[64], secret[64];
	struct weft_server *s;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(key, sizeof(key), "%s/key", folder);
	snprintf(secret, sizeof(secret), "%s/secret", folder);
	write_file(key, sealed);
	write_file(secret, "p\n");
	c.key_file = key;
	refuses(c, WEFT_EFAIL, "sealed, and no passphrase was given");
	c.passphrase_file = secret;
	s = open_server(&c);
	cr_assert_eq(strncmp(weft_server_enode(s), "enode://79be667e", 16), 0);
	weft_server_close(s);
	unlink(key);
	unlink(secret);
	rmdir(folder);
}

Test(embed, has_the_key_it_was_given)
{
	/* The public key of the scalar 1 is the curve's generator. */
	static const uint8_t one[32] = { [31] = 1 };
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s;

	c.key = one;
	c.listen = NULL;
	s = open_server(&c);
	cr_assert_eq(strncmp(weft_server_enode(s),
			     "enode://79be667ef9dcbbac55a06295ce870b07029bfcdb"
			     "2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc"
			     "0e1108a8fd17b448a68554199c47d08ffb10d4b8",
			     136),
		     0);
	weft_server_close(s);
}

Test(embed, takes_a_configuration_from_an_older_header)
{
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s;

	/* From before `listen`: what follows may be anything. */
	c.size = offsetof(struct weft_server_config, listen);
	c.key_file = "/nowhere/key";
	s = open_server(&c);
	cr_assert_null(strchr(weft_server_enode(s), '@'));
	weft_server_close(s);
}

/* --- a life ------------------------------------------------------------------
 */

Test(embed, closes_from_every_stage)
{
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s = open_server(&c);

	weft_server_close(NULL);
	cr_assert_null(weft_server_host(NULL));
	weft_server_close(s);

	s = open_server(&c);
	weft_server_stop(s);
	weft_server_stop(s);
	weft_server_close(s);

	s = open_server(&c);
	start_server(s);
	weft_server_close(s);

	s = open_server(&c);
	weft_server_stop(s);
	cr_assert_eq(weft_server_run(s, NULL), 0);
	weft_server_close(s);
}

Test(embed, starts_once)
{
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s = open_server(&c);
	char why[WEFT_WHY];

	start_server(s);
	cr_assert_eq(weft_server_start(s, why), WEFT_EINVAL);
	cr_assert_not_null(strstr(why, "before"));
	cr_assert_eq(weft_server_run(s, why), WEFT_EINVAL);
	weft_server_close(s);
}

Test(embed, refuses_a_protocol_twice_and_what_hello_cannot_carry)
{
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s = open_server(&c);
	struct weft_protocol p = name_1;
	struct weft_host *host = weft_server_host(s);

	cr_assert_eq(weft_protocol_add(host, &p, NULL), 0);
	cr_assert_eq(weft_protocol_add(host, &p, NULL), WEFT_EEXIST);
	p.version = 2;
	cr_assert_eq(weft_protocol_add(host, &p, NULL), 0);
	p.name = "";
	cr_assert_eq(weft_protocol_add(host, &p, NULL), WEFT_EINVAL);
	start_server(s);
	weft_server_close(s);
}

struct asked {
	struct weft_server *server;
	struct diary *diary;
	int rc;
};

static void add_late(void *arg)
{
	struct asked *a = arg;

	a->rc = weft_protocol_add(weft_server_host(a->server), &name_1, NULL);
	add(a->diary, POSTED, 1);
}

Test(embed, runs_what_other_threads_post_and_takes_no_protocol_then)
{
	struct asked a = { .rc = 1 };
	struct weft_server_config c;
	struct diary d;

	init(&d);
	c = config_of(&d);
	a.diary = &d;
	a.server = open_server(&c);
	start_server(a.server);
	cr_assert_eq(weft_post(weft_server_host(a.server), add_late, &a), 0);
	cr_assert(reach(&d, POSTED, 1));
	cr_assert_eq(a.rc, WEFT_EINVAL);
	weft_server_close(a.server);
}

static void tick(void *arg)
{
	add(arg, TICKED, 1);
}

static int tick_in_fiber(void *arg)
{
	add(arg, TICKED, 100);
	return 0;
}

Test(embed, timers_and_fibers_made_before_the_start_run_after_it)
{
	struct weft_server_config c;
	struct weft_server *s;
	struct diary d;

	init(&d);
	c = config_of(&d);
	s = open_server(&c);
	cr_assert_not_null(
		weft_every(weft_server_host(s), WEFT_MS(1), tick, &d));
	cr_assert_eq(weft_go(weft_server_host(s), tick_in_fiber, &d), 0);
	start_server(s);
	cr_assert(reach(&d, TICKED, 103));
	weft_server_close(s);
}

/* --- two servers -------------------------------------------------------------
 */

struct pair {
	struct weft_server *a, *b;
	struct diary at_a, at_b;
};

/* b dials a. */
static void open_pair(struct pair *p)
{
	const char *nodes[2] = { NULL, NULL };
	struct weft_server_config c;

	init(&p->at_a);
	init(&p->at_b);
	c = config_of(&p->at_a);
	c.name = "alice";
	p->a = open_server(&c);
	cr_assert_eq(
		weft_protocol_add(weft_server_host(p->a), &name_1, &p->at_a),
		0);
	start_server(p->a);

	c = config_of(&p->at_b);
	c.name = "bob";
	c.listen = NULL;
	nodes[0] = weft_server_enode(p->a);
	c.static_nodes = nodes;
	p->b = open_server(&c);
	cr_assert_eq(
		weft_protocol_add(weft_server_host(p->b), &name_1, &p->at_b),
		0);
	start_server(p->b);
}

static void close_pair(struct pair *p)
{
	weft_server_close(p->b);
	weft_server_close(p->a);
}

Test(embed, two_servers_talk)
{
	struct pair p;
	size_t at;

	open_pair(&p);
	cr_assert(reach(&p.at_a, HEARD, 1));
	cr_assert(reach(&p.at_b, HEARD, 1));
	cr_assert_eq(weft_server_peers(p.a), 1);
	cr_assert_eq(weft_server_peers(p.b), 1);

	cr_assert_eq(await(&p.at_a, WEFT_EVENT_STARTED, 1), 0);
	cr_assert_str_eq(p.at_a.enode[0], weft_server_enode(p.a));
	at = await(&p.at_a, WEFT_EVENT_PEER_ADDED, 1);
	cr_assert_eq(at, 1);
	cr_assert_eq(p.at_a.events[at].peers, 1);
	cr_assert_str_eq(p.at_a.peers[at].name, "bob");
	cr_assert_eq(p.at_a.peers[at].inbound, 1);
	at = await(&p.at_b, WEFT_EVENT_PEER_ADDED, 1);
	cr_assert_str_eq(p.at_b.peers[at].name, "alice");
	cr_assert_eq(p.at_b.peers[at].inbound, 0);
	close_pair(&p);
}

/* One byte is too little even for a handshake. */
Test(embed, gives_its_peers_no_more_memory_than_was_said)
{
	struct weft_server_config c;
	struct diary d;
	struct weft_server *a, *b;

	init(&d);
	c = config_of(&d);
	a = open_server(&c);
	c = config_of(NULL);
	c.memory = 1;
	b = open_server(&c);
	start_server(a);
	start_server(b);
	cr_assert_eq(weft_server_add_peer(a, weft_server_enode(b)), 0);
	cr_assert_lt(await(&d, WEFT_EVENT_DIAL_FAILED, 1), EVENTS_MAX);
	weft_server_close(a);
	weft_server_close(b);
}

Test(embed, a_stop_ends_sessions_with_a_word_and_every_fiber)
{
	struct pair p;
	size_t at;

	open_pair(&p);
	cr_assert(reach(&p.at_a, HEARD, 1));
	cr_assert(reach(&p.at_b, HEARD, 1));
	weft_server_stop(p.a);
	at = await(&p.at_b, WEFT_EVENT_PEER_DROPPED, 1);
	cr_assert_lt(at, EVENTS_MAX);
	cr_assert_eq(p.at_b.events[at].reason, 0x08);
	cr_assert_eq(p.at_b.events[at].peers, 0);
	cr_assert(reach(&p.at_a, ENDED, 1));
	cr_assert(reach(&p.at_b, ENDED, 1));
	cr_assert_eq(weft_server_add_peer(p.a, weft_server_enode(p.a)),
		     WEFT_ECLOSED);
	/* Nobody listens there any more. */
	cr_assert_lt(await(&p.at_b, WEFT_EVENT_DIAL_FAILED, 1), EVENTS_MAX);
	close_pair(&p);
}

Test(embed, peers_are_added_and_removed_while_it_runs)
{
	struct pair p;
	size_t at;

	open_pair(&p);
	cr_assert(reach(&p.at_a, HEARD, 1));
	cr_assert(reach(&p.at_b, HEARD, 1));
	cr_assert_eq(weft_server_remove_peer(p.b, weft_server_enode(p.a)), 0);
	at = await(&p.at_a, WEFT_EVENT_PEER_DROPPED, 1);
	cr_assert_lt(at, EVENTS_MAX);
	cr_assert_eq(p.at_a.events[at].reason, 0x00);
	cr_assert_eq(weft_server_add_peer(p.b, weft_server_enode(p.a)), 0);
	cr_assert_lt(await(&p.at_b, WEFT_EVENT_PEER_ADDED, 2), EVENTS_MAX);
	cr_assert(reach(&p.at_a, HEARD, 2));
	cr_assert_eq(weft_server_add_peer(p.b, "enode://nonsense"),
		     WEFT_EINVAL);
	/* It has an address, but no place to go to. */
	cr_assert_eq(weft_server_add_peer(p.a, weft_server_enode(p.b)),
		     WEFT_EINVAL);
	close_pair(&p);
}

/* --- log lines ---------------------------------------------------------------
 */

static char lines[4096]; /* of the server's thread, until it is closed */

static void keep_line(void *ctx, int level, const char *line)
{
	size_t n = strlen(lines);

	(void)ctx;
	snprintf(lines + n, sizeof(lines) - n, "%d %s\n", level, line);
}

static int say_hello(void *arg)
{
	weft_log(arg, WEFT_LOG_INFO, "hello", "to", "a\nb", NULL);
	weft_log(arg, WEFT_LOG_DEBUG, "not wanted", NULL);
	return 0;
}

Test(embed, log_lines_come_as_text_with_what_strangers_wrote_escaped)
{
	struct weft_server_config c = config_of(NULL);
	struct weft_server *s;

	c.log = keep_line;
	c.log_level = WEFT_LOG_INFO;
	s = open_server(&c);
	cr_assert_eq(
		weft_go(weft_server_host(s), say_hello, weft_server_host(s)),
		0);
	start_server(s);
	weft_server_close(s);
	cr_assert_not_null(
		strstr(lines, "2 info  program  hello  to=a\\x0ab\n"), "%s",
		lines);
	cr_assert_null(strstr(lines, "not wanted"));
}
