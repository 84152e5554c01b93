#include "views/mongodb/parked_streams.hpp"

#include "views/mongodb/metric_document.hpp"

namespace views::mongodb {

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

namespace {

Bson as_parked(const es::Parked& parked) {
    return Bson().text("_id", parked.stream).integer("version", parked.version);
}

}  // namespace

Write unpark(const es::Parked& parked) {
    return {Write::Kind::remove, as_parked(parked)};
}

Write mark_mended(const es::Parked& parked) {
    return {Write::Kind::update, as_parked(parked),
            Bson().document("$set", Bson().boolean("mended", true))};
}

}  // namespace views::mongodb
