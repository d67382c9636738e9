/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/fiber.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "p2p/net/fiber_guard.h"
#include "p2p/net/fiber_sanitizer.h"

/* Boost.Context's C functions; its own header is for C++ only. A context is
 * good for one jump; the jump hands over the one that was left. */
struct transfer {
	void *context;
	void *data;
};
struct transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *top, size_t size, void (*fn)(struct transfer));

enum {
	SIZE_CLASSES = 8,   /* 64 KiB, 128 KiB, ... 8 MiB */
	TRIM_LEAVES = 8192, /* bytes; the next user touches them at once */
};

static const size_t guard_size = (size_t)FIBER_GUARD_KIB * 1024;

/* A stack, with the fiber that lives on it now. Its struct is allocated apart,
 * so that an overflow cannot reach it. */
struct fiber {
	void *context; /* where to jump to; of the resumer while running */
	void (*fn)(void *arg);
	void *arg;
	struct fiber_pool *pool;
	struct fiber *next; /* in the pool */
	uint8_t *stack;	    /* its lowest byte, right above the guard */
	size_t size;
	bool ended;
	bool trimmed; /* since it was used last */
	char label[FIBER_LABEL_MAX];
	struct fiber_guard guard;
	struct fiber_sanitizer sanitizer;
};

/* The idle stacks of one size, the one used last first. */
struct idle {
	struct fiber *first;
	size_t count;
	size_t least; /* the smallest count since the last trim */
};

struct fiber_pool {
	struct idle idle[SIZE_CLASSES];
	struct fiber_counts counts;
};

/* Of all threads. Only kept so that leak checkers see them. */
static _Atomic(struct fiber *) abandoned;

static __thread struct fiber *current;

/* --- stacks --------------------------------------------------------------- */

static size_t class_of(size_t stack_kib)
{
	size_t c = 0;

	while ((size_t)FIBER_STACK_KIB_MIN << c < stack_kib)
		c++;
	return c;
}

static enum err map_stack(uint8_t **out, struct fiber_guard *guard, size_t size)
{
	uint8_t *base = mmap(
		NULL, guard_size + size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	enum err rc;

	if (base == MAP_FAILED)
		return ERR_SYSTEM;
	/* With huge pages each stack would cost its full size. Refused by
	 * kernels that have none. */
	madvise(base, guard_size + size, MADV_NOHUGEPAGE);
	*guard = (struct fiber_guard){
		.base = base,
		.size = guard_size,
		.stack = size,
	};
	rc = fiber_guard_protect(guard);
	if (rc) {
		munmap(base, guard_size + size);
		return rc;
	}
	*out = base + guard_size;
	return ERR_NONE;
}

static enum err new_stack(struct fiber **out, struct fiber_pool *pool,
			  size_t class)
{
	size_t size = (size_t)FIBER_STACK_KIB_MIN * 1024 << class;
	struct fiber_guard guard;
	struct fiber *f;
	uint8_t *stack;
	enum err rc = map_stack(&stack, &guard, size);

	if (rc)
		return rc;
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->pool = pool;
	f->stack = stack;
	f->size = size;
	f->guard = guard;
	f->guard.label = f->label;
	fiber_sanitizer_new(&f->sanitizer, stack, size);
	*out = f;
	return ERR_NONE;
}

/* False, and nothing has happened, when the system refuses: to unmap one of
 * several stacks that share a mapping is to make two of it, and there may be
 * no room for another mapping. */
static bool free_stack(struct fiber *f)
{
	fiber_sanitizer_gone(&f->sanitizer);
	if (munmap(f->guard.base, guard_size + f->size)) {
		fiber_sanitizer_new(&f->sanitizer, f->stack, f->size);
		return false;
	}
	fiber_guard_gone(&f->guard);
	free(f);
	return true;
}

/* --- the pool ------------------------------------------------------------- */

struct fiber_pool *fiber_pool_open(size_t most)
{
	struct fiber_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		abort();
	fiber_guard_enter();
	pool->counts.most = most && most < FIBER_MOST ? most : FIBER_MOST;
	return pool;
}

static void push_idle(struct fiber_pool *pool, struct fiber *f)
{
	struct idle *idle = &pool->idle[class_of(f->size / 1024)];

	f->next = idle->first;
	idle->first = f;
	idle->count++;
	pool->counts.pooled++;
}

static struct fiber *pop_idle(struct fiber_pool *pool, size_t class)
{
	struct idle *idle = &pool->idle[class];
	struct fiber *f = idle->first;

