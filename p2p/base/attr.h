/* SPDX-License-Identifier: Apache-2.0 */
/* attr.h - compiler attributes and the few macros everything uses. */
#ifndef P2P_BASE_ATTR_H
#define P2P_BASE_ATTR_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of TYPE whose MEMBER lies at PTR. */
#define CONTAINER_OF(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
