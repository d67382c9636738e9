/* SPDX-License-Identifier: Apache-2.0 */
/* A library that has nothing to do with weft. */
extern const int something_else;
const int something_else = 7;
