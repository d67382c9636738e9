/* SPDX-License-Identifier: Apache-2.0 */
/* Has the symbol in its table, but as one that others are to define. */
extern const int weft_plugin;

__attribute__((visibility("default"))) int refers(void);

int refers(void)
{
	return weft_plugin;
}
