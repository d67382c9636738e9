/* SPDX-License-Identifier: Apache-2.0 */
/* elf_check.h - is this file a plugin that may be loaded here? Read from its
 * bytes, before the dynamic linker maps it and runs its constructors. Pure;
 * safe on any bytes.
 *
 * The dynamic linker checks little: a truncated object is a SIGBUS, a wrong
 * offset a SIGSEGV, and an object that asks for it makes every stack of the
 * process executable. */
#ifndef NODE_PLUGIN_ELF_CHECK_H
#define NODE_PLUGIN_ELF_CHECK_H

#include <stdbool.h>

#include "p2p/base/err.h"
#include "p2p/base/span.h"

/* What its descriptor begins with. */
struct elf_plugin {
	bool is_known; /* false: only the dynamic linker can tell; all 0 */
	uint32_t abi;
	uint32_t size; /* as it says; that many bytes are in the file */
	uint64_t abi_hash;
};

/* elf_check - judge a whole file.
 *
 * ERR_FORMAT       no ELF file, cut short, or its tables lead out of it
 * ERR_UNSUPPORTED  for another machine; a program or an object file instead
 *                  of a shared object
 * ERR_NOT_FOUND    it defines no data symbol weft_plugin
 * ERR_DENIED       asks for an executable stack, or for libraries from
 *                  folders that depend on where weft was started
 * ERR_LIMIT        wants more memory than any plugin should
 *
 * *out is set on success only. Cost: a few hundred bytes are looked at. */
MUST_USE enum err elf_check(struct elf_plugin *out, struct span file,
			    struct why *why);

#endif
