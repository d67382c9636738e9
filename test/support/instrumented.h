/* SPDX-License-Identifier: Apache-2.0 */
/* instrumented.h - is this a build whose memory and speed say nothing about the
 * real one? Then tests of scale use smaller numbers. */
#ifndef TEST_SUPPORT_INSTRUMENTED_H
#define TEST_SUPPORT_INSTRUMENTED_H

#if defined(__SANITIZE_ADDRESS__)
#define TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_TSAN 1
#endif
#endif

/* TEST_VALGRIND comes from the build. */
#if defined(TEST_ASAN) || defined(TEST_TSAN) || defined(TEST_VALGRIND)
#define TEST_INSTRUMENTED 1
#endif

#endif
