/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper leaves behind when it closes. */
#include "test/unit/nat/lab.h"

Test(keeper, removes_what_stands_when_it_closes, .init = lab_begin_both)
{
	lab.router.grants = 31000;
	lab_run_until(1 * MINUTE);
	lab_forget();
	lab.router.unmap_err = ERR_TIMEOUT; /* it is asked once all the same */
	keeper_close(&lab.keeper);
	keeper_close(&lab.keeper);
	lab_settle();
	lab_expect("1:00 unmap tcp 30303 from 31000\n"
		   "1:00 ! tcp removed perhaps\n"
		   "1:00 unmap udp 30304 from 31000\n"
		   "1:00 ! udp removed perhaps\n"
		   "1:00 ! closed\n");
	lab_run_until(60 * MINUTE);
	lab_expect("");
}

/* The answer may have been lost, and not the request. */
Test(keeper, removes_what_may_stand, .init = lab_begin_both)
{
	lab.router.map_err = ERR_CLOSED;
	lab_run_until(1);
	lab_forget();
	keeper_close(&lab.keeper);
	lab_settle();
	lab_expect("0:00 unmap tcp 30303 from 30303\n"
		   "0:00 ! tcp removed\n"
		   "0:00 unmap udp 30304 from 30304\n"
		   "0:00 ! udp removed\n"
		   "0:00 ! closed\n");
}

Test(keeper, waits_for_the_answer_before_it_closes, .init = lab_begin_both)
{
	struct nat_answer a = { .external = 31000 };
	struct nat_request r;

	a.ip = lab.router.ip;
	cr_assert(keeper_next_request(&lab.keeper, &r));
	keeper_answer(&lab.keeper, &a, lab.now);
	lab_write_events();
	cr_assert(keeper_next_request(&lab.keeper, &r));
	keeper_close(&lab.keeper);
	lab_settle();
	keeper_answer(&lab.keeper, &a, lab.now);
	lab_settle();
	lab_expect("0:00 ! found 198.51.100.7\n"
		   "0:00 unmap tcp 30303 from 31000\n"
		   "0:00 ! tcp removed\n"
		   "0:00 ! closed\n");
}

/* Another host may have that port. */
Test(keeper, does_not_remove_what_it_was_refused)
{
	static const enum err refusals[] = { ERR_DENIED, ERR_NOT_FOUND };

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		lab_begin_both();
		lab.router.map_err = refusals[i];
		lab_run_until(6 * MINUTE);
		lab_forget();
		keeper_close(&lab.keeper);
		lab_settle();
		lab_expect("6:00 ! closed\n");
	}
	lab_begin(30303, 0);
	lab_run_until(1);
	lab.router.map_err = ERR_DENIED;
	lab_run_until(9 * MINUTE);
	lab_forget();
	keeper_close(&lab.keeper);
	lab_settle();
	lab_expect("9:00 unmap tcp 30303 from 30303\n"
		   "9:00 ! tcp removed\n"
		   "9:00 ! closed\n");
}
