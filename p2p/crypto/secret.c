/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/secret.h"

#include <openssl/crypto.h>
#include <sodium.h>

#ifdef WEFT_MEMCHECK
#include <valgrind/memcheck.h>
#endif

void secret_wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}

void secret_declassify(const void *data, size_t len)
{
#ifdef WEFT_MEMCHECK
	/* A handful of rotations that cancel out when not under valgrind. */
	VALGRIND_MAKE_MEM_DEFINED(data, len);
#else
	(void)data;
	(void)len;
#endif
}

/* OpenSSL's, since each frame takes two: sodium_memcmp goes byte by byte, which
 * is 4 % of a small frame's time. */
bool secret_equal(const void *a, const void *b, size_t len)
{
	int differs = CRYPTO_memcmp(a, b, len);

	secret_declassify(&differs, sizeof(differs));
	return differs == 0;
}
