// The metrics whose next event can't be read, one document each: {_id, version, reason}. One that a
// rebuild has mended beside a projector is marked {mended: true}: the projector has passed over its
// events so far, so it catches the metric up and then removes the document. Private to this room.
#pragma once

#include "es/view_store.hpp"
#include "views/mongodb/database.hpp"

namespace views::mongodb {

es::Parked parked_in(const BsonView& entry);
// Finds those that aren't mended.
Bson still_parked();

// In the place of what is there.
Write park(const es::Parked& parked);
// These only where it is parked at this version still.
Write unpark(const es::Parked& parked);
Write mark_mended(const es::Parked& parked);

}  // namespace views::mongodb
