/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/elf_check.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "p2p/base/attr.h"
#include "p2p/base/reader.h"

#if __SIZEOF_POINTER__ == 8
#define ELF(type) Elf64_##type
#define CLASS ELFCLASS64
#else
#define ELF(type) Elf32_##type
#define CLASS ELFCLASS32
#endif
#define SYMBOL_TYPE(info) ((info)&0xf) /* the same in both classes */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ORDER ELFDATA2LSB
#else
#define ORDER ELFDATA2MSB
#endif

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__i386__)
#define MACHINE EM_386
#elif defined(__arm__)
#define MACHINE EM_ARM
#else
#error "name this machine's number in ELF headers"
#endif

typedef ELF(Ehdr) elf_header;
typedef ELF(Phdr) elf_segment;
typedef ELF(Dyn) elf_entry;
typedef ELF(Sym) elf_symbol;
typedef ELF(Addr) elf_address;

enum {
	SEGMENTS_MAX = 64,
	DYNAMIC_MAX = 1024, /* entries; compilers make about 30 */
	MEMORY_MAX = 1 << 30,
};

static const char symbol_name[] = "weft_plugin";

/* The file and what its headers say of it. Every field comes from the file and
 * is checked where it is used. */
struct image {
	struct span file;
	elf_segment segments[SEGMENTS_MAX];
	size_t segment_count;
	const elf_segment *dynamic;
	elf_address symbols; /* DT_SYMTAB, as are the next */
	elf_address strings;
	uint64_t strings_size;
	elf_address gnu_hash; /* 0: none */
	elf_address hash;
};

/* A reader over `len` bytes of the file from `at`; a failed one when they are
 * not all there. Fields are copied out as this machine has them: the header
 * said that word size and byte order are the same. */
static struct reader part(struct span file, uint64_t at, uint64_t len)
{
	struct reader r = reader_of(file.data, file.len);

	rd_take(&r, at);
	if (r.failed || len > r.left)
		return (struct reader){ .failed = true };
	r.left = len;
	return r;
}

static uint32_t read_u32(struct reader *r)
{
	uint32_t v;

	rd_copy(r, &v, sizeof(v));
	return v;
}

/* A reader over what the file holds for an address, to the end of the segment
 * that is mapped there. */
static struct reader mapped(const struct image *e, elf_address at)
{
	for (size_t i = 0; i < e->segment_count; i++) {
		const elf_segment *s = &e->segments[i];

		if (s->p_type == PT_LOAD && at >= s->p_vaddr &&
		    at - s->p_vaddr < s->p_filesz)
			return part(e->file, s->p_offset + (at - s->p_vaddr),
				    s->p_filesz - (at - s->p_vaddr));
	}
	return (struct reader){ .failed = true };
}

/* --- headers -------------------------------------------------------------- */

static const char *what_else(unsigned type)
{
	switch (type) {
	case ET_REL:
		return "an object file; link it with -shared";
	case ET_EXEC:
		return "a program";
	case ET_CORE:
		return "a core dump";
	}
	return "of an unknown kind";
}

static enum err check_header(const elf_header *h, struct why *why)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return err_fail(why, ERR_FORMAT,
				"not a shared object: no ELF header");
	if (h->e_ident[EI_CLASS] != CLASS)
		return err_fail(why, ERR_UNSUPPORTED,
				"built for a machine of another word size");
	if (h->e_ident[EI_DATA] != ORDER)
		return err_fail(why, ERR_UNSUPPORTED,
				"built for a machine of another byte order");
	if (h->e_machine != MACHINE)
		return err_fail(why, ERR_UNSUPPORTED,
				"built for another machine (ELF machine %u, "
				"here it is %u)",
				h->e_machine, MACHINE);
	if (h->e_type != ET_DYN)
		return err_fail(why, ERR_UNSUPPORTED,
				"not a shared object but %s",
				what_else(h->e_type));
	if (h->e_ident[EI_VERSION] != EV_CURRENT || h->e_version != EV_CURRENT)
		return err_fail(why, ERR_UNSUPPORTED,
				"of an unknown ELF version");
	return ERR_NONE;
}

static enum err check_segment(const struct image *e, const elf_segment *s,
			      struct why *why)
{
	if (s->p_type == PT_GNU_STACK && (s->p_flags & PF_X))
		return err_fail(why, ERR_DENIED,
				"asks for an executable stack; link it with "
				"-z noexecstack");
	if (s->p_type != PT_LOAD && s->p_type != PT_DYNAMIC)
		return ERR_NONE;
	if (part(e->file, s->p_offset, s->p_filesz).failed)
		return err_fail(why, ERR_FORMAT,
				"cut short: a part of it ends at byte %" PRIu64
				", the file at %zu",
				(uint64_t)(s->p_offset + s->p_filesz),
				e->file.len);
	if (s->p_filesz > s->p_memsz)
		return err_fail(why, ERR_FORMAT,
				"damaged: a segment is smaller in memory than "
				"in the file");
	if (s->p_memsz > MEMORY_MAX || s->p_vaddr > MEMORY_MAX)
		return err_fail(why, ERR_LIMIT, "wants over %d MiB of memory",
				MEMORY_MAX >> 20);
	return ERR_NONE;
}

