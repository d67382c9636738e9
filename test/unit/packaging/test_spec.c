/* SPDX-License-Identifier: Apache-2.0 */
#include "packaging/pages/spec.h"

#include "test/support/unit.h"

#include <string.h>

Test(spec, knows_files_folders_and_plugins_by_their_placeholders)
{
	struct spec_kind kinds[SPEC_KINDS_MAX];

	cr_assert_eq(spec_kinds(kinds, "FILE"), 1);
	cr_assert_eq(kinds[0].kind, SPEC_FILE);
	cr_assert_eq(spec_kinds(kinds, "HEXFILE|-"), 2);
	cr_assert_eq(kinds[0].kind, SPEC_FILE);
	cr_assert_eq(kinds[1].kind, SPEC_WORD);
	cr_assert_str_eq(kinds[1].text, "-");
	cr_assert_eq(spec_kinds(kinds, "DIR"), 1);
	cr_assert_eq(kinds[0].kind, SPEC_FOLDER);
	cr_assert_eq(spec_kinds(kinds, "FILE|PLUGIN"), 2);
	cr_assert_eq(kinds[1].kind, SPEC_PLUGIN);
}

Test(spec, takes_small_letters_for_the_words_themselves)
{
	struct spec_kind kinds[SPEC_KINDS_MAX];

	cr_assert_eq(spec_kinds(kinds, "line|ring|random:K"), 3);
	cr_assert_eq(kinds[1].kind, SPEC_WORD);
	cr_assert_str_eq(kinds[1].text, "ring");
	cr_assert_eq(kinds[2].kind, SPEC_PREFIX);
	cr_assert_str_eq(kinds[2].text, "random:");
}

Test(spec, knows_the_methods_of_the_admin_interface)
{
	struct spec_kind kinds[SPEC_KINDS_MAX];
	size_t count = spec_kinds(kinds, "METHOD");

	cr_assert_gt(count, 10);
	cr_assert_eq(kinds[0].kind, SPEC_WORD);
	cr_assert_str_eq(kinds[0].text, "admin_addPeer");
	cr_assert_str_eq(kinds[count - 1].text, "rpc_modules");
}

Test(spec, guesses_nothing_else)
{
	struct spec_kind kinds[SPEC_KINDS_MAX];

	cr_assert_eq(spec_kinds(kinds, "ENODE"), 0);
	cr_assert_eq(spec_kinds(kinds, "N|ADDR"), 0);
	cr_assert_eq(spec_kinds(kinds, ""), 0);
}

Test(spec, keeps_within_its_table)
{
	struct spec_kind kinds[SPEC_KINDS_MAX];
	char many[400] = "a";

	for (int i = 0; i < 100; i++)
		strcat(many, "|a");
	cr_assert_eq(spec_kinds(kinds, many), SPEC_KINDS_MAX);
	many[2 * (SPEC_KINDS_MAX - 1)] = '\0';
	strcat(many, "METHOD");
	cr_assert_eq(spec_kinds(kinds, many), SPEC_KINDS_MAX);
}

Test(spec, reads_the_operands_of_a_usage_line)
{
	struct spec_operand operands[SPEC_OPERANDS_MAX];

	cr_assert_eq(spec_operands(operands, "FILE HEXFILE|- [--json]"), 2);
	cr_assert_str_eq(operands[0].value, "FILE");
	cr_assert_str_eq(operands[1].value, "HEXFILE|-");
	cr_assert(!operands[1].repeats);
	cr_assert_eq(spec_operands(operands, "[options]"), 0);
	cr_assert_eq(spec_operands(operands, "URL | --key FILE"), 1);
	cr_assert_str_eq(operands[0].value, "URL");
}

Test(spec, sees_which_operand_is_repeated)
{
	struct spec_operand operands[SPEC_OPERANDS_MAX];

	cr_assert_eq(spec_operands(operands, "METHOD [PARAM]... [options]"), 2);
	cr_assert(!operands[0].repeats);
	cr_assert_str_eq(operands[1].value, "PARAM");
	cr_assert(operands[1].repeats);
	cr_assert_eq(spec_operands(operands, "FILE... [options]"), 1);
	cr_assert_str_eq(operands[0].value, "FILE");
	cr_assert(operands[0].repeats);
}
