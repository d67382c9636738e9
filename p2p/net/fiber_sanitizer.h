/* SPDX-License-Identifier: Apache-2.0 */
/* fiber_sanitizer.h - what the address, leak and thread sanitizers and valgrind
 * must be told about stacks and the switches between them; nothing in other
 * builds. Internal to fiber.c.
 *
 * ASan wants a start and a finish around every switch, and NULL on the last one
 * out of a fiber. LSan looks at mapped memory only where it is registered. TSan
 * wants a fiber of its own per stack, kept, since making one costs more than a
 * whole run; and it keeps a signal that comes between two calls of the C
 * library for the next one of the same fiber, which may never run again: so
 * none comes while a fiber runs, but at the end of that. Valgrind guesses what
 * is a switch unless it knows the stacks. */
#ifndef P2P_NET_FIBER_SANITIZER_H
#define P2P_NET_FIBER_SANITIZER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#include <signal.h>
void __tsan_func_exit(void); /* what the compiler puts before a return */
#endif
#ifdef WEFT_MEMCHECK
#include <valgrind/valgrind.h>
#endif

/* TSan counts calls and returns per fiber; a switch inside of a call would be
 * entered on one and left on another. */
#define FIBER_INLINE static inline __attribute__((always_inline))

/* One stack, as they see it. */
struct fiber_sanitizer {
	uint8_t *stack; /* lowest byte */
	size_t size;
#ifdef FIBER_ASAN
	void *fake; /* the fake stack that is registered with LSan */
	const void *resumer_stack;
	size_t resumer_size;
#endif
#ifdef FIBER_TSAN
	void *thread; /* TSan's fiber of this stack */
	void *resumer_thread;
#endif
#ifdef WEFT_MEMCHECK
	unsigned id;
#endif
};

/* Lives on the side that is left, for the time it is away. */
struct fiber_switch {
	void *fake;
#ifdef FIBER_TSAN
	sigset_t signals; /* that were blocked */
#endif
};

#ifdef FIBER_ASAN

/* To detect use after return ASan keeps the locals whose address is taken in a
 * "fake stack", of this size (asan_fake_stack.h: eleven classes of frames of
 * 2^log bytes each, behind a page and the flags). LSan searches the fake stack
 * of the running fiber only. */
static inline size_t fiber_fake_size(size_t stack)
{
	size_t log = 16;

	while (log < 20 && (size_t)1 << log < stack)
		log++;
	return ((size_t)11 << log) + ((size_t)1 << (log - 5)) + 4096;
}

static inline void fiber_fake_register(struct fiber_sanitizer *s, void *fake)
{
	if (fake == s->fake)
		return;
	if (s->fake)
		__lsan_unregister_root_region(s->fake,
					      fiber_fake_size(s->size));
	if (fake)
		__lsan_register_root_region(fake, fiber_fake_size(s->size));
	s->fake = fake;
}

#endif

#ifdef FIBER_TSAN

/* But for those that the code itself brings about: they are told at once, and
 * would end the process if they were blocked. */
static inline void fiber_hold_signals(sigset_t *before)
{
	static const int at_once[] = { SIGSEGV, SIGBUS,	 SIGFPE, SIGILL,
				       SIGTRAP, SIGABRT, SIGSYS };
	sigset_t held;

	sigfillset(&held);
	for (size_t i = 0; i < sizeof(at_once) / sizeof(*at_once); i++)
		sigdelset(&held, at_once[i]);
	pthread_sigmask(SIG_BLOCK, &held, before);
}

#endif

/* A stack was mapped. */
FIBER_INLINE void fiber_sanitizer_new(struct fiber_sanitizer *s, uint8_t *stack,
				      size_t size)
{
	*s = (struct fiber_sanitizer){ .stack = stack, .size = size };
#ifdef FIBER_ASAN
	__lsan_register_root_region(stack, size);
#endif
#ifdef FIBER_TSAN
	s->thread = __tsan_create_fiber(0);
#endif
#ifdef WEFT_MEMCHECK
	s->id = VALGRIND_STACK_REGISTER(stack, stack + size - 1);
#endif
}

/* It will be unmapped. */
FIBER_INLINE void fiber_sanitizer_gone(struct fiber_sanitizer *s)
{
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(s->stack, s->size);
	__lsan_unregister_root_region(s->stack, s->size);
#endif
#ifdef FIBER_TSAN
	__tsan_destroy_fiber(s->thread);
#endif
#ifdef WEFT_MEMCHECK
	VALGRIND_STACK_DEREGISTER(s->id);
#endif
	(void)s;
}

/* It gets a new fiber: what the last one left poisoned is good again. */
FIBER_INLINE void fiber_sanitizer_reuse(struct fiber_sanitizer *s)
{
	(void)s;
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(s->stack, s->size);
#endif
}

/* On the resumer's side, before and after the jump. */
FIBER_INLINE void fiber_sanitizer_enter(struct fiber_switch *saved,
					struct fiber_sanitizer *s)
{
	(void)saved;
	(void)s;
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&saved->fake, s->stack, s->size);
#endif
#ifdef FIBER_TSAN
	fiber_hold_signals(&saved->signals);
	s->resumer_thread = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(s->thread, 0);
#endif
}

FIBER_INLINE void fiber_sanitizer_back(struct fiber_switch *saved)
{
	(void)saved;
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(saved->fake, NULL, NULL);
#endif
#ifdef FIBER_TSAN
	pthread_sigmask(SIG_SETMASK, &saved->signals, NULL);
#endif
}

/* On the fiber's side: after arriving (saved NULL the first time), before
 * leaving, and before leaving for ever. */
FIBER_INLINE void fiber_sanitizer_entered(struct fiber_switch *saved,
					  struct fiber_sanitizer *s)
{
	(void)saved;
	(void)s;
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(saved ? saved->fake : NULL,
					&s->resumer_stack, &s->resumer_size);
#endif
}

FIBER_INLINE void fiber_sanitizer_leave(struct fiber_switch *saved,
					struct fiber_sanitizer *s)
{
	(void)saved;
	(void)s;
#ifdef FIBER_ASAN
	fiber_fake_register(s, __asan_get_current_fake_stack());
	__sanitizer_start_switch_fiber(&saved->fake, s->resumer_stack,
				       s->resumer_size);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(s->resumer_thread, 0);
#endif
}

FIBER_INLINE void fiber_sanitizer_leave_last(struct fiber_sanitizer *s)
{
	(void)s;
#ifdef FIBER_ASAN
	fiber_fake_register(s, NULL);
	__sanitizer_start_switch_fiber(NULL, s->resumer_stack, s->resumer_size);
#endif
#ifdef FIBER_TSAN
	/* The caller will never return: take its call back, or they add up
	 * with every fiber on this stack. */
	__tsan_func_exit();
	__tsan_switch_to_fiber(s->resumer_thread, 0);
#endif
}

#endif
