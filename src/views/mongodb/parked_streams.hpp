// The metrics whose next event can't be read, one document each: {_id, version, reason}. `mended:
// true` is a rebuild's request to the active projector, which has passed over the metric's events
// so far: it catches the metric up, and then removes the document. To everybody else such a metric
// is parked no more. Private to this room.
#pragma once

#include <vector>

#include "es/view_store.hpp"
#include "views/mongodb/database.hpp"

namespace views::mongodb {

// Those that the filter finds, by id. Throws es::Unavailable.
std::vector<es::Parked> parked_streams(Database& database, const Bson& filter);
// These filters find those without a request, and those with one.
Bson still_parked();
Bson catch_up_requested();

// Replaces the stream's document.
Write park(const es::Parked& parked);
// These two change it only if the stream is parked at this version still.
Write unpark(const es::Parked& parked);
Write request_catch_up(const es::Parked& parked);

}  // namespace views::mongodb
