/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h - what every unit test includes. Tests are written for Criterion with
 * the macros of assert.h, and sanitizer and valgrind builds run the same
 * sources on Check (criterion_on_check.h), where leaks and races fail their
 * test. */
#ifndef TEST_SUPPORT_UNIT_H
#define TEST_SUPPORT_UNIT_H

#ifdef TEST_ON_CHECK
#include "test/support/criterion_on_check.h"
#else
#include <criterion/criterion.h>
#endif

#include "test/support/assert.h" /* after Criterion's of the same names */

#include "p2p/base/attr.h"
#include "test/support/vectors.h"

#endif
