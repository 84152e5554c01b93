#include "stores/mongodb/parked_streams.hpp"

#include "stores/mongodb/metric_document.hpp"

namespace stores::mongodb {

es::Parked parked_in(const BsonView& entry) {
    return {id_in(entry), entry.integer("version").value_or(0), entry.text("reason").value_or("")};
}

Bson still_parked() {
    return Bson().document("mended", Bson().boolean("$ne", true));
}

Write park(const es::Parked& parked) {
    return {Write::Kind::put, Bson().text("_id", parked.stream),
            Bson()
                .text("_id", parked.stream)
                .integer("version", parked.version)
                .text("reason", parked.reason)};
}

Write unpark(const es::StreamId& stream) {
    return {Write::Kind::remove, Bson().text("_id", stream)};
}

Write mark_mended(const es::Parked& parked) {
    return {Write::Kind::update,
            Bson().text("_id", parked.stream).integer("version", parked.version),
            Bson().document("$set", Bson().boolean("mended", true))};
}

}  // namespace stores::mongodb
