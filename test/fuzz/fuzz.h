/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h - what every fuzz target is: one function that is called with any
 * bytes, and must return whatever they are. */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* MUST - what holds whatever the input; else the target has found something.
 * Unlike assert() it is there in every build. */
#define MUST(cond)               \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

/* LLVMFuzzerTestOneInput - returns 0. The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