	if (!f)
		return NULL;
	idle->first = f->next;
	if (--idle->count < idle->least)
		idle->least = idle->count;
	pool->counts.pooled--;
	return f;
}

/* Unmap one idle stack, of any size. */
static bool free_idle(struct fiber_pool *pool)
{
	for (size_t c = 0; c < SIZE_CLASSES; c++) {
		struct fiber *f = pop_idle(pool, c);

		if (f && free_stack(f))
			return true;
		if (f)
			push_idle(pool, f);
	}
	return false;
}

static void keep_for_ever(struct fiber *f)
{
	f->next = atomic_load(&abandoned);
	while (!atomic_compare_exchange_weak(&abandoned, &f->next, f))
		;
}

void fiber_pool_close(struct fiber_pool *pool)
{
	struct fiber *f;

	assert(pool->counts.live == 0);
	for (size_t c = 0; c < SIZE_CLASSES; c++)
		while ((f = pop_idle(pool, c)))
			if (!free_stack(f))
				keep_for_ever(f);
	free(pool);
	fiber_guard_leave();
}

/* What lies deeper in the list than this looks comes up as others are unmapped,
 * or else it is in use from time to time. */
static void trim_memory(struct idle *idle)
{
	struct fiber *f = idle->first;

	for (size_t n = 0; f && n < FIBER_TRIM_MOST; n++, f = f->next) {
		if (f->trimmed)
			continue;
		madvise(f->stack, f->size - TRIM_LEAVES, MADV_DONTNEED);
		f->trimmed = true;
	}
}

static void trim_stacks(struct fiber_pool *pool, size_t class)
{
	struct idle *idle = &pool->idle[class];
	size_t spare = idle->least;

	for (size_t n = 0; spare > FIBER_IDLE_KEPT && n < FIBER_TRIM_MOST;
	     n++, spare--) {
		struct fiber *f = pop_idle(pool, class);

		if (!free_stack(f)) {
			push_idle(pool, f);
			break;
		}
	}
	idle->least = idle->count;
}

bool fiber_pool_trim(struct fiber_pool *pool)
{
	bool more = false;

	for (size_t c = 0; c < SIZE_CLASSES; c++) {
		trim_stacks(pool, c);
		trim_memory(&pool->idle[c]);
		more |= pool->idle[c].count > FIBER_IDLE_KEPT;
	}
	return more;
}

/* --- fibers --------------------------------------------------------------- */

/* Runs on the fiber's own stack. Never returns: the last jump leaves it. */
static void entry(struct transfer from)
{
	struct fiber *f = from.data;

	fiber_sanitizer_entered(NULL, &f->sanitizer);
	f->context = from.context;
	f->fn(f->arg);
	f->ended = true;
	fiber_sanitizer_leave_last(&f->sanitizer);
	jump_fcontext(f->context, NULL);
	abort();
}

/* A stack from the pool or a new one, for which an idle one of another size
 * may have to make room. */
static enum err take_stack(struct fiber **out, struct fiber_pool *pool,
			   size_t class)
{
	enum err rc;

	*out = pop_idle(pool, class);
	if (*out)
		return ERR_NONE;
	rc = new_stack(out, pool, class);
	while (rc && free_idle(pool))
		rc = new_stack(out, pool, class);
	return rc;
}

static void set_label(struct fiber *f, const char *label)
{
	size_t len = strnlen(label, sizeof(f->label) - 1);

	memcpy(f->label, label, len);
	f->label[len] = '\0';
}

enum err fiber_new(struct fiber **out, struct fiber_pool *pool,
		   size_t stack_kib, void (*fn)(void *arg), void *arg,
		   const char *label)
{
	struct fiber *f;
	enum err rc;

	if (stack_kib < FIBER_STACK_KIB_MIN || stack_kib > FIBER_STACK_KIB_MAX)
		return ERR_LIMIT;
	if (pool->counts.live + pool->counts.abandoned >= pool->counts.most)
		return ERR_LIMIT;
	rc = take_stack(&f, pool, class_of(stack_kib));
	if (rc)
		return rc;
	fiber_sanitizer_reuse(&f->sanitizer);
	f->context = make_fcontext(f->stack + f->size, f->size, entry);
	f->fn = fn;
	f->arg = arg;
	f->ended = false;
	f->trimmed = false;
	set_label(f, label);
	pool->counts.live++;
	*out = f;
	return ERR_NONE;
}

static void retire(struct fiber *f)
{
	f->pool->counts.live--;
	push_idle(f->pool, f);
}

enum fiber_end fiber_resume(struct fiber *f)
{
	struct fiber_switch saved;
	struct transfer back;

	assert(!current && !f->ended);
	current = f;
	fiber_guard_watch(&f->guard);
	fiber_sanitizer_enter(&saved, &f->sanitizer);
	back = jump_fcontext(f->context, f);
	fiber_sanitizer_back(&saved);
	fiber_guard_watch(NULL);
	current = NULL;
	f->context = back.context;
	if (!f->ended)
		return FIBER_SUSPENDED;
	retire(f);
	return FIBER_ENDED;
}

void fiber_suspend(void)
{
	struct fiber *f = current;
	struct fiber_switch saved;
	struct transfer back;

	assert(f);
	fiber_sanitizer_leave(&saved, &f->sanitizer);
	back = jump_fcontext(f->context, NULL);
	fiber_sanitizer_entered(&saved, &f->sanitizer);
	f->context = back.context;
}

struct fiber *fiber_current(void)
{
	return current;
}

const char *fiber_label(const struct fiber *f)
{
	return f->label;
}

void fiber_abandon(struct fiber *f)
{
	assert(f != current && !f->ended);
	f->pool->counts.live--;
	f->pool->counts.abandoned++;
	keep_for_ever(f);
}

void fiber_count(const struct fiber_pool *pool, struct fiber_counts *out)
{
	*out = pool->counts;
}
