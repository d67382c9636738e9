/* SPDX-License-Identifier: Apache-2.0 */
#include "protocols/foobar/foobar.h"

#include "p2p/rlp/rlp.h"
#include "p2p/rlp/rlp_write.h"

/* [text] */
static enum err say(struct buf *out, const char *text)
{
	struct rlp_writer w = rlp_writer_of(out);

	rlp_put_list(&w);
	rlp_put_text(&w, text);
	rlp_put_end(&w);
	return rlp_writer_end(&w);
}

enum err foobar_feed(struct foobar *f, struct buf *reply,
		     enum foobar_event *event, struct span payload)
{
	struct rlp r = rlp_of(payload.data, payload.len);
	struct span text;
	enum err rc;

	rlp_enter(&r);
	text = rlp_bytes(&r);
	rlp_leave(&r);
	if (rlp_end(&r))
		return ERR_FORMAT;

	if (span_equal(text, span_text("foo"))) {
		rc = say(reply, "bar");
		if (rc)
			return rc;
		f->foo_in++;
		f->bar_out++;
		*event = FOOBAR_FOO;
	} else if (span_equal(text, span_text("bar"))) {
		f->bar_in++;
		*event = FOOBAR_BAR;
	} else {
		*event = FOOBAR_OTHER;
	}
	return ERR_NONE;
}

enum err foobar_foo(struct foobar *f, struct buf *out)
{
	enum err rc = say(out, "foo");

	if (!rc)
		f->foo_out++;
	return rc;
}
