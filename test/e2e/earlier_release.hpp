// What an earlier release left (test/golden): a data folder, or a table and a database, and what
// it answered of them.
#pragma once

#include "api.hpp"

namespace e2e {

// Puts it where the programs of this folder find it: the data folder itself or, where the tests run
// on engines (set_up.hpp), the table and the database that stand for it. Items and documents are
// as they were kept. What names their first table is replaced: its id, its stream's ARN, and how
// far the projector had read that stream, which is to its end.
void load_data_before_goals(const Folder& folder);

// All that the earlier release answered is answered now, with its members in their order; there may
// be new members among them.
void expect_answers_as_before_goals(Api& api);

}  // namespace e2e
