/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node/yaml.h"

#include "p2p/crypto/rng.h"

struct settings yaml_reads(const char *yaml)
{
	struct why why = WHY_NONE;
	struct settings s;

	crypto_init();
	cr_assert_eq(settings_read(&s, span_text(yaml), "weft.yaml", &why),
		     ERR_NONE, "%s", why.text);
	return s;
}

void yaml_refused(const char *yaml, enum err rc, const char *says)
{
	struct why why = WHY_NONE;
	struct settings s;

	crypto_init();
	cr_assert_eq(settings_read(&s, span_text(yaml), "weft.yaml", &why), rc,
		     "%s: %s", yaml, why.text);
	cr_assert_str_eq(why.text, says);
}

const char *option_of(const struct settings *s, size_t plugin, const char *name)
{
	const struct wanted *w = &s->plugins[plugin];

	cr_assert_lt(plugin, s->plugin_count);
	for (size_t i = 0; i < w->option_count; i++)
		if (!strcmp(w->options[i].name, name))
			return w->options[i].value;
	return "(not set)";
}
