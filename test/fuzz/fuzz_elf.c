/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects before they are loaded: any bytes are judged without reading
 * outside of them, and a refusal says why. */
#include <string.h>

#include "node/plugin/elf_check.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_plugin plugin = { .abi = 99 };
	struct why why = WHY_NONE;

	if (elf_check(&plugin, span_of(data, size), &why)) {
		MUST(why.text[0]);
		MUST(plugin.abi == 99 && !plugin.is_known);
		return 0;
	}
	MUST(!why.text[0]);
	if (plugin.is_known)
		MUST(plugin.size <= size);
	else
		MUST(!plugin.abi && !plugin.size && !plugin.abi_hash);
	return 0;
}
