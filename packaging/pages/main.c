/* SPDX-License-Identifier: Apache-2.0 */
/* weft-pages OUT SOURCE DATE PLUGIN_SUBDIR - write what a shell and man know of
 * weft: see pages.h. Run by the build. */
#include <stdio.h>

#include "cmd/weft/commands.h"
#include "packaging/pages/pages.h"

int main(int argc, char **argv)
{
	struct pages p;

	if (argc != 5) {
		fprintf(stderr, "weft-pages OUT SOURCE DATE PLUGIN_SUBDIR\n");
		return EXIT_USAGE;
	}
	p = (struct pages){
		.out = argv[1],
		.source = argv[2],
		.date = argv[3],
		.plugin_subdir = argv[4],
	};
	pages_commands(&p, &command_weft);
	pages_settings(&p, &command_weft);
	pages_bash(&p, &command_weft);
	pages_zsh(&p, &command_weft);
	return EXIT_OK;
}
