/* SPDX-License-Identifier: Apache-2.0 */
#include "node/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "node/secret_file.h"
#include "p2p/crypto/secret.h"

/* What is at hand is wiped, so that callers hold nothing on an error. */
static enum err given_up(struct passphrase *p, enum err rc)
{
	secret_wipe(p, sizeof(*p));
	return rc;
}

/* --- out of a file -------------------------------------------------------- */

static enum err load(char *text, size_t room, size_t *len, const char *path,
		     struct why *why)
{
	if (!strcmp(path, "-"))
		return secret_file_read(text, room, len, STDIN_FILENO, why);
	return secret_file_load(text, room, len, path, why);
}

static enum err take_line(struct passphrase *out, const char *text, size_t len,
			  struct why *why)
{
	const char *end = memchr(text, '\n', len);

	if (end)
		len = (size_t)(end - text);
	if (len && text[len - 1] == '\r')
		len--;
	if (!len)
		return err_fail(why, ERR_FORMAT, "the first line is empty");
	if (len > sizeof(out->text))
		return err_fail(why, ERR_LIMIT, "longer than %d bytes",
				PASSPHRASE_MAX);
	memcpy(out->text, text, len);
	out->len = len;
	return ERR_NONE;
}

enum err passphrase_read(struct passphrase *out, const char *path,
			 struct why *why)
{
	char text[PASSPHRASE_MAX + 2]; /* and how a line ends */
	size_t len = 0;
	enum err rc = load(text, sizeof(text), &len, path, why);

	memset(out, 0, sizeof(*out));
	if (!rc)
		rc = take_line(out, text, len, why);
	secret_wipe(text, sizeof(text));
	if (!rc)
		return ERR_NONE;
	return given_up(out, err_wrap(why, rc, "passphrase file %s", path));
}

/* --- at the terminal ------------------------------------------------------ */

enum {
	CTRL_C = 3,
	CTRL_D = 4,
	BACKSPACE = 8,
	CTRL_U = 21,
	DELETE = 127,
};

/* The last character, which may be several bytes of UTF-8. */
static void erase_last(struct passphrase *p)
{
	while (p->len && (p->text[p->len - 1] & 0xc0) == 0x80)
		p->len--;
	if (p->len)
		p->len--;
}

/* Keys come one by one and none of them is a signal, so that no way out leaves
 * the terminal as it is set here. */
static enum err read_keys(struct passphrase *p, int tty, struct why *why)
{
	for (;;) {
		char c;
		ssize_t n = read(tty, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 1 || c == CTRL_C || c == CTRL_D)
			return err_fail(why, ERR_CLOSED,
					"no passphrase was given");
		if (c == '\n' || c == '\r')
			break;
		if (c == CTRL_U)
			p->len = 0;
		else if (c == BACKSPACE || c == DELETE)
			erase_last(p);
		else if (p->len < sizeof(p->text))
			p->text[p->len++] = c;
		else
			return err_fail(why, ERR_LIMIT,
					"the passphrase is longer than %d "
					"bytes",
					PASSPHRASE_MAX);
	}
	if (!p->len)
		return err_fail(why, ERR_FORMAT, "the passphrase is empty");
	return ERR_NONE;
}

static enum err ask_at(struct passphrase *out, int tty, const char *prompt,
		       struct why *why)
{
	struct termios before, silent;
	enum err rc;

	if (tcgetattr(tty, &before))
		return err_errno(why, ERR_NOT_FOUND, errno, "no terminal");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	silent.c_cc[VMIN] = 1;
	silent.c_cc[VTIME] = 0;
	/* Flushed: what was typed before there was a question is no answer. */
	if (tcsetattr(tty, TCSAFLUSH, &silent) ||
	    write(tty, prompt, strlen(prompt)) < 0)
		return err_errno(why, ERR_SYSTEM, errno,
				 "the terminal cannot be used");
	rc = read_keys(out, tty, why);
	/* Nothing to be done for a terminal that has gone away. */
	(void)!write(tty, "\n", 1);
	tcsetattr(tty, TCSAFLUSH, &before);
	return rc;
}

enum err passphrase_ask(struct passphrase *out, const char *prompt,
			struct why *why)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	enum err rc;

	memset(out, 0, sizeof(*out));
	if (tty < 0)
		return err_fail(why, ERR_NOT_FOUND,
				"no terminal to ask for the passphrase at; "
				"give --passphrase-file FILE");
	rc = ask_at(out, tty, prompt, why);
	close(tty);
	return rc ? given_up(out, rc) : ERR_NONE;
}
