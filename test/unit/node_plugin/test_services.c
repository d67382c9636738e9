/* SPDX-License-Identifier: Apache-2.0 */
/* What plugins of one node do for each other. The test asks, and a plugin on
 * its node answers. How either side ends: test_service_ends.c. */
#include <stdlib.h>

#include "node/plugin/service.h"
#include "test/unit/node_plugin/sums.h"

static struct weft_service_use *get_sums(void)
{
	struct weft_service_use *use = NULL;

	cr_assert_not_null(
		weft_test_start_on(weft_test_host(), &sums_plugin, NULL));
	cr_assert_eq(weft_service_get(weft_test_host(), "sums", 3, &use),
		     WEFT_OK);
	cr_assert_not_null(use);
	return use;
}

/* --- asking ------------------------------------------------------------------
 */

static int asking(void *arg)
{
	struct weft_service_use *use = get_sums();
	struct weft_shared *reply = NULL;
	struct weft_msg msg;
	uint8_t bytes[32];
	uint64_t sum;
	size_t size;

	(void)arg;
	cr_assert_eq(weft_pack(bytes, sizeof(bytes), &size, "[uu]",
			       (uint64_t)40, (uint64_t)2),
		     WEFT_OK);
	cr_assert_eq(weft_service_call(use, SUMS_ADD, bytes, size, &reply),
		     WEFT_OK);
	weft_service_put(use);
	/* The answer is ours, whatever becomes of the service. */
	cr_assert_eq(weft_msg_view(reply, &msg), WEFT_OK);
	cr_assert_eq(msg.code, (uint32_t)SUMS_ADD);
	cr_assert_eq(weft_unpack(&msg, "[u]", &sum), WEFT_OK);
	cr_assert_eq(sum, (uint64_t)42);
	weft_msg_free(reply);
	return WEFT_OK;
}

Test(services, answer_bytes_with_bytes)
{
	subject_run(asking, NULL);
}

static int limits(void *arg)
{
	const size_t most = 16 * 1024 * 1024 - 1;
	struct weft_service_use *use = get_sums();
	struct weft_shared *reply = NULL, *none = NULL;
	uint8_t *big = calloc(1, most + 1);
	uint8_t bytes[16];
	struct weft_msg msg;
	size_t size;

	(void)arg;
	cr_assert_eq(weft_service_call(use, SUMS_ECHO, NULL, 0, &reply),
		     WEFT_OK);
	cr_assert_eq(weft_msg_view(reply, &msg), WEFT_OK);
	cr_assert_eq(msg.size, (size_t)0);
	cr_assert_eq(weft_service_call(use, SUMS_ECHO, "x", 1, NULL), WEFT_OK);
	big[most - 1] = 7;
	cr_assert_eq(weft_service_call(use, SUMS_ECHO, big, most, &reply),
		     WEFT_OK);
	cr_assert_eq(weft_msg_view(reply, &msg), WEFT_OK);
	cr_assert_eq(msg.size, most);
	cr_assert_eq(msg.payload[most - 1], 7);
	cr_assert_eq(weft_service_call(use, SUMS_ECHO, big, most + 1, &none),
		     WEFT_ELIMIT);
	weft_pack(bytes, sizeof(bytes), &size, "u", (uint64_t)most + 1);
	cr_assert_eq(weft_service_call(use, SUMS_FILL, bytes, size, &none),
		     WEFT_ELIMIT);
	cr_assert_eq(weft_service_call(use, SUMS_COUNT, NULL, 0, &none),
		     WEFT_EMSG);
	cr_assert_eq(weft_service_call(use, SUMS_ECHO, NULL, 1, &none),
		     WEFT_EINVAL);
	cr_assert_eq(weft_service_call(NULL, SUMS_ECHO, NULL, 0, &none),
		     WEFT_EINVAL);
	/* An error is the caller's to have; no answer comes with it. */
	weft_pack(bytes, sizeof(bytes), &size, "u", (uint64_t)-WEFT_ENOENT);
	cr_assert_eq(weft_service_call(use, SUMS_FAIL, bytes, size, &none),
		     WEFT_ENOENT);
	weft_pack(bytes, sizeof(bytes), &size, "u", (uint64_t)1234);
	cr_assert_eq(weft_service_call(use, SUMS_FAIL, bytes, size, &none),
		     -1234);
	cr_assert_null(none);
	free(big);
	weft_service_put(NULL);
	weft_service_put(use);
	return WEFT_OK; /* the answers go with the run */
}

Test(services, have_limits_and_errors)
{
	subject_run(limits, NULL);
}

