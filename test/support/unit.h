/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h - what every unit test includes. Tests are written for Criterion with
 * the macros that criterion_on_check.h also has; sanitizer and valgrind builds
 * run the same sources on Check, where leaks and races fail their test. */
#ifndef TEST_SUPPORT_UNIT_H
#define TEST_SUPPORT_UNIT_H

#ifdef TEST_ON_CHECK
#include "test/support/criterion_on_check.h"
#else
#include <criterion/criterion.h>
#endif

#include "p2p/base/attr.h"
#include "test/support/vectors.h"

#endif
