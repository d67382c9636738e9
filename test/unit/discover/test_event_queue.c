/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/event_queue.h"

#include "test/support/unit.h"

static struct event_queue queue;
static uint64_t dropped;

static void open_queue(void)
{
	dropped = 0;
	queue = (struct event_queue){ .version = DISCOVER_V5,
				      .dropped = &dropped };
}

static void close_queue(void)
{
	event_queue_clear(&queue);
}

static struct discover_event *put(enum discover_event_type type,
				  uint32_t request, uint8_t node)
{
	struct contact c = { .id = { { node } } };

	return event_queue_put(&queue, type, request, &c, 2);
}

Test(event_queue, gives_in_order_what_was_put, .init = open_queue,
     .fini = close_queue)
{
	struct contact a = { .tcp = 1 }, b = { .tcp = 2 };
	struct discover_event *e, ev;

	e = put(DISCOVER_FOUND, event_queue_request(&queue), 1);
	event_queue_add_found(e, &a);
	event_queue_add_found(e, &b);
	e = put(DISCOVER_TALK, 0, 2);
	event_queue_set_bytes(e, span_of("proto", 5), span_of("", 0));

	cr_assert(event_queue_take(&queue, &ev));
	cr_assert_eq(ev.type, DISCOVER_FOUND);
	cr_assert_eq(ev.version, DISCOVER_V5);
	cr_assert_eq(ev.request, 1);
	cr_assert_eq(ev.node.id.b[0], 1);
	cr_assert_eq(ev.count, 2);
	cr_assert_eq(ev.found[0].tcp, 1);
	cr_assert_eq(ev.found[1].tcp, 2);
	cr_assert(event_queue_take(&queue, &ev));
	cr_assert_eq(ev.type, DISCOVER_TALK);
	cr_assert_eq(ev.node.id.b[0], 2);
	cr_assert_eq(ev.count, 0);
	cr_assert(span_equal(ev.protocol, span_of("proto", 5)));
	cr_assert_eq(ev.data.len, 0);
	cr_assert(!event_queue_take(&queue, &ev));
}

Test(event_queue, drops_what_finds_no_room_but_the_ends_of_requests,
     .init = open_queue, .fini = close_queue)
{
	uint32_t request = event_queue_request(&queue);
	struct discover_event ev;
	size_t n = 0;

	for (unsigned i = 0; i < DISCOVER_EVENTS; i++)
		cr_assert_not_null(put(DISCOVER_SEEN, 0, 1));
	cr_assert_eq(dropped, 0);
	cr_assert_null(put(DISCOVER_SEEN, 0, 2));
	cr_assert_eq(dropped, 1);
	cr_assert_not_null(put(DISCOVER_PINGED, request, 3));
	while (event_queue_take(&queue, &ev))
		n++;
	cr_assert_eq(n, DISCOVER_EVENTS + 1);
	cr_assert_not_null(put(DISCOVER_SEEN, 0, 2));
}

Test(event_queue, a_request_is_under_way_until_its_event_is_taken,
     .init = open_queue, .fini = close_queue)
{
	struct discover_event ev;

	for (unsigned i = 0; i < DISCOVER_REQUESTS; i++) {
		cr_assert(event_queue_has_room(&queue));
		cr_assert_eq(event_queue_request(&queue), i + 1);
	}
	cr_assert(!event_queue_has_room(&queue));
	put(DISCOVER_PINGED, 1, 1);
	cr_assert(!event_queue_has_room(&queue));
	cr_assert(event_queue_take(&queue, &ev));
	cr_assert(event_queue_has_room(&queue));
}

Test(event_queue, zero_is_nobody_s_number, .init = open_queue,
     .fini = close_queue)
{
	queue.last_request = UINT32_MAX;
	cr_assert_eq(event_queue_request(&queue), 1);
}