static void start_askers(struct sums_asker *k, size_t count,
			 struct weft_service_use *use)
{
	for (size_t i = 0; i < count; i++) {
		k[i] = (struct sums_asker){ .use = use,
					    .deadline = WEFT_FOREVER,
					    .word = (char)('a' + i) };
		cr_assert_eq(weft_go(weft_test_host(), sums_ask, &k[i]),
			     WEFT_OK);
	}
	subject_let_run();
	cr_assert_eq(sums.waiting, (int)count);
}

static int many_at_once(void *arg)
{
	struct weft_service_use *use = get_sums();
	struct sums_asker k[5];

	(void)arg;
	start_askers(k, ARRAY_LEN(k), use);
	/* They wait in fibers of the plugin's, and others are answered. */
	cr_assert_eq(weft_service_call(use, SUMS_ECHO, "x", 1, NULL), WEFT_OK);
	weft_wake(sums.go);
	subject_let_run();
	for (size_t i = 0; i < ARRAY_LEN(k); i++) {
		cr_assert(k[i].done && k[i].rc == WEFT_OK);
		cr_assert_eq(k[i].answer, k[i].word);
	}
	weft_service_put(use);
	return WEFT_OK;
}

Test(services, answer_many_at_once)
{
	subject_run(many_at_once, NULL);
}

static int too_late(void *arg)
{
	struct weft_service_use *use = get_sums();
	struct weft_host *host = weft_test_host();

	(void)arg;
	cr_assert_eq(weft_service_call_until(use, SUMS_WAIT, NULL, 0,
					     weft_now(host) + WEFT_MS(2), NULL),
		     WEFT_ETIMEDOUT);
	subject_let_run();
	/* What nobody waits for any more is ended. */
	cr_assert_eq(sums.waiting, 0);
	cr_assert_eq(sums.last, WEFT_ECLOSED);
	weft_service_put(use);
	return WEFT_OK;
}

Test(services, end_a_call_whose_deadline_has_passed)
{
	subject_run(too_late, NULL);
}

static int put_while_asked(void *arg)
{
	struct weft_service_use *use = get_sums(), *again = NULL;
	struct sums_asker k[3];

	(void)arg;
	cr_assert_eq(weft_service_get(weft_test_host(), "sums", 3, &again),
		     WEFT_OK);
	start_askers(k, ARRAY_LEN(k), use);
	weft_service_put(use);
	subject_let_run();
	for (size_t i = 0; i < ARRAY_LEN(k); i++)
		cr_assert(k[i].done && k[i].rc == WEFT_ECLOSED);
	cr_assert_eq(sums.waiting, 0);
	/* Another hold of it is another. */
	cr_assert_eq(weft_service_call(again, SUMS_ECHO, NULL, 0, NULL),
		     WEFT_OK);
	weft_service_put(again);
	return weft_test_stop(sums.host);
}

Test(services, end_the_calls_of_one_that_is_put_back)
{
	subject_run(put_while_asked, NULL);
}

static int elsewhere(void *arg)
{
	struct weft_service_use *use = NULL;
	struct weft_host *other = weft_test_start(&sums_plugin, NULL);
	struct weft_host *here;

	(void)arg;
	/* Another node in the process is another node. */
	cr_assert_eq(weft_service_get(weft_test_host(), "sums", 3, &use),
		     WEFT_ENOENT);
	here = weft_test_start_on(weft_test_host(), &sums_plugin, NULL);
	cr_assert_neq(here, other);
	cr_assert_eq(weft_service_get(weft_test_host(), "sums", 4, &use),
		     WEFT_ENOENT);
	cr_assert_eq(weft_service_get(weft_test_host(), "sum", 3, &use),
		     WEFT_ENOENT);
	cr_assert_eq(weft_service_get(weft_test_host(), "Sums", 3, &use),
		     WEFT_EINVAL);
	cr_assert_eq(weft_service_get(weft_test_host(), NULL, 3, &use),
		     WEFT_EINVAL);
	/* Nobody holds himself: he could never be unloaded. */
	cr_assert_eq(weft_service_get(here, "sums", 3, &use), WEFT_ENOENT);
	cr_assert_null(use);
	cr_assert_eq(weft_service_get(weft_test_host(), "sums", 3, &use),
		     WEFT_OK);
	weft_service_put(use);
	return WEFT_OK;
}

Test(services, are_found_on_their_own_node_only)
{
	subject_run(elsewhere, NULL);
}

/* --- publishing --------------------------------------------------------------
 */

static int add_service(struct weft_host *host, struct weft_service s)
{
	s.size = sizeof(s);
	return weft_service_add(host, &s, &sums);
}

