/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/api.h"

#include <stdlib.h>

/* Its order is the ABI: see struct weft_api. */
const struct weft_api instance_api = {
	.size = sizeof(instance_api),
	.error_text = api_error_text,
	.protocol_add = api_protocol_add,
	.now = api_now,
	.node_facts = api_node_facts,
	.option_text = api_option_text,
	.option_int = api_option_int,
	.log = api_log,
	.count = api_count,
	.read = api_read,
	.write = api_write,
	.try_write = api_try_write,
	.msg_keep = api_msg_keep,
	.msg_new = api_msg_new,
	.post_msg = api_post_msg,
	.msg_view = api_msg_view,
	.msg_free = api_msg_free,
	.channel_facts = api_channel_facts,
	.peer_facts = api_peer_facts,
	.disconnect = api_disconnect,
	.channel_ref = api_channel_ref,
	.channel_unref = api_channel_unref,
	.channel_each = api_channel_each,
	.is_open = api_is_open,
	.go = api_go,
	.channel_go = api_channel_go,
	.sleep_until = api_sleep_until,
	.event_new = api_event_new,
	.event_wait = api_event_wait,
	.event_wake = api_event_wake,
	.event_free = api_event_free,
	.timer = api_timer,
	.timer_free = api_timer_free,
	.work = api_work,
	.post = api_post,
	.rpc_add = api_rpc_add,
	.text_add = api_text_add,
	.service_add = api_service_add,
	.service_get = api_service_get,
	.service_call = api_service_call,
	.service_put = api_service_put,
	.send_va = api_send_va,
	.send_items = api_send_items,
	.unpack_va = api_unpack_va,
	.unpack_items = api_unpack_items,
	.pack_va = api_pack_va,
	.pack_items = api_pack_items,
	.list_enter = api_list_enter,
	.list_next = api_list_next,
	.talk_add = api_talk_add,
	.talk = api_talk,
	.candidate = api_candidate,
	.record_set = api_record_set,
	.record_get = api_record_get,
};

int api_result(enum err e)
{
	switch (e) {
	case ERR_NONE:
		return WEFT_OK;
	case ERR_SHORT:
	case ERR_BUSY:
		return WEFT_EAGAIN;
	case ERR_FORMAT:
		return WEFT_EMSG;
	case ERR_LIMIT:
		return WEFT_ELIMIT;
	case ERR_UNSUPPORTED:
		return WEFT_EINVAL;
	case ERR_NOT_FOUND:
		return WEFT_ENOENT;
	case ERR_EXISTS:
		return WEFT_EEXIST;
	case ERR_TIMEOUT:
		return WEFT_ETIMEDOUT;
	case ERR_CLOSED:
		return WEFT_ECLOSED;
	case ERR_AUTH:
	case ERR_DENIED:
	case ERR_SYSTEM:
		break;
	}
	return WEFT_EFAIL;
}

static bool is_closed(const struct task_owner *o)
{
	for (; o; o = o->parent)
		if (o->closed)
			return true;
	return false;
}

int api_closed(const char *call)
{
	if (task_current())
		task_closed_call(call);
	return WEFT_ECLOSED;
}

int api_may_wait(const struct weft_host *h, const char *call)
{
	const struct task *task = task_current();

	if (!task || h->unwaitable)
		return WEFT_EINVAL;
	if (is_closed(task_owner_of(task)))
		return api_closed(call);
	task_called(call);
	return WEFT_OK;
}

struct mono api_deadline(weft_time t)
{
	if (t == WEFT_FOREVER)
		return MONO_NEVER;
	return (struct mono){ t > 0 ? (uint64_t)t : 0 };
}

weft_time api_time(struct mono t)
{
	return t.ns < INT64_MAX ? (weft_time)t.ns : WEFT_FOREVER;
}

void api_copy_out(void *out, size_t size, const void *ours, size_t our_size)
{
	size_t n = size < our_size ? size : our_size;

	memcpy(out, ours, n);
	memset((uint8_t *)out + n, 0, size - n);
}

bool api_name_ok(const char *name)
{
	size_t n;

	if (!name)
		return false;
	n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return n > 0 && n < INSTANCE_NAME_MAX && !name[n];
}

char *api_text_copy(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}
