/* SPDX-License-Identifier: Apache-2.0 */
/* templates.h - the files of templates/, which the build puts into the command.
 * In them @NAME@ stands for a plugin's name, @IDENT@ for the same as a part of
 * C identifiers and @WEFT_DIR@ for where CMake finds weft. */
#ifndef CMD_WEFT_TEMPLATES_H
#define CMD_WEFT_TEMPLATES_H

struct template
{
	const char *file; /* its name, with @NAME@ */
	const char *text;
};

/* Ends with a NULL file. */
extern const struct template templates[];

#endif