static int publish(struct weft_host *host, void **state)
{
	static struct weft_service_call unnamed, idle, odd;
	const struct weft_service_call *const none[] = { NULL };
	const struct weft_service_call *list[] = { &sums_calls[SUMS_ADD], NULL,
						   NULL };
	const struct weft_service_call *many[INSTANCE_CALLS_MAX + 2] = { 0 };
	char name[65] = "good";
	const struct weft_service good = { .name = name,
					   .calls = sums_service.calls };
	struct weft_service s;

	(void)state;
	unnamed = odd = idle = sums_calls[SUMS_ADD];
	unnamed.name = NULL;
	odd.name = "Odd";
	idle.fn = NULL;
	s = good, s.name = NULL;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	s = good, s.name = "not good";
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	s = good, s.calls = NULL;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	s = good, s.calls = none;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	s = good, s.stack_kib = 63;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	s = good, s.stack_kib = 8193;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	s = good, s.calls = list;
	list[1] = &unnamed;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	list[1] = &odd;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	list[1] = &idle;
	cr_assert_eq(add_service(host, s), WEFT_EINVAL);
	s = good, s.calls = many;
	for (int i = 0; i < INSTANCE_CALLS_MAX; i++)
		many[i] = &sums_calls[SUMS_ADD];
	s.version = 64;
	cr_assert_eq(add_service(host, s), WEFT_OK);
	many[INSTANCE_CALLS_MAX] = &sums_calls[SUMS_ADD];
	s.version = 65;
	cr_assert_eq(add_service(host, s), WEFT_ELIMIT);
	cr_assert_eq(weft_service_add(NULL, &sums_service, NULL), WEFT_EINVAL);

	cr_assert_eq(add_service(host, good), WEFT_OK);
	cr_assert_eq(add_service(host, good), WEFT_EEXIST);
	for (uint32_t i = 2; i < INSTANCE_SERVICES_MAX; i++) {
		s = good, s.version = i;
		cr_assert_eq(add_service(host, s), WEFT_OK);
	}
	cr_assert_eq(add_service(host, sums_service), WEFT_ELIMIT);
	name[0] = 'b'; /* it was copied */
	return WEFT_OK;
}

SUBJECT(publishes, .start = publish);

static int publishing(void *arg)
{
	struct weft_host *node =
		weft_test_start_on(weft_test_host(), &publishes, NULL);
	struct weft_service_use *use = NULL;

	(void)arg;
	cr_assert_not_null(node);
	cr_assert_eq(add_service(node, sums_service), WEFT_EINVAL,
		     "it is too late");
	cr_assert_eq(weft_service_get(weft_test_host(), "good", 7, &use),
		     WEFT_OK);
	cr_assert_eq(weft_service_call(use, SUMS_ECHO, NULL, 0, NULL), WEFT_OK);
	weft_service_put(use);
	return WEFT_OK;
}

Test(services, are_published_when_they_are_sound)
{
	subject_run(publishing, NULL);
}

static int publish_the_same(struct weft_host *host, void **state)
{
	(void)state;
	cr_assert_eq(weft_service_add(host, &sums_service, NULL), WEFT_EEXIST);
	return WEFT_OK;
}

SUBJECT(rival, .start = publish_the_same);

static int twice(void *arg)
{
	struct weft_host *node = weft_test_start(&sums_plugin, NULL);

	(void)arg;
	cr_assert_not_null(weft_test_start_on(node, &rival, NULL));
	return WEFT_OK;
}

Test(services, are_published_once_on_a_node)
{
	subject_run(twice, NULL);
}

/* As from a header in which a service ended before its last member, and a call
 * had nothing behind fn; what lies behind them is not theirs. */
static int publish_old(struct weft_host *host, void **state)
{
	struct {
		struct weft_service_call call;
		uint64_t behind;
	} old = { .call = sums_calls[SUMS_ECHO], .behind = UINT64_MAX };
	const struct weft_service_call *const list[] = { &old.call, NULL };
	struct weft_service s = { .name = "old", .calls = list };

	(void)state;
	s.size = offsetof(struct weft_service, calls);
	cr_assert_eq(weft_service_add(host, &s, NULL), WEFT_EINVAL);
	s.size = sizeof(s);
	old.call.size = offsetof(struct weft_service_call, fn);
	cr_assert_eq(weft_service_add(host, &s, NULL), WEFT_EINVAL);
	/* And one from a newer header is longer. */
	old.call.size = sizeof(old);
	return weft_service_add(host, &s, NULL);
}

SUBJECT(old, .start = publish_old);

static int other_headers(void *arg)
{
	struct weft_service_use *use = NULL;

	(void)arg;
	cr_assert_not_null(weft_test_start_on(weft_test_host(), &old, NULL));
	cr_assert_eq(weft_service_get(weft_test_host(), "old", 0, &use),
		     WEFT_OK);
	cr_assert_eq(weft_service_call(use, 0, "x", 1, NULL), WEFT_OK);
	weft_service_put(use);
	return WEFT_OK;
}

Test(services, read_what_other_headers_declare)
{
	subject_run(other_headers, NULL);
}
