/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin in C++: it answers with what it got, upside down, and keeps count in
 * an object. An exception of its own it catches itself. */
#include <weft/plugin.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace
{

class mirror
{
    public:
	explicit mirror(weft_host *h) : host(h)
	{
	}

	int answer(weft_channel *ch, const std::string &text)
	{
		if (text.empty())
			throw std::invalid_argument("nothing to answer");
		std::string other(text.rbegin(), text.rend());

		answers++;
		weft_log(host, WEFT_LOG_DEBUG, "answered", "text",
			 other.c_str(), NULL);
		return weft_send(ch, 0, "[s]", other.c_str());
	}

	int64_t answers = 0;

    private:
	weft_host *host;
};

/* No exception leaves a fiber, and none is in flight across a wait. */
int answer(mirror *m, weft_channel *ch, const char *text)
{
	try {
		return m->answer(ch, text);
	} catch (const std::exception &) {
	}
	return WEFT_EMSG;
}

int run(weft_peer *, weft_channel *ch, void *state)
{
	weft_msg msg;
	int rc;

	while ((rc = weft_read(ch, &msg)) == 0) {
		char *text;

		rc = weft_unpack(&msg, "[s]", &text);
		if (!rc)
			rc = answer(static_cast<mirror *>(state), ch, text);
		if (rc)
			break;
	}
	return rc;
}

void node_info(void *state, weft_text *json)
{
	auto text = std::to_string(static_cast<mirror *>(state)->answers);

	weft_text_add(json, text.data(), text.size());
}

int start(weft_host *host, void **state)
{
	auto *m = new mirror(host);
	weft_protocol p{};

	*state = m;
	p.size = sizeof(p);
	p.name = "mirror";
	p.version = 1;
	p.codes = 1;
	p.run = run;
	p.node_info = node_info;
	return weft_protocol_add(host, &p, m);
}

void freed(void *state)
{
	delete static_cast<mirror *>(state);
}

} // namespace

/* The members in their order, from name on. */
WEFT_PLUGIN("mirror", "1.0.0", "answers upside down", nullptr, start, nullptr,
	    freed);