/* "PT_LOAD entries in the segment header table appear in ascending order":
 * the dynamic linker reserves from the first to the end of the last. */
static enum err check_order(const struct image *e, struct why *why)
{
	uint64_t end = 0;

	for (size_t i = 0; i < e->segment_count; i++) {
		const elf_segment *s = &e->segments[i];

		if (s->p_type != PT_LOAD)
			continue;
		if (s->p_vaddr < end)
			return err_fail(why, ERR_FORMAT,
					"damaged: its segments overlap");
		end = (uint64_t)s->p_vaddr + s->p_memsz;
	}
	return ERR_NONE;
}

static enum err read_segments(struct image *e, struct why *why)
{
	struct reader r = part(e->file, 0, e->file.len);
	elf_header header;
	enum err rc;

	rd_copy(&r, &header, sizeof(header));
	if (r.failed)
		return err_fail(why, ERR_FORMAT,
				"not a shared object: %zu bytes only",
				e->file.len);
	rc = check_header(&header, why);
	if (rc)
		return rc;
	if (header.e_phnum > SEGMENTS_MAX)
		return err_fail(why, ERR_LIMIT, "over %d segments",
				SEGMENTS_MAX);
	r = part(e->file, header.e_phoff,
		 (uint64_t)header.e_phnum * sizeof(elf_segment));
	if (header.e_phentsize != sizeof(elf_segment) || r.failed)
		return err_fail(why, ERR_FORMAT,
				"damaged: its table of segments is not there");
	e->segment_count = header.e_phnum;
	rd_copy(&r, e->segments, e->segment_count * sizeof(e->segments[0]));
	for (size_t i = 0; i < e->segment_count; i++) {
		rc = check_segment(e, &e->segments[i], why);
		if (rc)
			return rc;
		if (e->segments[i].p_type == PT_DYNAMIC)
			e->dynamic = &e->segments[i];
	}
	if (!e->dynamic)
		return err_fail(why, ERR_UNSUPPORTED,
				"not a shared object: no dynamic section");
	return check_order(e, why);
}

/* --- the dynamic section -------------------------------------------------- */

/* The string table from an offset on. */
static struct reader strings_from(const struct image *e, uint64_t at)
{
	struct reader r = mapped(e, e->strings);

	if (e->strings_size < r.left)
		r.left = e->strings_size;
	rd_take(&r, at);
	return r;
}

/* The text there; NULL when it does not end. */
static const char *string_at(const struct image *e, uint64_t at)
{
	struct reader r = strings_from(e, at);
	struct span text = rd_take(&r, r.left);

	if (!text.len || !memchr(text.data, '\0', text.len))
		return NULL;
	return (const char *)text.data;
}

/* Every folder of a search path is to begin at the root: what is found must
 * not depend on where weft was started, and $ORIGIN is no folder for an object
 * that is loaded from memory. */
static bool is_rooted(const char *folders)
{
	while (*folders == '/') {
		const char *colon = strchr(folders, ':');

		if (!colon)
			return !strchr(folders, '$');
		if (memchr(folders, '$', (size_t)(colon - folders)))
			return false;
		folders = colon + 1;
	}
	return false;
}

/* The entries that need the string table, once that is known. */
static enum err check_strings(const struct image *e, const elf_entry *d,
			      struct why *why)
{
	const char *text;

	if (d->d_tag != DT_NEEDED && d->d_tag != DT_RUNPATH &&
	    d->d_tag != DT_RPATH)
		return ERR_NONE;
	text = string_at(e, d->d_un.d_val);
	if (!text)
		return err_fail(why, ERR_FORMAT,
				"damaged: its dynamic section names what is "
				"not there");
	if (d->d_tag == DT_NEEDED && strchr(text, '/') && *text != '/')
		return err_fail(why, ERR_DENIED,
				"needs the library %.80s, a relative path",
				text);
	if (d->d_tag != DT_NEEDED && !is_rooted(text))
		return err_fail(why, ERR_DENIED,
				"looks for libraries in \"%.80s\"; only "
				"absolute folders may stand there",
				text);
	return ERR_NONE;
}

static enum err check_entry(struct image *e, const elf_entry *d,
			    struct why *why)
{
	switch (d->d_tag) {
	case DT_SYMTAB:
		e->symbols = d->d_un.d_ptr;
		break;
	case DT_STRTAB:
		e->strings = d->d_un.d_ptr;
		break;
	case DT_STRSZ:
		e->strings_size = d->d_un.d_val;
		break;
	case DT_GNU_HASH:
		e->gnu_hash = d->d_un.d_ptr;
		break;
	case DT_HASH:
		e->hash = d->d_un.d_ptr;
		break;
	case DT_FLAGS_1:
		if (d->d_un.d_val & DF_1_PIE)
			return err_fail(why, ERR_UNSUPPORTED,
					"not a shared object but a program");
		break;
	}
	return ERR_NONE;
}

/* Call for every entry up to the one that ends them. */
static enum err each_entry(struct image *e,
			   enum err (*check)(struct image *e,
					     const elf_entry *d,
					     struct why *why),
			   struct why *why)
{
	struct reader r =
		part(e->file, e->dynamic->p_offset, e->dynamic->p_filesz);

