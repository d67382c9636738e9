/* SPDX-License-Identifier: Apache-2.0 */
/* <weft/test.h> and <weft/server.h> from C++. */
#include <weft/server.h>
#include <weft/test.h>

#include <cstdio>
#include <string>

extern "C" {
WEFT_EXPORT extern const struct weft_plugin weft_plugin;
}

namespace
{

int answers(void *)
{
	auto *node = weft_test_start(&weft_plugin, nullptr);
	auto *ch = weft_pipe(node, "mirror");
	int rc = weft_send(ch, 0, "[s]", "tfew");

	return rc ? rc : weft_expect(ch, 0, "[s]", "weft");
}

int exception_ends_the_session_only(void *)
{
	auto *node = weft_test_start(&weft_plugin, nullptr);
	auto *ch = weft_pipe(node, "mirror");
	auto *other = weft_pipe(node, "mirror");
	int rc = weft_send(ch, 0, "[s]", "");

	if (!rc)
		rc = weft_expect_end(ch, 0x02);
	if (!rc)
		rc = weft_send(other, 0, "[s]", "a");
	return rc ? rc : weft_expect(other, 0, "[s]", "a");
}

int embeds()
{
	weft_server_config config{};
	weft_server *server = nullptr;
	char why[WEFT_WHY];

	config.size = sizeof(config);
	config.name = "c++";
	config.listen = "127.0.0.1:0";
	int rc = weft_server_open(&server, &config, why);

	if (!rc)
		rc = weft_server_start(server, why);
	if (rc)
		std::fprintf(stderr, "%s\n", why);
	weft_server_close(server);
	return rc;
}

} // namespace

int main()
{
	int failed = 0;

	failed += weft_test_run(answers, nullptr) != 0;
	failed += weft_test_run(exception_ends_the_session_only, nullptr) != 0;
	failed += embeds() != 0;
	return failed != 0;
}
