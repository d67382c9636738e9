/* SPDX-License-Identifier: Apache-2.0 */
/* load_one FOLDER WHAT - load a plugin by name or path, print the version of
 * what was found or why it was refused. */
#include <stdio.h>
#include <unistd.h>

#include "node/plugin/loader.h"
#include "p2p/crypto/rng.h"

int main(int argc, char **argv)
{
	struct loader_config config = { .us = geteuid() };
	struct loader_image *image;
	struct loader *loader;
	struct why why = WHY_NONE;
	enum err rc;

	if (argc != 3)
		return 2;
	crypto_init();
	config.folder = argv[1];
	loader = loader_new(&config);
	rc = loader_get(loader, &image, argv[2], &why);
	if (rc) {
		puts(why.text);
	} else {
		puts(loader_plugin(image)->version);
		loader_put(image);
	}
	loader_free(loader);
	return rc ? 1 : 0;
}
