/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/elf_check.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <weft/plugin.h>

#include "test/support/unit.h"
#include "test/unit/node_plugin/modules.h"

#if __SIZEOF_POINTER__ == 8
typedef Elf64_Ehdr header;
typedef Elf64_Phdr segment;
typedef Elf64_Dyn dynamic_entry;
#else
typedef Elf32_Ehdr header;
typedef Elf32_Phdr segment;
typedef Elf32_Dyn dynamic_entry;
#endif

/* A good object, whose headers a test may change. */
struct object {
	struct span file;
	header *head;
	segment *segments;
};

static void object_open(struct object *o)
{
	o->file = modules_read(TEST_PLUGINS "/good.so");
	o->head = (header *)(void *)o->file.data;
	o->segments = (segment *)(void *)(o->file.data + o->head->e_phoff);
}

static void object_close(struct object *o)
{
	free((void *)o->file.data);
}

static segment *segment_of(struct object *o, uint32_t type)
{
	for (size_t i = 0; i < o->head->e_phnum; i++)
		if (o->segments[i].p_type == type)
			return &o->segments[i];
	cr_assert(false, "no such segment");
	return NULL;
}

static void refused(struct object *o, enum err rc, const char *says)
{
	struct elf_plugin plugin = { .abi = 99 };
	struct why why = WHY_NONE;

	cr_assert_eq(elf_check(&plugin, o->file, &why), rc, "%s: %s", says,
		     why.text);
	cr_assert(strstr(why.text, says), "\"%s\" says not \"%s\"", why.text,
		  says);
	cr_assert_eq(plugin.abi, 99);
	object_close(o);
}

Test(elf_check, reads_the_head_of_a_descriptor)
{
	struct elf_plugin plugin;
	struct object o;

	object_open(&o);
	cr_assert_eq(elf_check(&plugin, o.file, NULL), ERR_NONE);
	cr_assert(plugin.is_known);
	cr_assert_eq(plugin.abi, WEFT_ABI);
	cr_assert_eq(plugin.size, sizeof(struct weft_plugin));
	cr_assert_eq(plugin.abi_hash, WEFT_ABI_HASH);
	object_close(&o);
}

Test(elf_check, leaves_the_rest_to_the_linker_without_a_hash_table)
{
	struct elf_plugin plugin = { .abi = 99 };
	struct object o;
	segment *dynamic;
	dynamic_entry *entry;

	object_open(&o);
	dynamic = segment_of(&o, PT_DYNAMIC);
	entry = (dynamic_entry *)(void *)(o.file.data + dynamic->p_offset);
	for (; entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_GNU_HASH || entry->d_tag == DT_HASH)
			entry->d_tag = DT_DEBUG;
	cr_assert_eq(elf_check(&plugin, o.file, NULL), ERR_NONE);
	cr_assert_not(plugin.is_known);
	cr_assert_eq(plugin.abi, 0);
	object_close(&o);
}

Test(elf_check, refuses_objects_for_other_machines)
{
	struct object o;

	object_open(&o);
	o.head->e_machine = EM_SPARC;
	refused(&o, ERR_UNSUPPORTED, "for another machine (ELF machine 2,");
	object_open(&o);
	o.head->e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
	refused(&o, ERR_UNSUPPORTED, "another word size");
	object_open(&o);
	o.head->e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	refused(&o, ERR_UNSUPPORTED, "another byte order");
	object_open(&o);
	o.head->e_version = 2;
	refused(&o, ERR_UNSUPPORTED, "unknown ELF version");
}

Test(elf_check, refuses_what_is_no_shared_object)
{
	struct object o;

	object_open(&o);
	o.head->e_type = ET_REL;
	refused(&o, ERR_UNSUPPORTED, "an object file; link it with -shared");
	object_open(&o);
	o.head->e_type = ET_EXEC;
	refused(&o, ERR_UNSUPPORTED, "a program");
	object_open(&o);
	segment_of(&o, PT_DYNAMIC)->p_type = PT_NULL;
	refused(&o, ERR_UNSUPPORTED, "no dynamic section");
	object_open(&o);
	o.head->e_ident[0] = 'x';
	refused(&o, ERR_FORMAT, "no ELF header");
}

Test(elf_check, refuses_tables_that_lead_out_of_the_file)
{
	struct object o;

	object_open(&o);
	o.head->e_phoff = o.file.len - 1;
	refused(&o, ERR_FORMAT, "its table of segments");
	object_open(&o);
	o.head->e_phoff = UINT64_MAX;
	refused(&o, ERR_FORMAT, "its table of segments");
	object_open(&o);
	o.head->e_phentsize--;
	refused(&o, ERR_FORMAT, "its table of segments");
	object_open(&o);
	o.head->e_phnum = PN_XNUM;
	refused(&o, ERR_LIMIT, "segments");
	object_open(&o);
	segment_of(&o, PT_LOAD)->p_offset = UINT64_MAX - 8;
	refused(&o, ERR_FORMAT, "cut short");
	object_open(&o);
	segment_of(&o, PT_DYNAMIC)->p_filesz = 8;
	refused(&o, ERR_FORMAT, "its dynamic section does not end");
}

Test(elf_check, refuses_segments_that_cannot_be_mapped)
{
	struct object o;

	object_open(&o);
	segment_of(&o, PT_LOAD)->p_memsz = 0;
	refused(&o, ERR_FORMAT, "smaller in memory");
	object_open(&o);
	segment_of(&o, PT_LOAD)->p_memsz = UINT64_C(1) << 40;
	refused(&o, ERR_LIMIT, "over 1024 MiB of memory");
	object_open(&o);
	segment_of(&o, PT_LOAD)->p_vaddr = 1 << 20;
	refused(&o, ERR_FORMAT, "its segments overlap");
	object_open(&o);
	segment_of(&o, PT_GNU_STACK)->p_flags |= PF_X;
	refused(&o, ERR_DENIED, "executable stack");
}

/* Wherever a file is cut, no byte behind its end is looked at (the sanitizers
 * see to that), and while one that is loaded is missing it is refused. */
Test(elf_check, refuses_an_object_that_is_cut_short)
{
	struct elf_plugin plugin;
	struct object o;
	size_t needed = 0;

	object_open(&o);
	for (size_t i = 0; i < o.head->e_phnum; i++) {
		const segment *s = &o.segments[i];

		if (s->p_type == PT_LOAD && s->p_offset + s->p_filesz > needed)
			needed = s->p_offset + s->p_filesz;
	}
	cr_assert_gt(needed, sizeof(header));
	for (size_t len = 0; len < needed; len += len < 1024 ? 1 : 97) {
		uint8_t *cut = malloc(len + !len);
		struct why why = WHY_NONE;

		cr_assert_not_null(cut);
		memcpy(cut, o.file.data, len);
		cr_assert_eq(elf_check(&plugin, span_of(cut, len), &why),
			     ERR_FORMAT, "%zu", len);
		cr_assert_neq(why.text[0], '\0');
		free(cut);
	}
	cr_assert_eq(elf_check(&plugin, span_of(o.file.data, needed), NULL),
		     ERR_NONE);
	object_close(&o);
}
