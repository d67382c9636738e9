/* SPDX-License-Identifier: Apache-2.0 */
/* show_record.h - a node record on standard output, for all commands that have
 * one to show. */
#ifndef CMD_WEFT_SHOW_RECORD_H
#define CMD_WEFT_SHOW_RECORD_H

#include "node/show.h"
#include "p2p/enode/enr.h"

/* show_record - all that it says, or one JSON object. invalid: why enr_verify
 * refused it; NULL: it did not. */
void show_record(const struct enr *r, const struct why *invalid,
		 enum show_form form);

#endif
