/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/mono.h"

#include <time.h>

struct mono mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * 1000000000u +
			      (uint64_t)ts.tv_nsec };
}
