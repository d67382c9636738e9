/* SPDX-License-Identifier: Apache-2.0 */
#include "node/counters.h"

#include "node/show.h"
#include "p2p/base/attr.h"

static void add_faults(json_t *object, const struct server_counters *sums)
{
	json_t *faults = json_object();

	for (int f = RLPX_FAULT_NONE + 1; f < RLPX_FAULT_COUNT; f++)
		if (sums->faults[f])
			show_json_set(
				faults, rlpx_fault_name(f),
				json_integer((json_int_t)sums->faults[f]));
	show_json_set(object, "faults", faults);
}

void counters_add(json_t *object, const struct server_counters *sums)
{
	const struct {
		const char *key;
		uint64_t value;
	} members[] = {
		{ "sessions", sums->sessions },
		{ "messages_in", sums->messages_in },
		{ "messages_out", sums->messages_out },
		{ "bytes_in", sums->bytes_in },
		{ "bytes_out", sums->bytes_out },
		{ "accepted", sums->accepted },
		{ "dialed", sums->dialed },
		{ "candidates", sums->candidates },
		{ "candidates_failed", sums->candidates_failed },
		{ "candidates_skipped", sums->candidates_skipped },
		{ "throttled", sums->throttled },
		{ "replays", sums->replays },
		{ "timeouts_handshake", sums->timeouts_handshake },
		{ "timeouts_idle", sums->timeouts_idle },
		{ "timeouts_slow", sums->timeouts_slow },
		{ "timeouts_paused", sums->timeouts_paused },
		{ "overruns", sums->overruns },
		{ "memory_ends", sums->memory_ends },
		{ "memory_most", sums->memory_most },
		{ "disconnects_sent", sums->disconnects_sent },
		{ "disconnects_received", sums->disconnects_received },
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		show_json_set(object, members[i].key,
			      json_integer((json_int_t)members[i].value));
	add_faults(object, sums);
}
