/* SPDX-License-Identifier: Apache-2.0 */
/* The right name for the wrong thing. */
__attribute__((visibility("default"))) int weft_plugin(void);

int weft_plugin(void)
{
	return 0;
}