	for (size_t i = 0; i < DYNAMIC_MAX; i++) {
		elf_entry d;
		enum err rc;

		rd_copy(&r, &d, sizeof(d));
		if (r.failed)
			break;
		if (d.d_tag == DT_NULL)
			return ERR_NONE;
		rc = check(e, &d, why);
		if (rc)
			return rc;
	}
	return err_fail(why, ERR_FORMAT,
			"damaged: its dynamic section does not end");
}

static enum err check_entry_strings(struct image *e, const elf_entry *d,
				    struct why *why)
{
	return check_strings(e, d, why);
}

/* --- the symbol ----------------------------------------------------------- */

/* Is symbol number n the one that is looked for, and defined here? */
static bool is_wanted(const struct image *e, uint32_t n, elf_symbol *out)
{
	struct reader r = mapped(e, e->symbols);
	struct span name;

	rd_take(&r, (size_t)n * sizeof(*out));
	rd_copy(&r, out, sizeof(*out));
	if (r.failed || out->st_shndx == SHN_UNDEF)
		return false;
	r = strings_from(e, out->st_name);
	name = rd_take(&r, sizeof(symbol_name));
	return span_equal(name, span_of(symbol_name, sizeof(symbol_name)));
}

/* The hash of DT_GNU_HASH tables. */
static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (uint8_t)*name;
	return h;
}

/* DT_GNU_HASH: the counts, a filter (which is not needed), a symbol number per
 * bucket, and from each of these on a list of hashes; the lowest bit marks the
 * last of the list. */
static bool find_by_gnu_hash(const struct image *e, elf_symbol *out)
{
	struct reader r = mapped(e, e->gnu_hash);
	uint32_t buckets = read_u32(&r);
	uint32_t first = read_u32(&r);
	uint32_t filter_words = read_u32(&r);
	uint32_t wanted = gnu_hash(symbol_name);
	struct reader chains;
	uint32_t n;

	read_u32(&r);
	rd_take(&r, (size_t)filter_words * sizeof(elf_address));
	if (r.failed || !buckets)
		return false;
	chains = r;
	rd_take(&r, (size_t)(wanted % buckets) * sizeof(n));
	n = read_u32(&r);
	if (r.failed || n < first)
		return false;
	rd_take(&chains, ((size_t)buckets + (n - first)) * sizeof(n));
	for (;; n++) {
		uint32_t hash = read_u32(&chains);

		if (chains.failed)
			return false;
		if ((hash | 1) == (wanted | 1) && is_wanted(e, n, out))
			return true;
		if (hash & 1)
			return false;
	}
}

/* DT_HASH: the counts of buckets and of symbols. The symbols are walked. */
static bool find_by_hash(const struct image *e, elf_symbol *out)
{
	struct reader r = mapped(e, e->hash);
	uint32_t count;

	read_u32(&r);
	count = read_u32(&r);
	if (r.failed || count > r.left / sizeof(uint32_t))
		return false;
	for (uint32_t n = 0; n < count; n++)
		if (is_wanted(e, n, out))
			return true;
	return false;
}

static enum err read_plugin(struct elf_plugin *out, const struct image *e,
			    const elf_symbol *symbol, struct why *why)
{
	struct reader r = mapped(e, symbol->st_value);

	/* Looking up a function of the GNU_IFUNC kind would call it. */
	if (SYMBOL_TYPE(symbol->st_info) != STT_OBJECT)
		return err_fail(why, ERR_NOT_FOUND,
				"its symbol %s is not data; WEFT_PLUGIN makes "
				"it",
				symbol_name);
	rd_copy(&r, &out->abi, sizeof(out->abi));
	rd_copy(&r, &out->size, sizeof(out->size));
	rd_copy(&r, &out->abi_hash, sizeof(out->abi_hash));
	if (r.failed || out->size > symbol->st_size ||
	    mapped(e, symbol->st_value).left < out->size)
		return err_fail(why, ERR_FORMAT,
				"its %s is smaller than it says; WEFT_PLUGIN "
				"makes it",
				symbol_name);
	out->is_known = true;
	return ERR_NONE;
}

enum err elf_check(struct elf_plugin *out, struct span file, struct why *why)
{
	struct image e = { .file = file };
	struct elf_plugin plugin = { 0 };
	elf_symbol symbol;
	enum err rc = read_segments(&e, why);

	if (!rc)
		rc = each_entry(&e, check_entry, why);
	if (!rc)
		rc = each_entry(&e, check_entry_strings, why);
	if (rc)
		return rc;
	if (e.gnu_hash || e.hash) {
		if (!(e.gnu_hash ? find_by_gnu_hash(&e, &symbol)
				 : find_by_hash(&e, &symbol)))
			return err_fail(why, ERR_NOT_FOUND,
					"no symbol %s: not a plugin of weft's",
					symbol_name);
		rc = read_plugin(&plugin, &e, &symbol, why);
		if (rc)
			return rc;
	}
	*out = plugin;
	return ERR_NONE;
}
